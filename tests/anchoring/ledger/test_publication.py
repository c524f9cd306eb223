"""What foreign tools read: tiles and entry bundles, byte for byte."""

import pytest

from anchoring.errors import NotInLedger
from anchoring.signer import LogSigner
from tests.anchoring.ledger import reference
from tests.anchoring.ledger.world import ORIGIN, POLICY, SEED, Ledger, drain
from verifier.audit import split_bundle
from verifier.hashing import MapHash, RootHash
from verifier.receipt import read_checkpoint
from verifier.signers import check_log

NOT_THERE = [
    *((0, 0, 0), (0, 0, 257), (0, -1, 1), (0, 1, 45), (0, 2, 1), (0, 2**62, 1)),
    *((1, 0, 2), (2, 0, 1), (-1, 0, 1), (7, 0, 1)),
]


def test_tiles_of_every_level_hold_the_hashes_of_the_definition(ledger: Ledger) -> None:
    ledger.submit_many(600)
    drain(ledger.sequencer(), limit=100)
    entries = ledger.audit()
    leaves = [reference.sha(b"\x00", entry) for entry in entries]
    assert ledger.tile(0, 1, 256) == b"".join(leaves[256:512])
    assert ledger.tile(0, 2, 88) == b"".join(leaves[512:])
    assert ledger.tile(1, 0, 2) == reference.log_root(leaves[:256]) + reference.log_root(leaves[256:512])


def test_a_partial_tile_stays_what_it_was_when_the_log_grows(ledger: Ledger) -> None:
    sequencer = ledger.sequencer()
    ledger.submit_many(5)
    drain(sequencer)
    partial, bundle = ledger.tile(0, 0, 5), ledger.entries(0, 5)
    ledger.submit_many(600)
    drain(sequencer)
    assert (ledger.tile(0, 0, 5), ledger.entries(0, 5)) == (partial, bundle)
    assert ledger.tile(0, 0, 256).startswith(partial)


def test_an_entry_bundle_is_each_entry_after_its_length(ledger: Ledger) -> None:
    ledger.submit_many(300)
    drain(ledger.sequencer())
    assert split_bundle(ledger.entries(1, 44), 44) == ledger.audit()[256:]


@pytest.mark.parametrize("name", NOT_THERE)
def test_a_tile_that_does_not_exist_is_not_made_up(ledger: Ledger, name: tuple[int, int, int]) -> None:
    ledger.submit_many(300)
    drain(ledger.sequencer())
    with pytest.raises(NotInLedger):
        ledger.tile(*name)
    level, number, width = name
    if level == 0:
        with pytest.raises(NotInLedger):
            ledger.entries(number, width)


def test_the_checker_takes_the_signature_of_the_log() -> None:
    roots = RootHash(reference.sha(b"log")), MapHash(reference.sha(b"map"))
    signed = read_checkpoint(LogSigner(ORIGIN, SEED).sign(4096, *roots))
    check_log(signed.note, signed.checkpoint, POLICY)
    assert (signed.checkpoint.size, signed.checkpoint.log_root, signed.checkpoint.map_root) == (4096, *roots)


@pytest.mark.parametrize("size", [0, 2**53])
def test_a_size_that_no_log_has_is_never_signed(size: int) -> None:
    with pytest.raises(AssertionError, match="expected a size"):
        LogSigner(ORIGIN, SEED).sign(size, RootHash(bytes(32)), MapHash(bytes(32)))
