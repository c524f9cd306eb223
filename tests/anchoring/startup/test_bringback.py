"""INV-M1, INV-X2: what a restored database lacks comes back as it was, from whoever has it, or not at all.

size   0      3          7           9          12
       |      backup     signed      anchored   signed last
"""

from hashlib import sha256

import pytest
from sqlalchemy import text

from anchoring import alarms, receipts, unaccounted
from anchoring.alarms import Halt, Kind
from anchoring.bringback import bring_back
from anchoring.errors import LedgerBroken
from anchoring.held import Held, Milestone, runs
from anchoring.prover import log_root
from anchoring.signer import LogSigner
from service import db
from service.local import postgres
from service.recovering.claims import Claim, take
from service.recovering.mirrors import FolderLog, opened, read_mirror
from tests.anchoring.ledger import reference
from tests.anchoring.ledger.world import ORIGIN, SEED, Ledger, about, lot
from tests.tools import databases
from tests.tools.databases import admit
from verifier.published import split_bundle
from verifier.tiles import tile_path

SIGNER = LogSigner(ORIGIN, SEED)


class Lost:
    """A log that went on after its backup, and the backup."""

    def __init__(self, ledger, old, commits=True):
        self.ledger, self.old, self.commits = ledger, Ledger(old), commits

    def grow(self, *statements):
        self.ledger.submit(*statements)
        sequencer = self.ledger.sequencer()
        sequencer.step()
        sequencer.close()

    def note(self, size):
        with self.ledger.engine.connect() as conn:
            return conn.execute(text("SELECT note FROM ledger.checkpoint WHERE size = :s"), {"s": size}).scalar_one()

    def anchored(self, size, where="anchor 0 in block 7"):
        with self.ledger.engine.connect() as conn:
            row = conn.execute(text("SELECT * FROM ledger.checkpoint WHERE size = :s"), {"s": size}).one()
        return Milestone(size, bytes(row.log_root), bytes(row.map_root), where)

    def mirror(self, folder, size, first=0):
        """The log in a folder, as it was published at `size`; bundles before `first` left out."""
        (folder / "tile/entries").mkdir(parents=True)
        (folder / "checkpoint").write_text(self.note(size))
        for number in range(first // 256, -(-size // 256)):
            width = min(256, size - 256 * number)
            path = folder / "tile" / tile_path("entries", number, width)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.ledger.entries(number, width))
        return folder

    def entries(self, size):
        return split_bundle(self.ledger.entries(0, size), size)

    def receipt(self, index):
        """The claim that the receipt of an entry makes."""
        with self.ledger.engine.connect() as conn:
            hashed = conn.execute(
                text("SELECT statement_hash FROM ledger.entry WHERE index = :i"), {"i": index}
            ).scalar_one()
            (found,) = [each for each in receipts.receipts_of(conn, [hashed])[hashed] if each.index == index]
        return Claim(found.index, found.entry, f"receipt {index}", found.path, found.checkpoint)

    def bring(self, held, **options):
        with self.old.engine.connect() as conn:
            account = bring_back(conn, held, "a test", self.ledger.now, **options)
            (conn.commit if self.commits else conn.rollback)()
        return account

    def same(self, size):
        """Everything that stands in a hash is as it was, at every size that both signed."""
        ours, theirs = self.old.sizes(), self.ledger.sizes()
        assert ours[-1] == size and set(ours) <= set(theirs)
        with self.old.engine.connect() as old, self.ledger.engine.connect() as new:
            for each in ours:
                query = text("SELECT log_root, map_root, note FROM ledger.checkpoint WHERE size = :s")
                assert old.execute(query, {"s": each}).one() == new.execute(query, {"s": each}).one()
        assert self.old.audit() == self.entries(size)


@pytest.fixture(scope="module")
def history(pg, template):
    """A log backed up at 3 with one statement waiting; since then 7, 9, 12. The log, and the name of the backup."""
    engine = db.engine_for(databases.copy(pg, "bringback", template))
    made = Lost(Ledger(engine), engine)
    made.grow(about(1, 2), about(3))
    made.ledger.submit(about(1, 4))
    engine.dispose()
    postgres.create_database(pg, "bringback_backup", "bringback")
    made.grow(about(2), about(5))  # after what waited
    made.grow(about(5), about(6))
    made.grow(about(1), about(7, 8))
    assert made.ledger.sizes() == [3, 7, 9, 12]
    yield made.ledger
    made.ledger.audit()
    engine.dispose()
    postgres.drop_databases(pg, ["bringback", "bringback_backup"])


@pytest.fixture
def lost(history, cloned):
    """With a copy of the backup that is this test's own."""
    return Lost(history, cloned("bringback_backup"))


