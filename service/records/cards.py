"""Address cards: where a party, its sites and its partners are, as records describe a location.

A partner is named as movements spell it: a supplier's or customer's name, or the code of a party. A company's card of
itself is seen by every party, as its name is; all others by their owner alone. Of a natural person the trail keeps
that a field changed and not what it was, because the trail is kept for ever.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Literal

from sqlalchemy import Connection, Row, select, text
from sqlalchemy.dialects.postgresql import insert

from service.domain.errors import BadName, UnknownThing
from service.domain.identifiers import check_gln, check_text
from service.models.records import CARD_FACTS, card
from service.models.tables import party, site
from service.people import changes
from service.people.changes import Author

Kind = Literal["party", "site", "partner"]
KINDS = ("party", "site", "partner")
FLAGS = ("natural_person", "consumer")
SHOWN = ("kind", "code", *CARD_FACTS, *FLAGS)

_COUNTRY = re.compile(r"[A-Z]{2}")
_COORDINATES = re.compile(r"-?\d{1,2}\.\d{3,8}, ?-?\d{1,3}\.\d{3,8}")


@dataclass(frozen=True, slots=True)
class Card:
    """`key` names it as `PUT /addresses` does: `partner Clinic 9`. Facts that nobody has said are None."""

    key: str
    facts: Mapping[str, str | None]
    consumer: bool = False
    _made: dict[str, dict[str, Any]] = field(default_factory=dict, compare=False, repr=False)

    def __getitem__(self, fact: str) -> str | None:
        return self.facts.get(fact)

    def kept(self, name: str, make: Callable[[str, "Card"], dict[str, Any]]) -> dict[str, Any]:
        """What `make` makes of the card under this name, made once: thousands of rows speak of the same card."""
        if name not in self._made:
            self._made[name] = make(name, self)
        return self._made[name]


NOWHERE = Card("", {})


def put(connection: Connection, author: Author, kind: Kind, code: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """Make the card or write it anew as a whole; as it is then. Raises UnknownThing, BadName, BadText."""
    _check(connection, author.party_id, kind, code, said)
    known = connection.execute(select(card).where(*_named(author.party_id, kind, code)).with_for_update()).one_or_none()
    values = dict.fromkeys(CARD_FACTS) | dict.fromkeys(FLAGS, False) | dict(said)
    made = insert(card).values(party_id=author.party_id, kind=kind, code=code, **values)
    connection.execute(made.on_conflict_do_update(index_elements=["party_id", "kind", "code"], set_=values))
    _keep_trail(connection, author, known, values, f"{kind} {code}")
    return {"kind": kind, "code": code, **values}


def remove(connection: Connection, author: Author, code: str) -> bool:
    """Whether there was a card of this partner; there is none now. Those of the party and its sites stay."""
    mine = _named(author.party_id, "partner", code)
    gone = connection.execute(card.delete().where(*mine).returning(card.c.natural_person)).one_or_none()
    if gone is None:
        return False
    changes.keep(connection, author, "address", _trailed(f"partner {code}", person=gone.natural_person),
                 {"card": ("kept", None)})  # fmt: skip
    return True


def listed(connection: Connection, party_id: int, kind: str | None, after: str, limit: int) -> list[dict[str, Any]]:
    """The party's own, in the order of `kind code`."""
    named = card.c.kind + " " + card.c.code
    asked = select(*(card.c[name] for name in SHOWN)).where(card.c.party_id == party_id, named.collate("C") > after)
    if kind is not None:
        asked = asked.where(card.c.kind == kind)
    rows = connection.execute(asked.order_by(named.collate("C")).limit(limit))
    return [dict(zip(SHOWN, row, strict=True)) for row in rows]


