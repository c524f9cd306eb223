"""C18: the chain is gone for good. The service stops; two operators open a new epoch; the log says so; proofs go on."""

import json
import os
import re
import time
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from anchoring import alarms, deploy
from anchoring.alarms import Kind
from service import cli, db
from service.api.house import LOOK_SECONDS
from service.auth import keys
from service.local import node as nodes
from tests.anchoring.chain.test_worker import mining
from tests.tools import product as products
from tests.tools.product import GUARDIAN, ORIGIN, Product
from tests.tools.waiting import eventually
from verifier.audit import audit_log, read_entries
from verifier.encoding import unb64url
from verifier.report import Verdict
from verifier.verify import verify

LOT = "https://id.gs1.org/01/09506000210018/10/A"
REASON = "the test network was shut down"
NAMED = re.compile(r"(?<![\w+/=-])Ada(?![\w+/=-])")  # as a word: in base64 it stands by chance


@pytest.fixture
def product(database_url, fresh_anvil, tmp_path):
    """At rest: one lot, anchored and final."""
    engine = db.engine_for(database_url)
    deploy.ensure(engine, fresh_anvil.url, b"\x0b" * 32, GUARDIAN)
    engine.dispose()
    made = Product(products.settings(database_url, fresh_anvil.url, b"\x0b" * 32, tmp_path / "kept"))
    with mining(fresh_anvil), made.working():
        made.furnish()
        made.receive("A")
        made.anchored()
    yield made
    made.close()


@pytest.fixture
def typed(product, monkeypatch, capsys, tmp_path):
    given = product.settings
    for name, value in (
        ("DATABASE_URL", given.database_url), ("ORIGIN", ORIGIN), ("RPC_URL", given.rpc_urls[0]),
        ("LOG_KEY", given.log_key.hex()), ("ANCHORER_KEY", given.anchorer_key.hex()), ("GUARDIAN", GUARDIAN),
        ("KEK", given.kek.hex()), ("LASTSIGNED_DIR", given.lastsigned_dir), ("DATA", str(tmp_path / "none")),
        ("OPERATOR_KEY", given.operator_key),
    ):  # fmt: skip
        monkeypatch.setenv(f"LOTPROOF_{name}", value)

    def command(*argv):
        code = cli.main(list(argv))
        said = capsys.readouterr()
        return code, said.out + said.err

    return command


@pytest.fixture
def operators(product, tmp_path):
    """Files with the keys of Ada, Bo, of Ada once more, and of a party."""
    made = {}
    for name, role in (("Ada", "operator"), ("Bo", "operator"), ("ADA ", "operator"), ("auditor", "auditor")):
        with product.engine.begin() as conn:
            now = datetime.now(UTC)
            key, _ = keys.issue(conn, role=role, party=None, label=name, now=now, random=os.urandom)
        (tmp_path / f"{name}.key").write_text(key + "\n")
        made[name] = str(tmp_path / f"{name}.key")
    (tmp_path / "nonsense.key").write_text("lpk_nonsense")
    return made | {"nonsense": str(tmp_path / "nonsense.key"), "party": made["auditor"]}


