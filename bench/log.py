"""The log grows to a million lots: how fast it is sequenced, what a proof costs on the way, how much memory it takes.
"""

import random
import time
from collections.abc import Iterator, Sequence
from hashlib import sha256
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe
from statistics import mean
from time import perf_counter

from sqlalchemy import Engine

from anchoring import Sequencer, Submission, checkpoint, prove_subject, submit
from anchoring.chaining import Tip, map_changes
from anchoring.entries import tips_of
from anchoring.lotmap import Growth, find
from anchoring.mappages import PageMemory, StoredPages
from anchoring.page import PageId
from bench.memory import memory_of
from bench.rows import Row, Scale, microseconds
from bench.stand import database
from service import db
from verifier.entry import MOVEMENT
from verifier.hashing import StatementHash, Subject, leaf_hash, map_value
from verifier.lotmap import root_from_membership
from verifier.merkle import verify_inclusion

ORIGIN = "bench.example/lotproof"
CHUNK = 20_000
PROOFS = 300


def measure(scale: Scale) -> Iterator[Row]:
    with database() as url:
        engine = db.engine_for(url)
        pipe, child = get_context("spawn").Pipe()
        process = get_context("spawn").Process(target=_sequence, args=(url, child), daemon=True)
        process.start()
        try:
            yield from _grow(engine, pipe, scale)
        finally:
            pipe.send(None)
            process.join()
            engine.dispose()


def _grow(engine: Engine, pipe: Pipe, scale: Scale) -> Iterator[Row]:
    """A new lot with every entry; then a tenth more entries of lots that exist."""
    size, rates = 0, []
    stations = [each for each in (10_000, 100_000, 1_000_000) if each <= scale.entries]
    while size < scale.entries:
        added = min(CHUNK, next(each for each in [*stations, scale.entries] if each > size) - size)
        rates.append(_sequenced(engine, pipe, range(size, size + added)))
        size += added
        if size in stations:
            name = f"entries sequenced a second, new lots, up to {size:,}"
            yield Row(name, mean(rates[-5:]), "entries/s", "more", 15_000)
            yield from _proofs(engine, size)
    dice = random.Random(7)
    again = [dice.randrange(size) for _ in range(size // 10)]
    rates = [_sequenced(engine, pipe, again[at : at + CHUNK]) for at in range(0, len(again), CHUNK)]
    yield Row(f"entries sequenced a second, {size:,} known lots", mean(rates), "entries/s", "more", 15_000)
    yield from _map_updates(engine, size)
    pipe.send("memory")
    yield Row(f"memory of the sequencer at {size:,} lots", pipe.recv(), "MB", "less", 300)
    yield Row(f"memory of a process that proves, at {size:,} lots", memory_of(), "MB", "less", 300)


def _subject(lot: int) -> Subject:
    return Subject(sha256(b"lot %d" % lot).digest())


def _sequenced(engine: Engine, pipe: Pipe, lots: Sequence[int]) -> float:
    """Entries a second, from the moment they wait until the last is committed under a signed checkpoint."""
    now = time.time_ns() // 1_000_000
    with engine.begin() as connection:
        submit(connection, [
            Submission(MOVEMENT, _subject(lot), StatementHash(random.randbytes(32)), now) for lot in lots
        ])  # fmt: skip
    pipe.send("drain")
    count, seconds = pipe.recv()
    assert count == len(lots), f"expected {len(lots)} entries, got {count}"
    return float(count / seconds)


def _sequence(url: str, pipe: Pipe) -> None:
    """The sequencer in a process of its own, as in the product."""
    engine = db.engine_for(url)
    sequencer = Sequencer(engine, ORIGIN, bytes(range(32)), lambda: time.time_ns() // 1_000_000)
    while (order := pipe.recv()) is not None:
        if order == "memory":
            pipe.send(memory_of())
            continue
        begun, count = perf_counter(), 0
        while added := sequencer.step():
            count += added
        pipe.send((count, perf_counter() - begun))
    sequencer.close()
    engine.dispose()


def _proofs(engine: Engine, size: int) -> Iterator[Row]:
    dice = random.Random(size)
    with engine.connect() as connection:
        signed = checkpoint(connection, size)
        begun = perf_counter()
        proofs = [prove_subject(connection, size, _subject(dice.randrange(size))) for _ in range(PROOFS)]
        made = (perf_counter() - begun) / PROOFS * 1e6
    yield Row(f"a lot of one entry proved from the database, at {size:,}", made, "µs", "less")
    entries = [proof.entries[0] for proof in proofs]
    verified = mean(
        microseconds(lambda e=e: verify_inclusion(e.index, size, leaf_hash(e.entry), e.path, signed.log_root), 20)  # type: ignore[misc]
        for e in entries
    )
    yield Row(f"an inclusion proof verified, at {size:,}", verified, "µs", "less", 100)
    yield Row(f"an inclusion proof, at {size:,}", mean(len(e.path) for e in entries) * 32, "bytes", "less")
    yield Row(f"a lot map proof, at {size:,}", mean(len(p.head.siblings) for p in proofs) * 32, "bytes", "less")
    verified = mean(_map_verified(proof, signed.map_root) for proof in proofs)
    yield Row(f"a lot map proof verified, at {size:,}", verified, "µs", "less")


def _map_verified(proof, map_root: bytes) -> float:  # type: ignore[no-untyped-def]
    entry = proof.entries[0]
    key, value = Subject(entry.entry[2:34]), map_value(1, entry.index, leaf_hash(entry.entry))

    def verify() -> None:
        assert root_from_membership(key, value, proof.head.siblings) == map_root

    return microseconds(verify, 20)


def _map_updates(engine: Engine, size: int) -> Iterator[Row]:
    """The map alone: pages read, paths hashed again, nothing stored."""
    dice = random.Random(3)
    with engine.connect() as connection:
        root = checkpoint(connection).map_place
        memory = PageMemory(64 << 20)
        for batch in (1, 100, 1_000):
            times = []
            for _ in range(5):
                tips = tips_of(connection, {_subject(dice.randrange(size)) for _ in range(batch)})
                later = {key: Tip(size, tip.sequence + 1, tip.leaf_hash, 0) for key, tip in tips.items()}
                changed = map_changes(tips, later)
                pages = StoredPages(connection, memory)
                begun = perf_counter()
                Growth(find(root, changed, pages), changed, PageId(1 << 60)).done()
                times.append(perf_counter() - begun)
                memory.remember(pages.loaded.items())
            yield Row(f"map updates a second in batches of {batch:,}, {size:,} lots", batch / mean(times), "updates/s")
