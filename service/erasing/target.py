"""What of a movement an erasure would take: the disclosure, the parts of the request, the words themselves."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Connection, text

from service.domain.erasable import Erasable, NotErasable, NothingToErase, check_movement, erasable
from service.domain.errors import UnknownThing
from service.ledger.commitments import is_erased, said
from service.statements.event import document_uri
from service.statements.reading import decoded, digest_of, parts_of


@dataclass(frozen=True, slots=True)
class Target:
    """`parts` are names as in `service.ledger.commitments`; `words`: what is to go, wherever it stands."""

    movement: Any
    digest: str
    parts: tuple[str, ...]
    words: tuple[str, ...]

    @property
    def left(self) -> str:
        """The disclosures without the one that goes."""
        left = [each for each in parts_of(self.movement.disclosures) if digest_of(each) != self.digest]
        return "~".join(("", *left, ""))


def movement_of(connection: Connection, party_id: int, id: UUID) -> Any:
    """One of the party's own; raises UnknownThing."""
    found = connection.execute(_MOVEMENT, {"party": party_id, "id": id}).one_or_none()
    if found is None:
        raise UnknownThing("movement", str(id))
    return found


def target_of(movement: Any, property: str) -> Target:
    """Raises NotErasable for what never goes, and NothingToErase for what is not there, or not any more."""
    wanted = erasable(property)
    check_movement(movement.type, movement.stands_in)
    digest, value = digest_and_value(movement.disclosures, wanted, property)
    parts = tuple(_parts(movement, wanted, value))
    known = orjson.loads(movement.parts or "{}")
    if not parts or any(part not in known for part in parts):
        expected, seen = "one recorded with salts for what may be erased", "one from before there were any"
        raise NotErasable("movement", expected, seen)
    told = orjson.loads(movement.content)
    words = tuple(dict.fromkeys(word for part in parts for word in _words(said(told, part))))
    return Target(movement, digest, parts, words)


def digest_and_value(disclosures: str, wanted: Erasable, property: str) -> tuple[str, Any]:
    """Digest and value of what is to go; raises NothingToErase."""
    shown = {digest_of(each): decoded(each)[1:] for each in parts_of(disclosures)}
    named = {value[0]: (digest, value[1]) for digest, value in shown.items() if len(value) == 2}
    if wanted.document is None:
        if wanted.name in named:
            return named[wanted.name]
        raise NothingToErase("a property that the statement still discloses", property)
    members = named[wanted.name][1] if wanted.name in named else []
    if wanted.document < len(members) and (digest := members[wanted.document]["..."]) in shown:
        return digest, shown[digest][0]
    expected = f"one of the {len(members)} members of {wanted.name} that the statement still discloses"
    raise NothingToErase(expected, property)


def _parts(movement: Any, wanted: Erasable, value: Any) -> Iterator[str]:
    """A document that was named twice in the request stands once in the statement."""
    if wanted.document is None:
        yield wanted.member
        return
    known = orjson.loads(movement.parts or "{}")
    for number, each in enumerate(orjson.loads(movement.content)["documents"]):
        name = f"documents/{number}"
        if name in known and not is_erased(known[name]):
            uri = document_uri(movement.party_uri, each["type"], each["id"])
            if {"type": each["type"], "bizTransaction": uri} == value:
                yield name


def _words(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


_MOVEMENT = text("""
    SELECT m.number, m.id, m.type, m.statement_hash, m.content, m.parts, m.lots, d.disclosures, p.uri AS party_uri,
        array_remove(ARRAY[
            CASE WHEN EXISTS (SELECT FROM warehouse.case_movement c WHERE c.movement = m.number)
                OR m.content::json ->> 'case' IS NOT NULL THEN 'a quarantine case' END,
            CASE WHEN EXISTS (SELECT FROM warehouse.count_line l WHERE l.movement = m.number) THEN 'a count' END,
            CASE WHEN EXISTS (SELECT FROM warehouse.pick k WHERE k.movement = m.number) THEN 'a pick list' END
        ], NULL) AS stands_in
    FROM warehouse.movement m JOIN warehouse.disclosure d USING (statement_hash)
    JOIN warehouse.party p ON p.id = m.party_id
    WHERE m.party_id = :party AND m.id = :id
""")
