"""What the disclosures of a statement say, by group: so that a party can show a lot and keep its customers to itself.

    base        that something happened: type, action, business step, event time; the lot itself; of an erasure, what
                was erased and by which law. Always shown
    state       disposition and quality status
    lot         the lot's own data: dates, manufacturer's lot, traceability lot code
    quantities  how much of this lot, also what was refused or missing
    parties     from whom to whom
    places      where
    documents   orders, invoices, certificates, cases
    names       supplier and customer as they were written
    people      who approved, counted, witnessed; opaque ids
    words       reasons and notes
    rest        everything else, also of other lots

A group is shown or hidden as a whole. Of what speaks of several lots only this lot's part is in a group, the others'
are `rest`. So is what this module does not know: a new property is hidden until somebody thinks about it.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson

from service.statements.sdjwt import b64url
from verifier.encoding import unb64url

BASE = "base"
GROUPS = ("state", "lot", "quantities", "parties", "places", "documents", "names", "people", "words", "rest")

PROFILES: Mapping[str, frozenset[str]] = {
    "public": frozenset({"state", "lot"}),
    "partner": frozenset({"state", "lot", "quantities", "parties", "documents"}),
    "regulator": frozenset(GROUPS),
    "internal": frozenset(GROUPS),
}
"""What is shown beside `base`, if nothing else is said."""

_BY_NAME = {
    **dict.fromkeys(("type", "action", "bizStep", "eventTime", "lotproof:witnessed"), BASE),
    **dict.fromkeys(("lotproof:erased", "lotproof:legalBasis", "lotproof:approved"), BASE),
    **dict.fromkeys(("disposition", "persistentDisposition", "lotproof:qualityStatus"), "state"),
    "ilmd": "lot",
    **dict.fromkeys(("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"), "quantities"),
    **dict.fromkeys(("sourceList", "destinationList"), "parties"),
    **dict.fromkeys(("readPoint", "bizLocation", "parentID", "epcList", "lotproof:pallet"), "places"),
    **dict.fromkeys(("bizTransactionList", "lotproof:certificate", "lotproof:case"), "documents"),
    **dict.fromkeys(("lotproof:supplier", "lotproof:customer"), "names"),
    **dict.fromkeys(("lotproof:witnesses", "lotproof:approvedBy", "lotproof:countedBy"), "people"),
    "lotproof:reason": "words",
}
_OF_ONE_LOT = {"lotproof:lot": "lot", "lotproof:refused": "quantities", "lotproof:missing": "quantities"}
"""Followed by a number, one for each lot; the value's `epcClass` says which."""


@dataclass(frozen=True, slots=True)
class Field:
    """One disclosure: its text, its group, and, of a member, the text of the list it stands in."""

    text: str
    group: str
    within: str | None = None


def fields_of(jwt: str, disclosures: Collection[str], lot: str) -> list[Field]:
    """The disclosures of a statement in the file of this lot, in the order in which they are given."""
    opened = {text: orjson.loads(unb64url(text)) for text in disclosures}
    lots = {each["..."] for each in orjson.loads(unb64url(jwt.split(".")[1]))["lots"]}
    lists = dict(_listed(opened))
    return [_field(text, value, lot, lots, lists, opened) for text, value in opened.items()]


def selected(fields: Collection[Field], groups: Collection[str]) -> list[str]:
    """The disclosures of these groups and of `base`; a list goes with its members, a member never alone."""
    wanted = {BASE, *groups}
    shown = {field.text for field in fields if field.group in wanted and (field.within is None)}
    return [field.text for field in fields if field.group in wanted and (field.within is None or field.within in shown)]


def _listed(opened: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The digest of each member, and the text of the list it stands in."""
    for text, value in opened.items():
        if len(value) == 3 and isinstance(value[2], list):
            yield from ((each["..."], text) for each in value[2] if isinstance(each, dict) and each.keys() == {"..."})


def _field(
    text: str, value: Any, lot: str, lots: Collection[str], lists: Mapping[str, str], opened: Mapping[str, Any]
) -> Field:
    if len(value) == 3:
        return Field(text, group_of(value[1], value[2], lot))
    digest = b64url(sha256(text.encode()).digest()).decode()
    if digest in lots:
        return Field(text, BASE if value[1] == lot else "rest")
    within = lists.get(digest)
    if within is None:
        return Field(text, "rest")
    group = group_of(opened[within][1], None, lot)
    about = value[1].get("epcClass", lot) if isinstance(value[1], dict) else lot
    return Field(text, group if about == lot else "rest", within)


def group_of(name: str, value: Any, lot: str) -> str:
    """The group of a property of an event, in the file of this lot."""
    of_one = _OF_ONE_LOT.get(name.rstrip("0123456789"))
    if of_one is not None:
        return of_one if isinstance(value, dict) and value.get("epcClass") == lot else "rest"
    return _BY_NAME.get(name, "rest")
