"""What a dishonest operator can do who holds every key of the service: the log's, the anchorer's and the key store's.

Everything here goes through the product's own writers, on private copies: the records are well-formed, sequenced and
signed by the real log key, and (on a copy of the chain) really anchored. Only their meaning is a lie.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from os import urandom
from threading import Event, Thread
from time import monotonic, sleep
from uuid import uuid4

from sqlalchemy import Connection, Engine, insert, text

import anchoring
from service.demo.lies import superuser
from service.demo.lies.copies import NoCopy
from service.demo.lies.forgery import signed_anew
from service.domain.commands import Command
from service.keys.keyring import Keyring, SigningKey
from service.keys.statement import key_statement
from service.ledger.adding import driver
from service.ledger.recording import record
from service.ledger.requests import MovementRequest, Recorded, Scribe
from service.ledger.write import keep_statements, statement_row
from service.local.node import Node
from service.models.tables import party_key
from service.proof.assemble import lot_proof
from service.proof.disclosure import Reader
from service.settings import Settings
from verifier import uri
from verifier.entry import PARTY_KEY

FINAL_WITHIN = 15.0


@dataclass(frozen=True, slots=True)
class Operator:
    """The operator at work in a copy of the database, with the settings, and so the keys, of the true service."""

    engine: Engine
    settings: Settings

    def proof_of(self, lot: str) -> bytes:
        """The file of `lot` as this database tells it, everything shown."""
        with self.engine.connect() as connection:
            newest = anchoring.anchored(connection, final=True)
            assert newest is not None, "the copy has a final anchor"
            return lot_proof(connection, self.settings.origin, newest.size, lot, Reader(sees_all=True)).file

    def call_it_compared(self) -> None:
        """Nothing is recorded on a copy that was not compared with the chain; who owns the database may say it was."""
        with self.engine.begin() as connection:
            anchoring.admit(connection, 0, None, "an operator who lies", milliseconds())

    def record(self, party: str, command: Command, clock: Callable[[], datetime]) -> None:
        """Record a movement in the party's name, signed with its newest key, at whatever time the clock shows."""
        (outcome,) = record(self.engine, self._scribe(clock), [MovementRequest(party, "operator", uuid4(), command)])
        assert isinstance(outcome, Recorded), outcome

    def slip_in_key(self, party: str) -> None:
        """A key statement for `party` that names a new key and is signed by that key itself."""
        scribe, key = self._scribe(now), SigningKey.of_seed(urandom(32))
        with self.engine.begin() as connection:
            last = connection.execute(text(_NEWEST_KEY), {"party": party}).one()
            id, at = uuid4(), milliseconds()
            statement = key_statement(
                key, [key.public], issuer=last.uri, id=id, issued_at=at // 1000, origin=scribe.origin,
                sequence=last.sequence + 1, previous=last.statement_hash,
            )  # fmt: skip
            connection.execute(insert(party_key).values(
                party_id=last.party_id, sequence=last.sequence + 1, kid=key.kid, public=key.public,
                sealed=scribe.keyring.seal(party, key), statement_hash=statement.statement_hash,
            ))  # fmt: skip
            keep_statements(driver(connection), [statement_row(statement, last.party_id, id, PARTY_KEY)])
            subject = uri.subject(uri.PARTY, scribe.origin, last.uri)
            anchoring.submit(connection, [anchoring.Submission(PARTY_KEY, subject, statement.statement_hash, at)])

    def sequence(self) -> None:
        """Give all that waits its place, and sign the checkpoint with the log's key."""
        log_key = _needed(self.settings.log_key)
        sequencer = anchoring.Sequencer(self.engine, self.settings.origin, log_key, milliseconds)
        while sequencer.step():
            pass
        sequencer.close()

    def anchor(self, chain: Node) -> None:
        """Anchor on `chain` as the worker does, until the newest checkpoint is final there."""
        stop = Event()
        worker = Thread(target=anchoring.Worker(self._worker_settings(chain)).run, args=(stop,))
        worker.start()
        try:
            deadline = monotonic() + FINAL_WITHIN
            while not self._all_final():
                if monotonic() > deadline:
                    raise NoCopy(f"nothing became final on the copy of the chain{self._alarms()}")
                chain.rpc("evm_mine")
                sleep(0.05)
        finally:
            stop.set()
            worker.join()

    def rewrite(self, movement: str, lot: str, quantity: int, left_out: str) -> None:
        """Another history: one movement says another quantity, another one never happened; the log begins anew with it.

        The party's key is in the operator's keeping and the log's key is his, so everything in it is signed validly.
        """
        with self.engine.begin() as connection:
            entries = connection.execute(text(_ENTRIES)).all()
            was = connection.execute(text(_SIGNED), {"movement": movement}).one()
            gone = connection.execute(text(_SIGNED), {"movement": left_out}).one().statement_hash
            key = Keyring(_needed(self.settings.kek)).unseal(was.code, was.kid, was.sealed)
            forged = signed_anew(was.jwt, was.disclosures, key, lot, quantity)
            superuser.replace_statement(connection, was.statement_hash, forged)
            superuser.forget_the_log(connection)
            for entry in entries:
                if entry.statement_hash != gone:
                    same = entry.statement_hash != was.statement_hash
                    hashed = entry.statement_hash if same else forged.statement_hash
                    _resubmit(connection, entry.kind, entry.subject, hashed, entry.recorded_at)
        self.sequence()

    def _scribe(self, clock: Callable[[], datetime]) -> Scribe:
        return Scribe(self.settings.origin, Keyring(_needed(self.settings.kek)), clock, urandom)

    def _worker_settings(self, chain: Node) -> "anchoring.WorkerSettings":
        url = self.engine.url.render_as_string(hide_password=False)
        pace = anchoring.ChainSettings(finality=self.settings.finality, min_interval=0, poll=50)
        keys = _needed(self.settings.log_key), _needed(self.settings.anchorer_key)
        return anchoring.WorkerSettings(url, self.settings.origin, keys[0], (chain.url,), keys[1], pace)

    def _alarms(self) -> str:
        with self.engine.connect() as connection:
            return "".join(f"; {alarm.kind.title}: {alarm.detail}" for alarm in anchoring.status(connection).alarms)

    def _all_final(self) -> bool:
        with self.engine.connect() as connection:
            state = anchoring.status(connection)
        final = state.final_anchor
        return not state.waiting and final is not None and final.size == state.entries


