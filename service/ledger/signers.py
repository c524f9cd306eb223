"""Who signs for a party: a key that is kept for it here, or its own hand."""

from collections.abc import Iterator, Sequence
from typing import Any

from psycopg import Connection as Driver

from service.domain.key_errors import KeyNotValid
from service.domain.things import Party
from service.keys.hand import Hand, OwnKey, hand_at_work
from service.keys.keyring import Keyring
from service.ledger import queries
from service.statements.sdjwt import Signer


def signers_of(raw: Driver[Any], keyring: Keyring, parties: Sequence[Party]) -> Iterator[tuple[int, Signer]]:
    """By party id; no signer for a party that signs for itself and has no hand in this request. Raises KeyNotValid."""
    known, hand = {party.id: party for party in parties}, hand_at_work()
    for party_id, kid, sealed in raw.execute(queries.NEWEST_KEYS, [[*known]]):
        party = known[party_id]
        if hand is not None:
            yield party_id, _by(hand, raw, party)
        elif sealed is not None:
            yield party_id, keyring.unseal(party.code, kid, sealed)


def _by(hand: Hand, raw: Driver[Any], party: Party) -> OwnKey:
    found = raw.execute(queries.OWN_KEY, [party.id, hand.key]).fetchone()
    if found is None:
        raise KeyNotValid(party.code, hand.key)
    return OwnKey(hand, hand.key, found[0])