@pytest.fixture
def rehearsed(history, pg):
    """On the backup itself, where nothing is ever committed."""
    engine = db.engine_for(pg.url("bringback_backup"))
    yield Lost(history, engine, commits=False)
    engine.dispose()


def held(*claims, notes=(), anchors=()):
    made = Held(SIGNER)
    take(made, claims)
    for note in notes:
        made.take_note(note, "a file")
    made.milestones += anchors
    return made


def from_mirror(lost, folder, size=12, **options):
    made = Held(SIGNER)
    read_mirror(made, FolderLog(lost.mirror(folder / f"mirror{size}", size, **options)), "the mirror", 3, 99)
    return made


def test_a_mirror_brings_everything_back_byte_for_byte(lost, tmp_path):
    account = lost.bring(from_mirror(lost, tmp_path))
    assert (account.was, account.size, account.whole, account.lacking) == (3, 12, True, [])
    lost.same(12)
    assert lost.old.sizes() == [3, 12]


def test_every_state_that_is_known_gets_its_checkpoint_again(lost, tmp_path):
    sources = from_mirror(lost, tmp_path)
    sources.take_note(lost.note(7), "a partner")
    sources.milestones.append(lost.anchored(9))
    lost.bring(sources)
    lost.same(12)
    assert lost.old.sizes() == [3, 7, 9, 12]


def test_what_waited_in_the_queue_leaves_it_and_is_accounted_for(lost, tmp_path):
    assert lost.old.waiting() == 1
    assert lost.bring(from_mirror(lost, tmp_path)).unaccounted == 7
    assert lost.old.waiting() == 0
    with lost.old.engine.connect() as conn:
        assert [each.index for each in unaccounted.unaccounted(conn)] == [5, 6, 7, 8, 9, 10, 11]


def test_the_log_goes_on_from_there_as_the_lost_one_would_have(lost, tmp_path):
    lost.bring(from_mirror(lost, tmp_path))
    admit(lost.old.engine.url.render_as_string(hide_password=False))
    lost.old.submit(about(9, 10), about(3))
    sequencer = lost.old.sequencer()
    assert sequencer.step() == 3
    sequencer.close()
    assert lost.old.audit()[:12] == lost.entries(12)


def test_a_rehearsal_says_the_same_and_leaves_nothing(lost, tmp_path):
    sources = from_mirror(lost, tmp_path)
    before = state(lost.old)
    lost.commits = False
    dry = lost.bring(sources)
    lost.commits = True
    assert (dry.size, dry.unaccounted, state(lost.old)) == (12, 7, before)
    assert lost.bring(sources) == dry


TABLES = ("entry", "tile", "map_page", "checkpoint", "submission", "recovery", "unaccounted", "alarm")


def state(ledger):
    """How many rows each table has."""
    with ledger.engine.connect() as conn:
        return {t: conn.exec_driver_sql(f"SELECT count(*) FROM ledger.{t}").scalar_one() for t in TABLES}


def test_the_queue_alone_gives_what_waited_when_the_backup_was_made(lost, cloned):
    """Nobody has an entry; that the queue's order was the log's shows in the root."""
    lost.old.engine.dispose()
    twin = Ledger(cloned(lost.old.engine.url.database))
    admit(twin.engine.url.render_as_string(hide_password=False))
    sequencer = twin.sequencer()
    assert sequencer.step() == 2  # a log that stopped there
    sequencer.close()
    account = lost.bring(held(notes=[twin.checkpoint()]))
    assert (account.size, account.from_queue, account.unaccounted, lost.old.waiting()) == (5, 2, 0, 0)
    assert lost.old.audit() == lost.entries(5)


def test_partners_receipts_bring_back_what_they_prove(lost):
    account = lost.bring(held(*(lost.receipt(index) for index in range(5, 12))))
    assert (account.size, account.from_queue) == (12, 2)
    lost.same(12)
    assert lost.old.sizes() == [3, 7, 9, 12]


def test_what_nobody_has_is_named_and_the_log_comes_back_as_far_as_it_can(lost):
    account = lost.bring(held(*(lost.receipt(index) for index in (5, 6, 8, 9, 11))))
    assert (account.size, account.whole, account.lacking) == (7, False, [(7, 7), (10, 10)])
    lost.same(7)
    account = lost.bring(held(*(lost.receipt(index) for index in (7, 8, 9, 10, 11))))
    assert (account.was, account.size, account.whole) == (7, 12, True)
    lost.same(12)


def test_nothing_is_stored_beyond_a_state_that_was_signed(rehearsed, tmp_path):
    account = rehearsed.bring(held(rehearsed.receipt(5), notes=[rehearsed.note(12)]))
    assert (account.size, account.lacking) == (3, [(6, 11)])
    assert account.target.size == 12 and state(rehearsed.old)["entry"] == 3


