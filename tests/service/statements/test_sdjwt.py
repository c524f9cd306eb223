"""Every statement that the service issues passes the verifier, which shares no code with the issuing."""

import json
import os
import re
from base64 import urlsafe_b64decode
from itertools import pairwise
from uuid import uuid4

import pytest

from service.domain.commands import COMMANDS
from service.keys.keyring import SigningKey
from service.keys.statement import key_statement
from service.statements.sdjwt import Reference, element, issue_movement, named
from tests.service.domain.books import make_book, register
from tests.service.statements.conftest import KEY, ORIGIN, Issued, issue
from verifier import statement
from verifier.disclosure import disclose
from verifier.errors import Refuted
from verifier.hashing import statement_hash


def test_every_statement_is_read_and_believed_by_the_verifier(life: list[Issued]) -> None:
    assert {issued.type for issued in life} == COMMANDS.keys()
    for issued in life:
        for lot in issued.lots:
            seen = issued.disclosed(lot)
            assert set(seen.lots) == set(issued.lots) and not seen.hidden
        assert statement_hash(issued.statement.jwt) == issued.statement.statement_hash


def test_an_answer_refers_to_the_offer(life: list[Issued]) -> None:
    rels = {}
    for issued in life:
        read = statement.read(issued.statement.jwt, 1, ORIGIN)
        rels[issued.type] = read.ref and read.ref.rel
    assert {type: rel for type, rel in rels.items() if rel} == {
        "accept": "accepts", "refuse": "refuses", "withdraw": "corrects"}


def test_the_signature_is_the_partys_and_covers_every_digest(life: list[Issued]) -> None:
    read = statement.read(life[0].statement.jwt, 1, ORIGIN)
    with pytest.raises(Refuted):
        statement.check_signature(read, SigningKey.of_seed(os.urandom(32)).public)


def test_any_disclosure_may_be_withheld_and_none_may_be_changed(life: list[Issued]) -> None:
    for issued in life:
        parts = statement.split(issued.sdjwt)
        read = statement.read(parts.jwt, 1, ORIGIN)
        lot = next(part for part in parts.disclosures if _json(part)[1:] == [issued.lots[0]])
        lists = [part for part in parts.disclosures if len(_json(part)) == 3 and "..." in json.dumps(_json(part)[2])]
        for part in set(parts.disclosures) - {lot, *lists}:
            rest = [other for other in parts.disclosures if other != part]
            disclose(read, rest, issued.lots[0])
            changed = part[:-1] + ("A" if part[-1] != "A" else "B")
            with pytest.raises(Refuted):
                disclose(read, [*rest, changed], issued.lots[0])


def test_salts_are_sixteen_bytes_and_never_repeat(life: list[Issued]) -> None:
    salts = [_json(part)[0] for issued in life for part in statement.split(issued.sdjwt).disclosures]
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{21}[AQgw]", salt) for salt in salts)
    assert len(set(salts)) == len(salts)


def test_randomness_is_asked_for_once_and_fully_used() -> None:
    asked: list[int] = []

    def random(count: int) -> bytes:
        asked.append(count)
        return bytes(index % 251 for index in range(count))

    issued = issue(make_book(), "maker", register("L1"), random=random)
    count = len(statement.split(issued.sdjwt).disclosures)
    assert asked == [16 * count]
    salts = {urlsafe_b64decode(_json(part)[0] + "==") for part in statement.split(issued.sdjwt).disclosures}
    given = random(16 * count)
    assert salts == {given[at:at + 16] for at in range(0, 16 * count, 16)}


def test_digests_are_sorted_and_tell_nothing_of_order(life: list[Issued]) -> None:
    for issued in life:
        payload = _json(issued.statement.jwt.split(".")[1])
        assert all(a < b for a, b in pairwise(payload["_sd"]))


@pytest.mark.parametrize("text", ['"', "\\", "é", "破", "a" * 200, "~", ".", "\u007f", "😀"])
def test_any_text_survives_in_a_disclosure(text: str) -> None:
    value = json.dumps(text, ensure_ascii=False).encode()
    made = issue_movement(
        KEY, issuer="https://log.example.com/party/maker", movement="10cca21f-fbf5-431e-8b4b-fbcdd577a8c3",
        issued_at=0, origin=ORIGIN, lots=[element(b'"https://id.gs1.org/01/09506000134352/10/A"')],
        properties=[named(b"x:y", value)], lists=[], reference=Reference("corrects", bytes(range(32))),
        random=os.urandom)
    parts = statement.split(made.jwt + made.disclosures)
    assert _json(parts.disclosures[1])[1:] == ["x:y", text]
    read = statement.read(parts.jwt, 1, ORIGIN)
    assert read.ref and (read.ref.rel, read.ref.statement) == ("corrects", bytes(range(32)))


def test_a_key_statement_sets_the_keys_it_lists() -> None:
    second = SigningKey.of_seed(bytes(32))
    made = key_statement(KEY, [second.public, KEY.public], issuer="https://log.example.com/party/maker", id=uuid4(),
                         issued_at=1, origin=ORIGIN, sequence=2, previous=bytes(range(32)))
    parts = statement.split(made.jwt + made.disclosures)
    read = statement.read(parts.jwt, 2, ORIGIN)
    statement.check_signature(read, KEY.public)
    keys = statement.key_set(read, parts)
    assert (keys.sequence, keys.previous, keys.recovery) == (2, bytes(range(32)), None)
    assert set(keys.keys.values()) == {KEY.public, second.public}
    assert read.key == KEY.kid


def _json(part: str):  # type: ignore[no-untyped-def]
    return json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