class Cards:
    """Those that rows speak of, looked up a block at a time and remembered."""

    def __init__(self, connection: Connection, party_id: int) -> None:
        self._connection, self._party_id = connection, party_id
        self._known: dict[str, Card] = {}

    def load(self, wanted: Collection[str]) -> None:
        """Cards by key; the partner who is a party has the card that it made of itself, unless ours says otherwise."""
        new = [key for key in wanted if key not in self._known]
        if new:
            self._known |= {key: Card(key, {}) for key in new}
            for row in self._connection.execute(_WANTED, {"me": self._party_id, "keys": new}):
                self._known[row.key] = _card(row)

    def of(self, kind: Kind, code: str | None) -> Card:
        return self._known.get(f"{kind} {code}", NOWHERE) if code else NOWHERE


def _card(row: Any) -> Card:
    return Card(row.key, {fact: getattr(row, fact) for fact in CARD_FACTS}, bool(row.consumer))


# Without any card a party's and a site's GLN are known, and what they are called; a site is our company's.
_WANTED = text(f"""
    WITH wanted AS (
        SELECT key, split_part(key, ' ', 1) AS kind, substr(key, strpos(key, ' ') + 1) AS code
        FROM unnest(CAST(:keys AS text[])) AS asked (key)
    )
    SELECT w.key, {", ".join(f"coalesce(own.{fact}, told.{fact}) AS {fact}" for fact in CARD_FACTS
                             if fact not in ("name", "gln", "phone"))},
        coalesce(own.phone, told.phone, CASE w.kind WHEN 'site' THEN ours.phone END) AS phone,
        coalesce(own.name, told.name, p.name, CASE w.kind WHEN 'partner' THEN w.code
            WHEN 'site' THEN coalesce(ours.name, me.name) END) AS name,
        coalesce(own.gln, told.gln, s.gln, p.gln) AS gln, coalesce(own.consumer, false) AS consumer
    FROM wanted w JOIN warehouse.party me ON me.id = :me
    LEFT JOIN warehouse.card own ON (own.party_id, own.kind, own.code) = (me.id, w.kind, w.code)
    LEFT JOIN warehouse.card ours ON (ours.party_id, ours.kind, ours.code) = (me.id, 'party', me.code)
    LEFT JOIN warehouse.party p ON w.kind IN ('partner', 'party') AND p.code = w.code
    LEFT JOIN warehouse.card told ON (told.party_id, told.kind, told.code) = (p.id, 'party', p.code)
    LEFT JOIN warehouse.site s ON w.kind = 'site' AND (s.party_id, s.code) = (me.id, w.code)
""")  # noqa: S608


def _named(party_id: int, kind: str, code: str) -> tuple[Any, ...]:
    return card.c.party_id == party_id, card.c.kind == kind, card.c.code == code


def _check(connection: Connection, party_id: int, kind: Kind, code: str, said: Mapping[str, Any]) -> None:
    where = {"party": select(party.c.id).where(party.c.id == party_id, party.c.code == code),
             "site": select(site.c.id).where(site.c.party_id == party_id, site.c.code == code)}  # fmt: skip
    if kind in where and connection.scalar(where[kind]) is None:
        raise UnknownThing(kind, code)
    check_text("code", code)
    for fact in CARD_FACTS:
        if said.get(fact) is not None:
            check_text(fact, said[fact])
    if said.get("gln") is not None:
        check_gln(said["gln"])
    for fact, pattern, expected in (("country", _COUNTRY, "two letters (ISO 3166-1)"),
                                    ("coordinates", _COORDINATES, "latitude and longitude like 30.2741, 120.1551")):
        if said.get(fact) is not None and not pattern.fullmatch(said[fact]):
            raise BadName(fact, expected, said[fact])


def _keep_trail(connection: Connection, author: Author, known: Row[Any] | None, values: dict[str, Any], code: str
                ) -> None:  # fmt: skip
    old = {} if known is None else dict(known._mapping)
    told = {name: (old.get(name), new) for name, new in values.items() if new != old.get(name) and (known or new)}
    person = bool(values["natural_person"] or old.get("natural_person"))
    if person:
        told = {name: pair if name in FLAGS else (None, "changed") for name, pair in told.items()}
    changes.keep(connection, author, "address", _trailed(code, person=person), told)


def _trailed(code: str, *, person: bool) -> str:
    """What the trail calls it: of a person no name."""
    return f"person {sha256(code.encode()).hexdigest()[:16]}" if person else code
