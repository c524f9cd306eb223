"""The last signed checkpoint outside the database: never more than one behind, and what it says of a database."""

import threading

import pytest

from anchoring import admission
from anchoring.alarms import Halt, Kind
from anchoring.lastsigned import LastSigned, compare, write_whole
from anchoring.sequencer import Sequencer
from anchoring.signer import LogSigner
from tests.anchoring.chain.test_worker import record

ORIGIN = "example.com/lotproof"
SEED = bytes(range(32))


def file_in(folder, write=None, seed=SEED, origin=ORIGIN):
    return LastSigned(folder, LogSigner(origin, seed), write)


def sequencer(engine, kept=None):
    return Sequencer(engine, ORIGIN, SEED, lambda: 1_790_000_000_000, admission.may_sign, kept=kept)


def grow(engine, *rounds, kept=None):
    """Rounds with so many entries each; what is begun is written."""
    working = sequencer(engine, kept)
    for count in rounds:
        record(engine, count)
        assert working.step() == count
    working.close()
    if kept is not None and rounds:
        kept.close()


def judged(engine, kept):
    with engine.connect() as conn:
        return compare(conn, kept.read())


def test_the_file_holds_what_was_signed_last(engine, tmp_path):
    file = file_in(tmp_path / "made" / "here")
    assert file.read() is None
    grow(engine, 2, 3, kept=file)
    kept = file.read()
    assert (kept.checkpoint.origin, kept.checkpoint.size) == (ORIGIN, 5)
    assert file.path.name == "example.com%2Flotproof.checkpoint"
    assert [each.name for each in file.path.parent.iterdir()] == [file.path.name]
    assert judged(engine, file)


def test_nothing_is_signed_before_the_signature_before_is_on_disk(engine, tmp_path):
    disk = threading.Event()

    def slow(path, content):
        assert disk.wait(10)
        write_whole(path, content)

    file = file_in(tmp_path, slow)
    working = sequencer(engine, file)
    record(engine)
    assert working.step() == 1  # committed, and being written
    record(engine)
    second = threading.Thread(target=working.step)
    second.start()
    second.join(0.3)
    with engine.connect() as conn:
        assert conn.exec_driver_sql("SELECT max(size) FROM ledger.checkpoint").scalar_one() == 1
    disk.set()
    second.join(10)
    with engine.connect() as conn:
        assert conn.exec_driver_sql("SELECT max(size) FROM ledger.checkpoint").scalar_one() == 2
    working.close()
    file.close()


def test_one_who_starts_writes_what_was_signed_before_he_signs(engine, tmp_path):
    grow(engine, 1)
    written = []
    file = file_in(tmp_path, lambda path, content: written.append(content.split(b"\n")[1]))
    grow(engine, 1, kept=file)
    assert written == [b"1", b"2"]


def test_a_disk_that_is_full_stops_nothing(engine, tmp_path, caplog):
    def full(path, content):
        raise OSError(28, "No space left on device")

    grow(engine, 1, 1, kept=file_in(tmp_path, full))
    assert "No space left" in caplog.text


@pytest.mark.parametrize("content", [b"", b"\xff", b"size 3", b"x" * 100_000])
def test_what_is_no_checkpoint_is_passed_over(tmp_path, content, caplog):
    file = file_in(tmp_path)
    file.path.write_bytes(content)
    assert file.read() is None and "passed over" in caplog.text


def test_what_this_log_did_not_sign_is_passed_over(engine, tmp_path, caplog):
    file = file_in(tmp_path)
    grow(engine, 1, kept=file)
    other = file_in(tmp_path, seed=bytes(32))
    assert other.read() is None and "passed over" in caplog.text
    assert file_in(tmp_path, origin="example.com/other").read() is None


def test_the_last_but_one_vouches_and_an_older_one_does_not(engine, tmp_path):
    older, before, last = (file_in(tmp_path / name) for name in ("older", "before", "last"))
    grow(engine, 1, kept=older)
    grow(engine, 2, kept=before)
    grow(engine, 3, kept=last)
    assert [judged(engine, file) for file in (last, before, older)] == [True, True, False]


def test_a_database_that_ends_earlier_was_rolled_back_and_the_missing_entries_are_named(engine, cloned, tmp_path):
    grow(engine, 4)
    engine.dispose()
    old = cloned(engine.url.database)
    file = file_in(tmp_path)
    grow(engine, 1, 5, kept=file)
    with pytest.raises(Halt, match="our log has 4 entries, 10 were signed: entries 4 to 9 are missing") as halt:
        judged(old, file)
    assert halt.value.kind is Kind.ROLLBACK
    assert halt.value.detail.count(f"{ORIGIN}\n10\n") == halt.value.detail.count(f"{ORIGIN}\n4\n") == 1  # both notes


def test_an_empty_database_where_something_was_signed_was_rolled_back(engine, unseen, tmp_path):
    file = file_in(tmp_path)
    grow(engine, 1, kept=file)
    with pytest.raises(Halt, match="entry 0 is missing"):
        judged(unseen, file)


@pytest.mark.parametrize("longer", [0, 2])
def test_two_databases_with_the_same_keys_are_a_fork(engine, cloned, template, tmp_path, longer):
    file, other = file_in(tmp_path), cloned(template)
    with other.begin() as conn:
        admission.admit(conn, 0, None, "test", 1)
    grow(engine, 3, kept=file)
    grow(other, 3, *[1] * longer)
    with pytest.raises(Halt, match="at size 3 our log root is") as halt:
        judged(other, file)
    assert halt.value.kind is Kind.FORK and halt.value.detail.count(ORIGIN) == 4  # two notes, each with its signer
