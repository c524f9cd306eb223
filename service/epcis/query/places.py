"""Master data in a question: places within places, and what is known of them, as far as the asker keeps them himself.

`WD_readPoint` and its kin mean a place and whatever lies in it; `HASATTR_` and `EQATTR_` mean the places of which an
attribute is known (CBV 2.0, section 10.3): here `name`, `timeZone` (of a site) and `kind` (of a location), which may
be spelled with the CBV's prefix. Asked before the events are, so that the question is about plain places.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, select

from service.epcis.query.conditions import Attribute, Column, Condition, Question
from service.models.tables import location, party, site
from service.statements.places import location_uri, site_uri

_COLUMNS = {"readPoint": "read_point", "bizLocation": "biz_location"}
_PREFIXES = ("urn:epcglobal:cbv:mda#", "urn:epcglobal:cbv:mda:", "cbvmda:", "lotproof:")


@dataclass(frozen=True, slots=True)
class Place:
    """A site, or a location: `within` are the URIs of what it lies in."""

    uri: str
    within: frozenset[str]
    attributes: dict[str, str]


def resolved(connection: Connection, question: Question, party: int | None) -> Question:
    """The same question about plain places, of this party; None: of all."""
    if not any(_is_open(condition) for condition in question.conditions):
        return question
    known = list(_places(connection, party))
    return replace(question, conditions=tuple(_plain(condition, known) for condition in question.conditions))


def _is_open(condition: Condition) -> bool:
    return condition.comparison == "WD" or isinstance(condition.target, Attribute)


def _plain(condition: Condition, known: Sequence[Place]) -> Condition:
    if isinstance(condition.target, Attribute):
        found = tuple(place.uri for place in known if _has(place, condition.target.name, condition.values))
        return replace(condition, target=Column(_COLUMNS[condition.target.property]), comparison="EQ", values=found)
    if condition.comparison != "WD":
        return condition
    roots = set(condition.values)
    below = [place.uri for place in known if place.within & roots]
    return replace(condition, comparison="EQ", values=tuple(dict.fromkeys((*condition.values, *below))))


def _has(place: Place, name: str, values: Sequence[str]) -> bool:
    """One of these attributes (HASATTR: no name), or this attribute with one of these values."""
    if not name:
        return any(_bare(each) in place.attributes for each in values)
    return place.attributes.get(_bare(name)) in values


def _bare(name: str) -> str:
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    return name


def _places(connection: Connection, of: int | None) -> Iterator[Place]:
    sites = {}
    columns = site.c.id, site.c.code, site.c.name, site.c.zone, site.c.gln, party.c.uri
    asked = select(*columns).join(party, party.c.id == site.c.party_id)
    for row in connection.execute(asked if of is None else asked.where(site.c.party_id == of)):
        uri = site_uri(row.uri, row.code, row.gln)
        sites[row.id] = uri, row.gln
        yield Place(uri, frozenset(), {"name": row.name, "timeZone": row.zone})
    for row in connection.execute(select(location).where(location.c.site_id.in_(sites), location.c.kind != "pallet")):
        uri, gln = sites[row.site_id]
        yield Place(location_uri(uri, row.code, gln), frozenset({uri}), {"name": row.name, "kind": row.kind})
