"""Answers who asks for the proof of a lot: under which checkpoint, how much of it, and when there is none yet."""

import re
from dataclasses import dataclass
from math import ceil
from threading import Lock
from time import monotonic

from flask import Response
from sqlalchemy import Connection, Engine, exists, select, text

import anchoring
from service import standpoint
from service.api.problem import Problem, not_found, shown, try_later
from service.auth.keys import Caller
from service.models.tables import lot as lots
from service.models.tables import party
from service.proof.assemble import NoSuchPart, Part, TooLong, lot_proof
from service.proof.disclosure import Reader
from verifier import uri
from verifier.errors import Refuted

ABSENCES_AT_ONCE = 60
ABSENCES_EACH_SECOND = 1.0
STRANGERS_AT_ONCE, STRANGERS_EACH_SECOND = 10, 0.1  # proofs of absence for one address
MOST_REMEMBERED = 10_000
RETRY_SECONDS = 3
PART = 1000  # entries; a part of this length fits into a file with everything shown
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: a lot, under which anchor (`size` names one, else the newest), and which part of it."""

    lot: str
    final: bool = True
    size: int | None = None
    part: Part | None = None


class Proofs:
    """The proofs of one log."""

    def __init__(self, engine: Engine, origin: str) -> None:
        self._engine, self._origin = engine, origin
        self._absences = Allowance(ABSENCES_AT_ONCE, ABSENCES_EACH_SECOND)
        self._strangers = Allowance(STRANGERS_AT_ONCE, STRANGERS_EACH_SECOND)

    def answer(self, caller: Caller, wanted: Wanted, groups: frozenset[str] | None = None) -> Response:
        """The file as it may be shown to this caller, or no more of it than these groups; raises Problem."""
        check_lot(wanted.lot)
        with standpoint.on("proof"), self._snapshot() as connection:
            file = self._file(connection, _reader(connection, caller, wanted.lot, groups), wanted, caller)
        return _attached(file, wanted)

    def of_party(self, party_id: int, wanted: Wanted, groups: frozenset[str]) -> Response:
        """The file as a party shows it to somebody without a key; a lot that is not in the log is not found."""
        with standpoint.of_parties({party_id}, "proof"), self._snapshot() as connection:
            reader = _party(connection, party_id, wanted.lot, groups)
            return _attached(self._file(connection, reader, wanted, None), wanted)

    def of_stranger(self, address: str, wanted: Wanted) -> Response:
        """The file as somebody without a key gets it: what everybody may see, the absence of a lot included."""
        check_lot(wanted.lot)
        with standpoint.on("proof"), self._snapshot() as connection:
            return _attached(self._file(connection, Reader(sees_all=False), wanted, address), wanted)

    def _snapshot(self) -> Connection:
        """One moment: an anchor that a reorg takes away meanwhile must not tear the file."""
        return self._engine.connect().execution_options(isolation_level="REPEATABLE READ")

    def _file(self, connection: Connection, reader: Reader, wanted: Wanted, caller: Caller | str | None) -> bytes:
        size = wanted.size or _newest(connection, wanted.final)
        try:
            proof = lot_proof(connection, self._origin, size, wanted.lot, reader, wanted.part)
        except TooLong as error:
            detail = f"{error}; ask for parts with size={error.size}&first=1&last={PART}, and so on"
            raise Problem(
                409, "lot-too-long", detail, seen=error.entries, entries=error.entries, size=error.size, part=PART
            ) from None
        except NoSuchPart as error:
            raise Problem(422, "no-such-part", str(error), seen=error.entries) from None
        except anchoring.NotInLedger as error:
            raise Problem(404, "not-found", str(error)) from None
        if not proof.entries:
            self._check_absence(connection, caller, wanted.lot)
        return proof.file

    def _check_absence(self, connection: Connection, caller: Caller | str | None, lot: str) -> None:
        """ "There is no such lot" would be true of the checkpoint and false of the world if the lot was recorded since.

        An absence proof hands over the subject of a neighbour, so a party gets only so many of them,
        and an address (`caller` is a text) far fewer.
        """
        if connection.scalar(select(exists().where(lots.c.uri == lot))):
            raise try_later(
                "not-anchored-yet", "the lot is recorded; its first entry is not anchored yet", RETRY_SECONDS
            )
        if caller is None:
            raise not_found("lot", lot)
        if isinstance(caller, str):
            if not self._strangers.take(caller):
                raise _too_many(STRANGERS_EACH_SECOND)
        elif caller.role == "party" and not self._absences.take(caller.key):
            raise _too_many(ABSENCES_EACH_SECOND)


def _too_many(each_second: float) -> Problem:
    detail = f"expected at most {each_second:g} proofs of absence a second, got more"
    return Problem(429, "too-many-absences", detail, headers={"Retry-After": str(ceil(1 / each_second))})


class Allowance:
    """A bucket for each key: `at_once` tokens, refilled at `each_second`; in this process only."""

    def __init__(self, at_once: int, each_second: float) -> None:
        self._at_once, self._each_second = at_once, each_second
        self._left: dict[str, tuple[float, float]] = {}
        self._lock = Lock()

    def take(self, key: str) -> bool:
        """Whether `key` had a token left."""
        now = monotonic()
        with self._lock:
            self._forget(now)
            left, since = self._left.get(key, (float(self._at_once), now))
            left = min(self._at_once, left + (now - since) * self._each_second)
            self._left[key] = (max(left - 1, 0.0), now) if left >= 1 else (left, now)
            return left >= 1

    def _forget(self, now: float) -> None:
        """Whoever has a full bucket again is as good as new; addresses are many."""
        if len(self._left) >= MOST_REMEMBERED:
            full = self._at_once / self._each_second
            self._left = {key: kept for key, kept in self._left.items() if now - kept[1] < full}


def _newest(connection: Connection, final: bool) -> int:
    newest = anchoring.anchored(connection, final=final)
    if newest is None:
        raise try_later(
            "not-anchored-yet", f"nothing is {'final' if final else 'anchored'} on the chain yet", RETRY_SECONDS
        )
    return newest.size


def _attached(file: bytes, wanted: Wanted) -> Response:
    part = f".{wanted.part.first}-{wanted.part.last}" if wanted.part else ""
    headers = {"Content-Disposition": f'attachment; filename="{file_name(wanted.lot, part)}"'}
    return Response(file, headers=headers, content_type="application/json")


def file_name(lot: str, part: str = "") -> str:
    """By the number of the lot, of letters that every file system has."""
    return f"{_UNSAFE.sub('_', lot.rsplit('/', 1)[-1])[:80]}{part}.lotproof.json"


def check_lot(lot: str) -> None:
    """Raises Problem unless this is the URI of a lot."""
    try:
        uri.check_uri(uri.LOT, lot)
    except Refuted as refuted:
        detail = f"lot: {refuted.what}: expected {shown(str(refuted.expected))}, got {shown(str(refuted.seen))}"
        raise Problem(
            422, "no-lot-uri", detail, expected=str(refuted.expected), seen=shown(str(refuted.seen))
        ) from None


def _reader(connection: Connection, caller: Caller, lot: str, groups: frozenset[str] | None) -> Reader:
    if caller.role in ("auditor", "regulator"):
        return Reader(sees_all=True, groups=groups)
    assert caller.party_id is not None
    return _party(connection, caller.party_id, lot, groups)


def _party(connection: Connection, party_id: int, lot: str, groups: frozenset[str] | None) -> Reader:
    name = connection.scalar(select(party.c.uri).where(party.c.id == party_id))
    return Reader(False, name, was_handed(connection, party_id, lot), groups)


def was_handed(connection: Connection, party_id: int, lot: str) -> bool:
    """Whether the party took over goods of this lot."""
    return bool(connection.scalar(text(_HELD), {"party": party_id, "lot": lot}))


_HELD = """
    SELECT EXISTS (SELECT FROM warehouse.handoff h JOIN warehouse.handoff_line l USING (movement)
        JOIN warehouse.lot t ON t.id = l.lot_id
        WHERE h.receiver_id = :party AND h.state = 'accepted' AND t.uri = :lot)
"""
