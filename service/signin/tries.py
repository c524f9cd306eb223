"""How often somebody may try: each failure makes the next try wait, longer and longer, and never for ever.

Three are counted: tries of a person from an address, all from an address, all of a person from wherever. The last does
not count for an address from which that person signed in of late: who guesses elsewhere cannot keep the person out.
A try is counted *before* the password is looked at, so that a hundred at once are a hundred; it is taken back when it
succeeds. While somebody must wait nothing is counted, so trying on does not make it longer.

What is kept is a hash of who tries, for a day: neither names nor addresses.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from ipaddress import IPv6Address, ip_address
from math import ceil
from typing import Literal

from sqlalchemy import Connection, text

from service.api.problem import Problem

FORGOTTEN = timedelta(days=1)
REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Subject:
    """`free` failures cost nothing; each further one doubles the wait, from one second up to `longest`."""

    kind: Literal["pair", "address", "person"]
    who: str
    free: int
    longest: int

    @property
    def hash(self) -> bytes:
        return sha256(f"{self.kind}\0{self.who}".encode()).digest()


def subjects(party: str, person: str, address: str, known: bool) -> tuple[Subject, ...]:
    """Whoever is counted when this is tried; `known`: the person signed in from there of late."""
    place, name = network(address), f"{party}/{person}"
    counted = (Subject("pair", f"{name}\0{place}", 4, 300), Subject("address", place, 30, 60))
    return counted if known else (*counted, Subject("person", name, 30, 60))


def network(address: str) -> str:
    """Of IPv6 the /64: who has one address of it has them all."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or int(found) >> 64)
    return str(found)


class MustWait(Exception):
    """This one, until then; nothing may be committed."""

    def __init__(self, subject: Subject, until: datetime) -> None:
        super().__init__(subject.kind)
        self.subject, self.until = subject, until

    def problem(self, now: datetime) -> Problem:
        seconds = max(1, ceil((self.until - now).total_seconds()))
        detail = f"too many failed attempts: try again in {seconds} s"
        return Problem(429, "wait", detail, headers={"Retry-After": str(seconds)}, retry_after=seconds)


class Waiting:
    """Who must wait, as far as this process was told: they are sent away without asking the database, so that a flood
    takes next to nothing from the others.
    """

    def __init__(self) -> None:
        self._until: dict[bytes, MustWait] = {}

    def check(self, counted: Sequence[Subject], now: datetime) -> None:
        """Raises MustWait."""
        for each in counted:
            told = self._until.get(each.hash)
            if told is not None and told.until > now:
                raise told

    def note(self, told: MustWait) -> None:
        if len(self._until) >= REMEMBERED:
            self._until.clear()
        self._until[told.subject.hash] = told


def take(connection: Connection, counted: Sequence[Subject], now: datetime) -> None:
    """Count one try of each; raises MustWait."""
    connection.execute(_FORGET, {"before": now - FORGOTTEN})
    for each in sorted(counted, key=lambda subject: subject.hash):  # in one order, or two would wait for each other
        asked = {"subject": each.hash, "free": each.free, "longest": each.longest, "now": now}
        if connection.execute(_TAKE, asked).one_or_none() is None:
            raise MustWait(each, connection.execute(_UNTIL, asked).scalar_one())


def give_back(connection: Connection, counted: Sequence[Subject]) -> None:
    """It succeeded. Of an address it takes back this one try only: who has one account may still be guessing others."""
    for each in sorted(counted, key=lambda subject: subject.hash):
        connection.execute(_ONE_LESS if each.kind == "address" else _CLEAR, {"subject": each.hash})


def undo(connection: Connection, counted: Sequence[Subject]) -> None:
    """It was no try after all."""
    for each in sorted(counted, key=lambda subject: subject.hash):
        connection.execute(_ONE_LESS, {"subject": each.hash})


_DUE = (
    "a.last_at + make_interval(secs => CASE WHEN a.failures <= :free THEN 0"
    " ELSE least(:longest, power(2, least(a.failures - :free - 1, 20))) END)"
)
_TAKE = text(
    "INSERT INTO warehouse.sign_in_try AS a (subject, failures, last_at) VALUES (:subject, 1, :now)"  # noqa: S608 - constants
    " ON CONFLICT (subject) DO UPDATE SET failures = a.failures + 1, last_at = :now"
    f" WHERE a.failures <= :free OR {_DUE} <= :now RETURNING failures"  # two clocks, or threads, may differ
)
_UNTIL = text(f"SELECT {_DUE} FROM warehouse.sign_in_try a WHERE subject = :subject")  # noqa: S608
_FORGET = text("DELETE FROM warehouse.sign_in_try WHERE last_at < :before")
_CLEAR = text("DELETE FROM warehouse.sign_in_try WHERE subject = :subject")
_ONE_LESS = text("UPDATE warehouse.sign_in_try SET failures = greatest(failures - 1, 0) WHERE subject = :subject")
