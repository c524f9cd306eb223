"""The tools of the lies, each by itself: what a forged statement is, and that the copies are true copies."""

import json
import time
from hashlib import sha256
from os import urandom
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import Engine, make_url, text

from service.demo.lies import copies, files
from service.demo.lies.forgery import decoded, digest, shown_otherwise, signed_anew
from service.keys.keyring import SigningKey
from service.local.node import Node
from service.statements.sdjwt import Listed, Statement, element, issue_movement, named
from tests.e2e.conftest import Told
from tests.e2e.stack import Running
from verifier.disclosure import disclose
from verifier.entry import MOVEMENT
from verifier.statement import check_signature, read, split

pytestmark = pytest.mark.xdist_group("demo")  # one stack for all who look at the played story

LOT = "https://id.gs1.org/01/09506000210018/10/AC0142"
ORIGIN = "example.com/log"


def quantity_statement(key: SigningKey) -> Statement:
    goods = json.dumps({"epcClass": LOT, "quantity": 100}).encode()
    return issue_movement(
        key, issuer="https://example.com/party/a", movement=str(uuid4()), issued_at=1_790_000_000, origin=ORIGIN,
        lots=[element(json.dumps(LOT).encode())], properties=[named(b"action", b'"OBSERVE"')],
        lists=[Listed(b"quantityList", [element(goods)])], reference=None, random=urandom,
    )  # fmt: skip


def quantity_in(disclosures: str) -> int:
    values = [decoded(part)[-1] for part in disclosures.split("~") if part]
    return int(next(value["quantity"] for value in values if isinstance(value, dict) and "quantity" in value))


def test_with_the_partys_key_a_statement_is_forged_that_holds_in_itself() -> None:
    """That is why signatures alone are not enough: log, map and chain have to catch it."""
    key = SigningKey.of_seed(urandom(32))
    true = quantity_statement(key)
    forged = signed_anew(true.jwt, true.disclosures, key, LOT, 7)
    statement = read(forged.jwt, MOVEMENT, ORIGIN)
    check_signature(statement, key.public)
    disclosed = disclose(statement, split(forged.jwt + forged.disclosures).disclosures, LOT)
    assert not disclosed.hidden
    assert (quantity_in(true.disclosures), quantity_in(forged.disclosures)) == (100, 7)
    assert forged.statement_hash == sha256(forged.jwt.encode()).digest() != true.statement_hash


def test_without_the_key_only_what_is_shown_changes() -> None:
    true = quantity_statement(SigningKey.of_seed(urandom(32)))
    shown = shown_otherwise(true.disclosures, LOT, 7)
    assert quantity_in(shown) == 7
    changed = [new for old, new in zip(true.disclosures.split("~"), shown.split("~"), strict=True) if old != new]
    assert len(changed) == 1 and digest(changed[0]) not in true.disclosures


def test_an_edited_file_keeps_its_form(told: Told) -> None:
    """The anchors that remain are those that the remaining entries need, so that check 1 has no reason to object."""
    true = json.loads(told.file("4/0874").read_bytes())
    cut = files.newest_left_out(true)
    assert len(cut["history"]) == len(true["history"]) - 1
    assert cut["anchors"][-1] == true["anchors"][-1]
    assert set(cut["keys"]) <= set(true["keys"])
    assert files.newest_left_out_and_head_cut(true)["head"]["count"] == len(cut["history"])


def test_a_copied_database_holds_every_row_and_the_original_goes_on(told: Told, the_stack: Running) -> None:
    at_rest(the_stack.settings.database_url)
    with copies.database_copy(the_stack.settings.database_url, "copy_of_e2e") as url:
        assert rows_of(url) == rows_of(the_stack.settings.database_url)
        assert rows_of(url)["ledger.entry"] >= told.size
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        rows_of(url)


def at_rest(url: str) -> None:
    """Until what other tests recorded is anchored and final, so that nothing is written any more."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        before = rows_of(url)
        time.sleep(1.5)
        if rows_of(url) == before:
            return
    raise AssertionError("the stack does not come to rest")


def rows_of(url: str) -> dict[str, int]:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain) as connection:
        tables = connection.execute(copies._TABLES, (list(copies.SCHEMAS),)).fetchall()
        return {f"{s}.{t}": connection.execute(f'SELECT count(*) FROM "{s}"."{t}"').fetchone()[0] for s, t in tables}


def test_a_copied_chain_has_the_same_past_and_its_own_future(fresh_anvil: Node) -> None:
    """Also when the original itself goes on from a copy: an Anvil that does keeps two blocks 0."""
    fresh_anvil.rpc("anvil_mine", "0x5")
    with copies.chain_copy(fresh_anvil.url) as first, copies.chain_copy(first.url) as second:
        for number in ("0x0", "0x3"):
            hashes = {node.rpc("eth_getBlockByNumber", number, False)["hash"] for node in (fresh_anvil, first, second)}
            assert len(hashes) == 1, number
        second.rpc("anvil_mine", "0x2")
        assert int(fresh_anvil.rpc("eth_blockNumber"), 16) == 5 < int(second.rpc("eth_blockNumber"), 16)


def test_only_a_superuser_lies_like_a_superuser(engine: Engine, database_url: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("DROP ROLE IF EXISTS ordinary"))
        connection.execute(text("CREATE ROLE ordinary LOGIN"))
        connection.execute(text("SET SESSION AUTHORIZATION ordinary"))
        raw = connection.connection.dbapi_connection
        with pytest.raises(copies.NoCopy, match="ordinary is no superuser"):
            copies._must_be_superuser(raw)
        connection.execute(text("RESET SESSION AUTHORIZATION"))
        connection.execute(text("DROP ROLE ordinary"))