def now() -> datetime:
    return datetime.now(UTC)


def milliseconds() -> int:
    return int(now().timestamp() * 1000)


def yesterday() -> datetime:
    """A clock that was put back."""
    return now() - timedelta(days=1)


def _needed(key: bytes | None) -> bytes:
    assert key is not None, "these lies are those of somebody who holds all keys"
    return key


def _resubmit(connection: Connection, kind: int, subject: bytes, statement_hash: bytes, recorded_at: int) -> None:
    anchoring.submit(connection, [anchoring.Submission(kind, subject, statement_hash, recorded_at)])


_NEWEST_KEY = """
SELECT k.party_id, k.sequence, k.statement_hash, p.uri FROM warehouse.party_key k
JOIN warehouse.party p ON p.id = k.party_id WHERE p.code = :party ORDER BY k.sequence DESC LIMIT 1
"""

_ENTRIES = "SELECT kind, subject, statement_hash, recorded_at FROM ledger.entry ORDER BY index"

_SIGNED = """
SELECT s.statement_hash, s.jwt, d.disclosures, p.code, k.kid, k.sealed
FROM warehouse.movement m
JOIN warehouse.statement s ON s.statement_hash = m.statement_hash
JOIN warehouse.disclosure d ON d.statement_hash = m.statement_hash
JOIN warehouse.party p ON p.id = m.party_id
JOIN warehouse.party_key k ON k.party_id = p.id AND k.sequence = 1
WHERE m.id = :movement
"""