def test_a_mirror_that_lies_about_an_entry_gives_no_root_and_is_named(rehearsed, tmp_path):
    sources = from_mirror(rehearsed, tmp_path)
    sources.offered["the mirror"][8] = sources.offered["the mirror"][9]
    account = rehearsed.bring(sources)
    assert (account.size, account.lacking, [each.size for each in account.doubtful]) == (3, [], [12])
    assert account.doubtful[0].where == "the mirror"


def test_beside_it_an_honest_one_suffices_in_whatever_order(rehearsed, tmp_path):
    for order in ("liar", "honest"), ("honest", "liar"):
        sources = held(notes=[rehearsed.note(12)])
        for name in order:
            entries = list(rehearsed.entries(12))
            if name == "liar":
                entries[8] = entries[9]
            take(sources, (Claim(index, entries[index], name) for index in range(3, 12)))
        assert rehearsed.bring(sources).size == 12


def test_what_a_receipt_proves_stands_against_a_mirror(rehearsed, tmp_path):
    sources = from_mirror(rehearsed, tmp_path)
    sources.offered["the mirror"][8] = sources.offered["the mirror"][9]
    take(sources, [rehearsed.receipt(8)])
    assert rehearsed.bring(sources).size == 12


@pytest.mark.parametrize("bent", ["entry", "path", "index", "note", "key"])
def test_a_claim_that_is_false_is_passed_over_and_said(rehearsed, bent):
    true = rehearsed.receipt(8)
    other = LogSigner(ORIGIN, bytes(32)).sign(9, bytes(32), bytes(32))
    claim = {
        "entry": Claim(8, true.entry[:-1] + bytes([true.entry[-1] ^ 1]), "bent", true.path, true.note),
        "path": Claim(8, true.entry, "bent", [*true.path, bytes(32)], true.note),
        "index": Claim(7, true.entry, "bent", true.path, true.note),
        "note": Claim(8, true.entry, "bent", true.path, true.note.replace("\n9\n", "\n8\n")),
        "key": Claim(8, true.entry, "bent", true.path, other),
    }[bent]
    sources = held(claim)
    assert sources.proven == {} and "bent, entry" in sources.remarks[0]


def test_two_signed_states_of_one_size_are_a_fork_with_both_notes_as_evidence(rehearsed):
    other = SIGNER.sign(12, sha256(b"another history").digest(), bytes(32))
    with pytest.raises(Halt, match="two states of size 12") as halt:
        rehearsed.bring(held(notes=[rehearsed.note(12), other]))
    assert halt.value.kind is Kind.FORK and rehearsed.note(12) in halt.value.detail and other in halt.value.detail


def test_a_signed_state_below_our_size_that_is_not_ours_is_a_fork(rehearsed):
    other = SIGNER.sign(2, sha256(b"another history").digest(), bytes(32))
    with pytest.raises(Halt, match="at size 2 our log root is") as halt:
        rehearsed.bring(held(notes=[other]))
    assert other in halt.value.detail


def test_a_signed_state_that_a_longer_one_does_not_extend_is_a_fork(rehearsed, tmp_path):
    sources = from_mirror(rehearsed, tmp_path)
    other = SIGNER.sign(8, sha256(b"another history").digest(), bytes(32))
    sources.take_note(other, "a partner")
    with pytest.raises(Halt, match="contradicts a partner") as halt:
        rehearsed.bring(sources)
    assert other in halt.value.detail and state(rehearsed.old)["entry"] == 3


def test_a_map_that_was_signed_and_does_not_follow_from_the_entries_is_not_signed_again(rehearsed, tmp_path):
    sources = from_mirror(rehearsed, tmp_path)
    with rehearsed.ledger.engine.connect() as conn:
        lie = SIGNER.sign(12, log_root(conn, 12), sha256(b"a lying map").digest())
    sources.milestones.clear()
    sources.take_note(lie, "a partner")
    with pytest.raises(LedgerBroken, match="lot map at size 12"):
        rehearsed.bring(sources)
    assert state(rehearsed.old)["entry"] == 3


def test_what_the_contract_alone_holds_is_not_signed_on_the_word_of_a_mirror(lost, tmp_path):
    """A thief of the anchorer's key can anchor what extends our log, and serve a mirror of it."""
    anchored = lost.anchored(12)
    sources = from_mirror(lost, tmp_path, 9)
    take(sources, (Claim(index, lost.entries(12)[index], "the mirror") for index in range(9, 12)))
    sources.milestones.append(anchored)
    lost.commits = False
    account = lost.bring(sources)
    lost.commits = True
    assert (account.size, account.target) == (9, anchored)
    assert "no checkpoint under our key" in sources.remarks[-1]
    assert lost.bring(sources, trust_anchors=True).size == 12
    lost.same(12)


