"""A backup that is too old, and `lotproof recover`, as an operator lives through it, with the whole product.

backup   two lots, one of them moved, and a statement that waits
since    a third lot, the first moved again; a partner has the answers and the third lot's proof, a mirror the tiles
"""

import json
import shutil
import time

import pytest
from sqlalchemy import text

from anchoring import deploy
from anchoring.alarms import Kind
from anchoring.signer import LogSigner
from service import cli, db
from service.local import postgres
from tests.anchoring.chain.test_worker import mining
from tests.tools import product as products
from tests.tools.product import GUARDIAN, ORIGIN, Product, kept_answer
from tests.tools.waiting import eventually

LOT = "https://id.gs1.org/01/09506000210018/10/"


class Story:
    """What was lost, who has what of it, and the restored database."""

    def __init__(self, lost, folder):
        self.lost, self.folder, self.now = lost, folder, lost
        self.answers, self.mirror, self.proofs = folder / "answers", folder / "mirror", folder / "proofs"

    def happened_since(self):
        with self.lost.working():
            kept_answer(self.answers, self.lost.receive("C"))
            kept_answer(self.answers, self.lost.move("A"))
            self.size = self.lost.anchored()
            self.proofs.mkdir()
            (self.proofs / "c.lotproof.json").write_bytes(self.lost.proof(LOT + "C"))
            self.lost.mirror(self.mirror)
        self.note, self.file = self.lost.checkpoint(), (self.proofs / "c.lotproof.json").read_bytes()
        self.entries = self.lost.entries(0, self.size)


@pytest.fixture(scope="module")
def told(pg, template, anvil, tmp_path_factory):
    """The story up to the restore; each test restores a copy of its own."""
    folder = tmp_path_factory.mktemp("recover")
    postgres.create_database(pg, "recover", template)
    url, key = pg.url("recover"), b"\x07" * 32
    engine = db.engine_for(url)
    deploy.ensure(engine, anvil.url, key, GUARDIAN)
    engine.dispose()
    lost = Product(products.settings(url, anvil.url, key, folder / "kept"))
    story = Story(lost, folder)
    try:
        with mining(anvil):
            with lost.working():
                lost.furnish()
                for lot in ("A", "B"):
                    kept_answer(folder / "before", lost.receive(lot))
                lost.move("A")
                lost.anchored()
            assert lost.move("B")["receipts"] is None  # nobody sequences: it waits
            with pg.connect() as conn:  # a database is copied while nobody is connected
                conn.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'recover'")
            postgres.create_database(pg, "recover_backup", "recover")
            story.happened_since()
            yield story
    finally:
        lost.close()
        postgres.drop_databases(pg, ["recover", "recover_backup"])


@pytest.fixture
def story(told, anvil, cloned, monkeypatch, capsys, tmp_path):
    """With the backup restored, and what the operator types. Afterwards the chain is as it was."""
    before = anvil.rpc("evm_snapshot")
    url = cloned("recover_backup").url.render_as_string(hide_password=False)
    kept = shutil.copytree(told.lost.settings.lastsigned_dir, tmp_path / "kept")
    told.now = told.lost.on(url, lastsigned_dir=str(kept))
    given = told.now.settings
    for name, value in (
        ("DATABASE_URL", url), ("ORIGIN", ORIGIN), ("RPC_URL", given.rpc_urls[0]), ("LOG_KEY", given.log_key.hex()),
        ("FINALITY", "2"), ("LASTSIGNED_DIR", given.lastsigned_dir), ("DATA", str(told.folder / "none")),
    ):  # fmt: skip
        monkeypatch.setenv(f"LOTPROOF_{name}", value)

    def typed(*argv):
        code = cli.main(list(argv))
        said = capsys.readouterr()
        return code, said.out + said.err

    told.typed = typed
    yield told
    told.now.close()
    anvil.rpc("evm_revert", before)


def test_from_the_first_refusal_to_the_audit_of_the_whole_log(story):
    now = story.now
    with now.working():
        refused = now.maker.send("POST", "/movements", products.receive("D"))
        assert refused.status_code == 503 and refused.get_json()["type"].endswith("read-only")
        (alarm,) = [each for each in now.status().alarms if each.kind is Kind.ROLLBACK]
        assert "entries 4 to 6 are missing" in alarm.detail and "lotproof recover" in alarm.advice
        before = now.checkpoint()
        code, said = story.typed("recover", "--mirror", str(story.mirror), "--dry-run")
        assert code == 0 and "brought back 3 entries" in said and "nothing was changed" in said
        assert now.checkpoint() == before
        code, said = story.typed("recover", "--mirror", str(story.mirror), "--proofs", str(story.proofs))
        assert code == 0 and "the log is whole" in said, said
        assert now.checkpoint() == story.note and now.entries(0, 7) == story.entries
        eventually(lambda: now.status().admitted and not now.status().halted)
        answer = eventually(
            lambda: (a := now.maker.send("POST", "/movements", products.receive("D"))).status_code == 201 and a
        )
        assert answer.get_json()["receipts"]
        assert now.anchored() == 8
    report = now.audit()
    assert report.exit_code == 0, report
    assert now.verified(story.file).exit_code == 0  # what was handed out before the loss is still true
    assert now.verified(now.proof(LOT + "B")).exit_code == 0