def restarted(node, tmp_path):
    """The same address, the same chain id, an empty chain."""
    port, time = node.port, int(node.rpc("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
    node.stop()
    return nodes.start_anvil("--timestamp", str(time - 60), port=port, log=tmp_path / "renewed.log")


def test_a_chain_that_is_gone_stops_the_service_until_two_persons_open_a_new_epoch_on_the_record(
    product, typed, operators, fresh_anvil, tmp_path
):
    old_file, old_policy = product.proof(LOT), product.policy()
    assert product.verified(old_file).exit_code == 0
    renewed = restarted(fresh_anvil, tmp_path)
    try:
        with mining(renewed), product.working():
            eventually(lambda: Kind.CHAIN_LOST in {alarm.kind for alarm in product.status().alarms})
            time.sleep(LOOK_SECONDS)  # the web looks once in that time
            assert product.maker.send("POST", "/movements", products.receive("B")).status_code == 503
            refuses_whoever_is_not_two_operators(typed, operators, product)
            code, said = typed(*again(operators["Ada"], operators["Bo"]))
            assert code == 0 and "give auditors and regulators the new policy" in said, said
            eventually(lambda: product.maker.send("POST", "/movements", products.receive("B")).status_code == 201)
            assert product.anchored() == 5  # key, lot; key of the log, notice; lot
            assert f"chain lost: 0x{old_policy.contract.removeprefix('0x')}" in typed("status")[1]
        everybody_sees_it(product)
        what_the_verifier_says(product, old_file, old_policy)
    finally:
        renewed.stop()


def again(*files):
    return ["deploy", "--again", REASON, *(part for file in files for part in ("--operator", file))]


def refuses_whoever_is_not_two_operators(typed, operators, product):
    ada = operators["Ada"]
    for files, why in (
        ((), "got 0"), ((ada,), "got 1"), ((ada, ada), "Ada twice"), ((ada, operators["ADA "]), "twice"),
        ((ada, operators["party"]), "role operator, got auditor"), ((ada, operators["nonsense"]), "unknown"),
        ((ada, "/nowhere.key"), "expected a file"), ((ada, operators["Bo"], operators["ADA "]), "got 3"),
    ):  # fmt: skip
        code, said = typed(*again(*files))
        assert code == 1 and "nothing was changed" in said and why in said, said
    with product.engine.connect() as conn:
        assert conn.execute(text("SELECT count(*) FROM ledger.deployment")).scalar_one() == 1
    assert Kind.CHAIN_LOST in {alarm.kind for alarm in product.status().alarms}


def everybody_sees_it(product):
    shown = json.loads(product.read("/api/v1/log", key=None))
    former, now = shown["contracts"]
    assert (former["state"], former["size"], former["given_up"]) == ("chain lost", 2, REASON)
    assert now["state"] == "in use" and now["size"] == 5 and now["genesis"] != former["genesis"]
    (notice,) = shown["notices"]
    parts = [json.loads(unb64url(part)) for part in notice["statement"].split("~")[1:-1]]
    says = {name: value for _, name, value in parts}
    assert says["lotproof:reason"] == REASON and says["lotproof:notice"] == "new anchor epoch"
    assert says["lotproof:formerContract"]["size"] == 2
    assert len(says["lotproof:approvedBy"]) == 2 and not NAMED.search(json.dumps(parts))
    assert notice["receipt"]["index"] == 3
    assert not NAMED.search(json.dumps(shown))  # names are for the operators
    with product.engine.connect() as conn:
        reason = conn.execute(text("SELECT reason FROM ledger.deployment ORDER BY id DESC LIMIT 1")).scalar_one()
        keys = [jwt for (jwt,) in conn.execute(text("SELECT jwt FROM warehouse.statement WHERE kind = 2"))]
    assert "by Ada (key " in reason and "and Bo (key " in reason
    statements = [notice["statement"], *(f"{jwt}~" for jwt in keys)]
    report = audit_log(
        lambda first, size: read_entries(product, size, first), product.checkpoint(), product.policy(),
        product.nodes(), statements=statements,
    )  # fmt: skip
    assert {answer.check: answer.verdict for answer in report.answers}[4] is Verdict.YES, report


def what_the_verifier_says(product, old_file, old_policy):
    """Old proofs under the old policy: the chain that they name is gone, which is no lie; new proofs show the same
    entries under the new contract; what mixes the two is refused."""
    assert product.verified(product.proof(LOT)).exit_code == 0
    assert product.audit().exit_code == 0
    gone = product.verified(old_file, old_policy)  # the node serves a chain with another genesis block
    assert (gone.exit_code, gone.answer(7).verdict) == (1, Verdict.REFUTED)
    mixed = product.verified(old_file)
    # another leaf under a peak of its own is a lie; below a larger peak, nobody has the rest of a path to it
    assert mixed.exit_code != 0 and mixed.answer(7).verdict is not Verdict.YES
    for report in (gone, mixed):  # that the log signed it, and what it says, stays true
        assert {n: report.answer(n).verdict for n in range(1, 7)} == dict.fromkeys(range(1, 7), Verdict.YES)
    offline = verify([old_file], old_policy, [], (), 0)
    assert (offline.exit_code, offline.answer(7).verdict) == (2, Verdict.UNKNOWN)


@pytest.mark.parametrize("kind", [Kind.ROLLBACK, Kind.FORK, Kind.LEDGER_BROKEN])
def test_no_new_contract_hides_that_the_log_is_not_what_was_signed(product, typed, operators, kind):
    with product.engine.begin() as conn:
        alarms.raise_alarm(conn, kind, "as a test", 1)
    code, said = typed(*again(operators["Ada"], operators["Bo"]))
    assert code == 1 and f"{kind.title} is open" in said


def test_a_database_that_ends_before_what_was_signed_last_gets_none_even_if_no_chain_is_left(
    product, typed, operators, monkeypatch, tmp_path
):
    other = Product(
        products.settings(product.settings.database_url, "http://127.0.0.1:9", b"\x0b" * 32, tmp_path / "k")
    )
    file = other.worker().last_signed()
    file.keep(other.worker().signer().sign(9, bytes(32), bytes(32)))
    file.close()
    other.close()
    monkeypatch.setenv("LOTPROOF_LASTSIGNED_DIR", str(tmp_path / "k"))
    code, said = typed(*again(operators["Ada"], operators["Bo"]))
    assert code == 1 and "ROLLBACK is open" in said and "entries 2 to 8 are missing" in said


def test_without_a_reason_nothing_happens(typed, operators):
    assert typed("deploy", "--again", " ", "--operator", operators["Ada"], "--operator", operators["Bo"])[0] == 1
