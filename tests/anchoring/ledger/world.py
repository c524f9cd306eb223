"""A ledger to play with: submissions made from small numbers, a clock to set, and the audit that ends every test."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import count, pairwise

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, select

import anchoring
from anchoring import tables
from anchoring.prover import consistency_path
from anchoring.sequencer import Sequencer
from anchoring.submissions import Submission, submit
from tests.anchoring.ledger import reference
from verifier.audit import audit, read_entries
from verifier.hashing import StatementHash, Subject
from verifier.merkle import verify_consistency
from verifier.policy import NamedKey, Policy
from verifier.report import Verdict

ORIGIN = "log.example.com/lotproof"
SEED = bytes(range(32))
POLICY = Policy(
    origin=ORIGIN,
    log_keys=(NamedKey(ORIGIN, Ed25519PrivateKey.from_private_bytes(SEED).public_key().public_bytes_raw()),),
    chain_id=1,
    genesis=bytes(32),
    contract="0x" + "00" * 20,
    code_hash=bytes(32),
    epoch=0,
    rotations=0,
    max_age=86400,
)

_statements = count(1)


def lot(number: int) -> Subject:
    return Subject(sha256(b"lot %d" % number).digest())


def new_statement() -> StatementHash:
    return StatementHash(sha256(b"statement %d" % next(_statements)).digest())


def about(*lots: int, at: int = 1000) -> list[Submission]:
    """One statement about these lots."""
    statement = new_statement()
    return [Submission(1, lot(number), statement, at) for number in lots]


@dataclass
class Ledger:
    """The ledger in one database."""

    engine: Engine
    now: int = 1_790_000_000_000
    statements: list[StatementHash] = field(default_factory=list)

    def sequencer(self, **options: object) -> Sequencer:
        return Sequencer(self.engine, ORIGIN, SEED, lambda: self.now, **options)  # type: ignore[arg-type]

    def submit(self, *statements: Iterable[Submission]) -> None:
        submissions = [each for statement in statements for each in statement]
        with self.engine.begin() as connection:
            submit(connection, submissions)
        self.statements += dict.fromkeys(each.statement_hash for each in submissions)

    def submit_many(self, number: int, lots: int = 20) -> None:
        self.submit(*(about(n % lots) for n in range(number)))

    def waiting(self) -> int:
        with self.engine.connect() as connection:
            return connection.execute(select(tables.submission.c.id)).rowcount

    def order(self) -> list[StatementHash]:
        """The statements in the order of the log."""
        with self.engine.connect() as connection:
            rows = connection.execute(select(tables.entry.c.statement_hash).order_by(tables.entry.c.index))
            return [StatementHash(row[0]) for row in rows]

    def sizes(self) -> list[int]:
        """The sizes of all checkpoints."""
        with self.engine.connect() as connection:
            size = tables.checkpoint.c.size
            return list(connection.execute(select(size).order_by(size)).scalars())

    def audit(self) -> list[bytes]:
        """What must hold at the end of every test; the entries."""
        missing = set(self.statements) - set(self.order())
        assert not missing or self.waiting(), f"{len(missing)} statements are lost"
        if not self.sizes():
            return []
        report = audit(self, POLICY)
        wrong = [(a.check, a.why()) for a in report.answers if a.check != 7 and a.verdict is not Verdict.YES]
        assert not wrong, wrong
        entries = list(read_entries(self, self.sizes()[-1]))
        self._audit_history(entries)
        return entries

    def _audit_history(self, entries: list[bytes]) -> None:
        """Every checkpoint, not only the newest, follows from the entries below it, and extends the one before."""
        leaves = [reference.sha(b"\x00", entry) for entry in entries]
        with self.engine.connect() as connection:
            signed = [anchoring.checkpoint(connection, size) for size in self.sizes()]
            for each in signed:
                assert each.log_root == reference.log_root(leaves[: each.size])
                assert each.map_root == reference.map_root(reference.map_of(entries[: each.size]))
            for old, new in pairwise(signed):
                path = consistency_path(connection, old.size, new.size)
                verify_consistency(old.size, new.size, old.log_root, new.log_root, path)
                assert old.signed_at <= new.signed_at

    # The log as the audit reads it, through the door.

    def checkpoint(self) -> str:
        with self.engine.connect() as connection:
            return anchoring.checkpoint(connection).note

    def tile(self, level: int, number: int, width: int) -> bytes:
        with self.engine.connect() as connection:
            return anchoring.tile_bytes(connection, level, number, width)

    def entries(self, number: int, width: int) -> bytes:
        with self.engine.connect() as connection:
            return anchoring.entry_bundle_bytes(connection, number, width)


def drain(sequencer: Sequencer, limit: int = 5000) -> int:
    """Sequence all that waits."""
    return sum(_until_nothing(sequencer, limit))


def _until_nothing(sequencer: Sequencer, limit: int) -> Iterator[int]:
    while sequenced := sequencer.step(limit):
        yield sequenced