def test_partners_answers_alone_suffice(story):
    code, said = story.typed("recover", "--proofs", str(story.answers))
    assert code == 0, said
    assert story.now.checkpoint() == story.note


def test_what_nobody_has_is_named_and_who_could(story):
    with story.now.working():
        code, said = story.typed("recover")
    assert code == 1
    assert "7 were signed or anchored" in said and "missing      entries 5 to 6" in said and "auditor" in said
    # Without a signed or anchored state the statement that waited leads nowhere: it may be brought back up to one of 5.
    with story.lost.engine.connect() as conn:
        anchored = set(conn.scalars(text("SELECT size FROM ledger.anchor")))
    assert story.now.status().entries == (5 if 5 in anchored else 4)


def test_lots_whose_rows_are_gone_are_closed_until_somebody_settles_them(story):
    now = story.now
    story.typed("recover", "--mirror", str(story.mirror), "--proofs", str(story.proofs))
    code, said = story.typed("recover", "--list")
    lines = {line.split()[1]: line for line in said.splitlines()}
    assert code == 1 and set(lines) == {LOT + "C", LOT + "A"}
    assert ": whole" in lines[LOT + "C"] and ": gone" in lines[LOT + "A"]
    with now.working():
        eventually(lambda: now.status().admitted and not now.status().halted)
        assert Kind.WAREHOUSE_BEHIND in {alarm.kind for alarm in now.status().alarms}
        eventually(lambda: now.maker.send("POST", "/movements", products.receive("E")).status_code == 201)
        told = now.move("A", expect=409)
        assert told["type"].endswith("lot-closed") and "recover --list" in told["detail"]
        assert now.maker.post("/movements", products.receive("C"), 409)["type"].endswith("lot-closed")
        now.move("B")
        assert story.typed("recover", "--settle", LOT + "A")[0] == 1  # no reason
        code, said = story.typed("recover", "--settle", LOT + "A", "--reason", "A. Keeper counted it")
        assert code == 0 and "1 entries settled; 1 lots" in said
        now.move("A")
        assert story.typed("recover", "--settle", "all", "--reason", "A. Keeper: never here")[0] == 0
        assert now.status().alarms == []
        size = now.anchored()
        assert size == 10
    assert story.typed("recover", "--list")[0] == 0
    assert now.audit().exit_code == 0
    assert now.verified(now.proof(LOT + "A")).answer(5).verdict.value == "yes"


def test_a_statement_that_came_back_is_shown_in_proofs_again(story):
    now = story.now
    story.typed("recover", "--mirror", str(story.mirror), "--proofs", str(story.proofs))
    with now.working():
        eventually(lambda: now.status().final_anchor and now.status().final_anchor.size == 7)
    file = json.loads(now.proof(LOT + "C"))
    assert [item["statement"] is not None for item in file["history"]] == [True]
    assert now.verified(json.dumps(file).encode()).exit_code == 0
    file = json.loads(now.proof(LOT + "A"))
    assert [item["statement"] is not None for item in file["history"]] == [True, True, False]


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"format": "lotproof/1"}', b"[" * 100_000])
def test_a_file_that_is_none_is_passed_over(story, content):
    (story.folder / "odd").mkdir(exist_ok=True)
    (story.folder / "odd/x.json").write_bytes(content)
    code, said = story.typed(
        "recover", "--mirror", str(story.mirror), "--proofs", str(story.folder / "odd"), "--dry-run"
    )
    assert code == 0 and "passed over" in said and "x.json" in said


def test_a_fork_stops_it_with_both_notes(story):
    other = LogSigner(ORIGIN, products.LOG_KEY).sign(7, bytes(32), bytes(32))
    lying = story.folder / "lying"
    lying.mkdir(exist_ok=True)
    (lying / "checkpoint").write_text(other)
    code, said = story.typed("recover", "--mirror", str(lying), "--mirror", str(story.mirror))
    assert code == 1 and "nothing was brought back: FORK" in said and other in said and story.note in said
    assert story.now.status().entries == 4
    assert Kind.FORK in {alarm.kind for alarm in story.now.status().alarms}


def test_without_the_contract_it_must_be_said(story, monkeypatch):
    monkeypatch.setenv("LOTPROOF_RPC_URL", "http://127.0.0.1:9")
    code, said = story.typed("recover", "--mirror", str(story.mirror))
    assert code == 1 and "nothing was changed" in said and "--without-chain" in said
    assert story.typed("recover", "--mirror", str(story.mirror), "--without-chain")[0] == 0


def test_after_all_is_well_it_finds_nothing(story):
    story.typed("recover", "--mirror", str(story.mirror))
    begun = time.monotonic()
    code, said = story.typed("recover", "--mirror", str(story.mirror))
    assert code == 0 and "nothing is known to be missing" in said and time.monotonic() - begun < 20
    with story.now.engine.connect() as conn:
        assert conn.execute(text("SELECT count(*) FROM ledger.recovery")).scalar_one() == 1
