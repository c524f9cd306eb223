"""Requests of a party that signs for itself: refused once with what is to be signed, carried out when it comes back.

    Lotproof-Key        which of its keys signs; without it, the party's only key
    Lotproof-Prepared   the `prepared` of the refusal, as it was given
    Lotproof-Signature  one signature for each of its `statements`, in order, base64url, comma between

The refusal is 409 `sign-this`. A party whose keys are all kept here is asked for nothing of this.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from cryptography.exceptions import InvalidTag
from flask import request

from service.api.problem import Problem
from service.auth.keys import Caller
from service.domain.key_errors import Overtaken
from service.keys.hand import LIFE, Hand, SignHere, again, at_work
from service.keys.keyring import Keyring
from verifier.encoding import b64url, unb64url
from verifier.errors import Refuted

KEY, PREPARED, SIGNATURE = "Lotproof-Key", "Lotproof-Prepared", "Lotproof-Signature"
READS = ("GET", "HEAD", "OPTIONS")
_KID = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


class Hands:
    """Makes the hand of a request; what it hands out to be signed is sealed by `keyring`."""

    def __init__(self, keyring: Keyring, clock: Callable[[], datetime], random: Callable[[int], bytes]) -> None:
        self._keyring, self._clock, self._random = keyring, clock, random

    @contextmanager
    def of(self, caller: Caller) -> Iterator[None]:
        """While the current request is carried out for this caller."""
        party = caller.party
        hand = None if party is None or request.method in READS else self._hand(caller, party)
        if hand is None or party is None:
            yield
            return
        with at_work(hand):
            try:
                yield
            except SignHere as shown:
                raise self._sign_this(party, hand, shown) from None

    def _hand(self, caller: Caller, party: str) -> Hand | None:
        prepared = request.headers.get(PREPARED)
        if prepared is not None:
            return self._again(party, prepared)
        key = request.headers.get(KEY, caller.own_key)
        if key is None:
            return None
        if not _KID.fullmatch(key):
            raise _wrong(KEY, "the thumbprint of a key, 43 characters of base64url")
        return Hand(key, self._clock(), self._random(32), clock=self._clock)

    def _again(self, party: str, prepared: str) -> Hand:
        try:
            chances = self._keyring.open_note(party, unb64url(prepared))
        except (Refuted, InvalidTag, ValueError):
            raise _wrong(PREPARED, "`prepared` as it was given to this party") from None
        try:
            given = [unb64url(each.strip()) for each in request.headers.get(SIGNATURE, "").split(",")]
        except Refuted:
            raise _wrong(SIGNATURE, "signatures in base64url, a comma between") from None
        hand = again(chances, given)
        if not hand.now <= self._clock() <= hand.now + LIFE:
            raise Overtaken
        return hand

    def _sign_this(self, party: str, hand: Hand, shown: SignHere) -> Problem:
        number = len(shown.to_sign)
        statements = [
            {"signing_input": each.message.decode(), "disclosures": each.disclosures.decode()} for each in shown.to_sign
        ]
        detail = (
            f"{party} signs for itself: sign the {number} statement{'s' if number > 1 else ''} with {hand.key} and send"
            f" the request again with {PREPARED} and {SIGNATURE}"
        )
        return Problem(
            409, "sign-this", detail, key=hand.key, expires_at=hand.now + LIFE, statements=statements,
            prepared=b64url(self._keyring.seal_note(party, hand.chances())),
        )  # fmt: skip


def _wrong(header: str, expected: str) -> Problem:
    return Problem(422, "wrong-header", f"{header}: expected {expected}, got something else", expected=expected)