def test_an_anchor_with_a_map_root_that_was_never_ours_is_passed_over(lost, tmp_path):
    sources = from_mirror(lost, tmp_path)
    nine = lost.anchored(9)
    sources.milestones.append(Milestone(9, nine.log_root, bytes(32), nine.where))
    assert lost.bring(sources).size == 12
    assert lost.old.sizes() == [3, 12] and "lot map at size 9" in sources.remarks[-1]


def test_entries_that_lead_to_a_root_and_do_not_follow_each_other_are_refused(rehearsed, tmp_path):
    """A log that signed a broken chain is broken; nothing makes it whole again."""
    entries = rehearsed.entries(12)
    entries[11] = entries[11][:34] + (7).to_bytes(8, "big") + entries[10][:32] + entries[11][74:]
    root = reference.log_root([reference.sha(b"\x00", entry) for entry in entries])
    sources = held(*(Claim(i, entries[i], "m") for i in range(3, 12)), notes=[SIGNER.sign(12, root, bytes(32))])
    with pytest.raises(LedgerBroken, match="entry 11"):
        rehearsed.bring(sources)


def test_about_what_is_not_accounted_for_nothing_is_recorded_until_it_is_settled(lost, tmp_path):
    lost.bring(from_mirror(lost, tmp_path))
    engine = lost.old.engine
    admit(engine.url.render_as_string(hide_password=False))
    lost.old.submit(about(3, 4))  # lots that the backup knows all of
    with pytest.raises(Exception, match="nothing is recorded about subject"):
        lost.old.submit(about(3), about(9, 5))
    with engine.begin() as conn:
        assert alarms.open_alarms(conn)[0].kind is Kind.WAREHOUSE_BEHIND
        assert lot(5) in unaccounted.closed(conn)
        assert unaccounted.settle(conn, [lot(5)], "O. Perator: counted", 1) == 2
    lost.old.submit(about(9, 5))
    with engine.begin() as conn, pytest.raises(Exception, match="keeps its rows"):
        conn.execute(text("DELETE FROM ledger.unaccounted"))


def test_the_alarm_goes_when_nothing_is_missing_and_only_then(lost, tmp_path):
    def open_kinds():
        with lost.old.engine.connect() as conn:
            return {alarm.kind for alarm in alarms.open_alarms(conn)}

    with lost.old.engine.begin() as conn:
        alarms.raise_alarm(conn, Kind.ROLLBACK, "as a test", 1)
    lost.bring(held(lost.receipt(5), lost.receipt(6), notes=[lost.note(12)]))
    assert Kind.ROLLBACK in open_kinds()
    lost.bring(from_mirror(lost, tmp_path))
    assert open_kinds() == {Kind.WAREHOUSE_BEHIND}


def test_where_nothing_is_missing_nothing_happens(lost, tmp_path):
    lost.bring(from_mirror(lost, tmp_path))
    before = state(lost.old)
    account = lost.bring(from_mirror(lost, tmp_path, 9))
    assert (account.was, account.size, account.target, state(lost.old)) == (12, 12, None, before)


def test_a_log_of_several_tiles_comes_back_into_an_empty_database(ledger_of_many, unseen, tmp_path):
    lost = ledger_of_many
    lost.old = Ledger(unseen)
    sources = Held(SIGNER)
    read_mirror(sources, opened(str(lost.mirror(tmp_path / "mirror", 700))), "the mirror", 0, 700)
    assert lost.bring(sources).size == 700
    assert lost.old.audit() == lost.ledger.audit()


@pytest.fixture
def ledger_of_many(engine):
    made = Lost(Ledger(engine), engine)
    made.grow(*(about(n % 50) for n in range(700)))
    return made


@pytest.mark.parametrize("missing", ["checkpoint", "tile/entries/001"])
def test_a_mirror_with_a_hole_says_so(ledger_of_many, unseen, tmp_path, missing):
    lost = ledger_of_many
    lost.old = Ledger(unseen)
    folder = lost.mirror(tmp_path / "mirror", 700)
    (folder / missing).unlink()
    sources = held(notes=[lost.note(700)])
    read_mirror(sources, FolderLog(folder), "the mirror", 0, 700)
    account = lost.bring(sources)
    assert account.size == (700 if missing == "checkpoint" else 0)
    assert account.lacking == ([] if missing == "checkpoint" else [(256, 511)])
    assert missing.rpartition("/")[2] in sources.remarks[0]


def test_runs():
    assert runs([]) == [] and runs([3]) == [(3, 3)] and runs([1, 2, 4, 5, 6, 9]) == [(1, 2), (4, 6), (9, 9)]
