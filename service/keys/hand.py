"""A party's own hand: statements that are signed outside of the service, by a key that it never sees.

Nobody can sign before he knows what. So a request of such a party is carried out twice. The first time all chance in
it is fixed (clock, dice, numbers drawn), and where its transaction would commit, it ends with `SignHere`: undone, with
what is to be signed. The second time the same request brings the chances, sealed, and the signatures. Is the stock
still what it was, the very same bytes come out, the signatures fit, and it commits. Else nothing happens.

    hand = Hand(...); with at_work(hand): ...      in the request's own context; `chances` seals what the second needs

What is recorded so was recorded when it was shown: `now` is that moment, so nobody may take longer than `LIFE`, and
whatever became known of a lot meanwhile refuses it (`service.ledger.recording`).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256, shake_256
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, event

from service.domain.key_errors import BadSignature, Overtaken, TooManyToSign
from service.statements.sdjwt import header_of
from verifier import ed25519
from verifier.errors import Refuted

LIFE = timedelta(minutes=15)
MOST = 64
"""Statements that one request may bring signed: they come in a header."""


@dataclass(frozen=True, slots=True)
class ToSign:
    """`message` is what the signature is over, the first two parts of the JWT; `disclosures` what it discloses."""

    message: bytes
    disclosures: bytes
    public: bytes


class SignHere(Exception):
    """Nothing was recorded: these are to be signed first."""

    def __init__(self, to_sign: Sequence[ToSign]) -> None:
        super().__init__(f"{len(to_sign)} statements to sign")
        self.to_sign = to_sign


@dataclass(slots=True)
class Hand:
    """The chances of one request, transaction by transaction, and the signatures that it brought, if any.

    `expected` is the digest of what these are over. A transaction that is rolled back never was: the next one has its
    number.
    """

    key: str
    now: datetime
    seed: bytes
    drawn: dict[int, list[list[int]]] = field(default_factory=dict)
    given: tuple[bytes, ...] = ()
    expected: bytes | None = None
    clock: Callable[[], datetime] | None = None
    """Of a request that brings no signatures yet: its moment is the beginning of its transaction."""
    number: int = 0
    _dice: int = 0
    _draws: int = 0
    _to_sign: list[ToSign] = field(default_factory=list)

    def begin(self) -> None:
        self.number += 1
        self._dice = self._draws = 0
        self._to_sign = []
        if self.clock is not None:
            self.now = self.clock()

    def undo(self) -> None:
        self.number -= 1

    def random(self, count: int) -> bytes:
        self._dice += 1
        at = self.number.to_bytes(4, "big") + self._dice.to_bytes(8, "big")
        return shake_256(self.seed + at).digest(count)

    def draw(self, ask: Callable[[], list[int]]) -> list[int]:
        """Numbers that a sequence gives only once."""
        drawn = self.drawn.setdefault(self.number, [])
        if self._draws == len(drawn):
            drawn.append(ask())
        self._draws += 1
        return drawn[self._draws - 1]

    def sign(self, to_sign: ToSign) -> bytes:
        """The signature that was brought for it; until all are looked at, in `check`, anything."""
        self._to_sign.append(to_sign)
        if len(self._to_sign) > MOST:
            raise TooManyToSign(MOST)
        number = len(self._to_sign) - 1
        return self.given[number] if number < len(self.given) else bytes(64)

    def check(self) -> None:
        """At the end of a transaction: raises SignHere, BadSignature or Overtaken unless all of it is signed."""
        if not self._to_sign:
            return
        if not self.given:
            raise SignHere(self._to_sign)
        if self.digest() != self.expected:
            raise Overtaken
        for number, (each, signature) in enumerate(zip(self._to_sign, self.given, strict=True), 1):
            try:
                ed25519.verify(each.public, signature, each.message)
            except Refuted:
                raise BadSignature(self.key, number) from None
        self.given = ()  # a later transaction of this request has its own

    def digest(self) -> bytes:
        """Of what is to be signed, in order."""
        return sha256(b"".join(sha256(each.message).digest() for each in self._to_sign)).digest()

    def chances(self) -> bytes:
        """What the second time needs; whoever could write this could choose the time."""
        drawn = {str(number): rows for number, rows in self.drawn.items()}
        told = {"key": self.key, "now": self.now.isoformat(), "seed": self.seed.hex(), "drawn": drawn,
                "digest": self.digest().hex(), "count": len(self._to_sign)}  # fmt: skip
        return orjson.dumps(told)


def again(chances: bytes, given: Sequence[bytes]) -> Hand:
    """The hand of a request that comes back signed; raises BadSignature unless there are as many as were asked for."""
    told = orjson.loads(chances)
    if len(given) != told["count"]:
        raise BadSignature(told["key"], min(len(given), told["count"]) + 1)
    drawn = {int(number): rows for number, rows in told["drawn"].items()}
    return Hand(told["key"], datetime.fromisoformat(told["now"]), bytes.fromhex(told["seed"]), drawn, tuple(given),
                bytes.fromhex(told["digest"]))  # fmt: skip


@dataclass(frozen=True, slots=True)
class OwnKey:
    """A signer whose private half is elsewhere."""

    hand: Hand
    kid: str
    public: bytes

    def header(self, typ: str) -> bytes:
        return header_of(self.kid, typ)

    def sign(self, message: bytes, disclosures: bytes = b"~") -> bytes:
        return self.hand.sign(ToSign(message, disclosures, self.public))


_at_work: ContextVar[Hand | None] = ContextVar("hand", default=None)


def hand_at_work() -> Hand | None:
    """The hand of the request that is carried out here and now; None where the service signs."""
    return _at_work.get()


@contextmanager
def at_work(hand: Hand) -> Iterator[Hand]:
    before = _at_work.set(hand)
    try:
        yield hand
    finally:
        _at_work.reset(before)


def clocked(clock: Callable[[], datetime]) -> Callable[[], datetime]:
    """The time, or the moment of the hand at work."""
    return lambda: clock() if (hand := _at_work.get()) is None else hand.now


def diced(random: Callable[[int], bytes]) -> Callable[[int], bytes]:
    """Randomness, or the dice of the hand at work."""
    return lambda count: random(count) if (hand := _at_work.get()) is None else hand.random(count)


def watch(writer: Engine) -> None:
    """Let nothing be committed over this engine that the hand at work has not signed."""
    event.listen(writer, "begin", _told(Hand.begin))
    event.listen(writer, "rollback", _told(Hand.undo))
    event.listen(writer, "commit", _told(Hand.check))


def _told(tell: Callable[[Hand], None]) -> Callable[[Connection], Any]:
    def listener(_: Connection) -> None:
        if (hand := _at_work.get()) is not None:
            tell(hand)

    return listener
