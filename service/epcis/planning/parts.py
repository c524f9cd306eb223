"""The parts of a command, read from an event: lines, places, documents, dates of lots, what our own extensions say."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from service.domain.commands import Document, Line, NewLotLine
from service.domain.identifiers import DOCUMENT_TYPES
from service.epcis.contexts import prefixes_of
from service.epcis.planning.known import Item, Known
from service.epcis.validation import moment
from service.statements.event import COUNTED, OWN_CONTEXT

MDA = ("urn:epcglobal:cbv:mda:", "urn:epcglobal:cbv:mda")
OWN = OWN_CONTEXT["lotproof"]
EXPIRY = ("itemExpirationDate", "bestBeforeDate", "sellByDate")

Event = Mapping[str, Any]


class NotPlanned(Exception):
    """The event moves stock that we keep, and does not say all that the warehouse must know."""

    def __init__(self, what: str, expected: str, seen: object) -> None:
        super().__init__(f"{what}: expected {expected}, got {seen}")
        self.what, self.expected, self.seen = what, expected, str(seen)


def own(event: Event, name: str) -> Any:
    """What the event says under one of our own names (`lotproof:reason`); None if nothing."""
    return _named(event, event, (OWN,), name)


def place(known: Known, event: Event, *names: str) -> str | None:
    """SITE/LOC of the first of these properties that names a place of the party."""
    for name in names:
        uri = event.get(name, {}).get("id")
        if uri in known.places:
            return known.places[uri]
    return None


def at_our_site(known: Known, event: Event) -> bool:
    """Whether it happens at a place or a site of the party."""
    uris = {event.get(name, {}).get("id") for name in ("readPoint", "bizLocation")}
    return bool(uris & (known.places.keys() | known.sites.keys()))


def needed_place(known: Known, event: Event, *names: str) -> str:
    found = place(known, event, *names)
    if found is None:
        seen = " and ".join(str(event.get(name, {}).get("id")) for name in names)
        raise NotPlanned(" or ".join(names), "a location of yours, not only its site", seen)
    return found


def arrival(known: Known, event: Event) -> str:
    """Where goods come in: a location, or where only the site is told its one dock."""
    found = place(known, event, "bizLocation", "readPoint")
    for name in ("bizLocation", "readPoint"):
        docks = known.docks.get(known.sites.get(event.get(name, {}).get("id"), ""), [])
        if found is None and len(docks) == 1:
            return docks[0]
    return found or needed_place(known, event, "bizLocation", "readPoint")


def when(event: Event) -> datetime:
    """The event's time, in the offset of the place where it happened."""
    sign, hours, minutes = event["eventTimeZoneOffset"][0], *event["eventTimeZoneOffset"][1:].split(":")
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    return moment(event["eventTime"]).astimezone(timezone(-offset if sign == "-" else offset))


def documents(event: Event) -> tuple[Document, ...]:
    return tuple(
        Document(each["type"], each["bizTransaction"])
        for each in event.get("bizTransactionList", ()) if each.get("type") in DOCUMENT_TYPES
    )  # fmt: skip


def lots(known: Known, event: Event, name: str) -> Iterator[tuple[Item, str, str, str]]:
    """(item, lot number, quantity, URI) of each member of a quantity list. Raises NotPlanned."""
    for each in event.get(name, ()):
        found = known.item_and_lot(each["epcClass"])
        if found is None:
            raise NotPlanned(f"{name} epcClass", "a lot of one of your items", each["epcClass"])
        item, lot = found
        if "quantity" not in each:
            raise NotPlanned(f"{name} quantity", "how much of each lot", f"nothing for {each['epcClass']}")
        unit = each.get("uom", COUNTED)
        if unit != item.unit:
            raise NotPlanned(f"{name} uom", f"{item.unit} of {item.code}", unit)
        yield item, lot, _amount(each["quantity"]), each["epcClass"]


def lines(known: Known, event: Event, name: str = "quantityList") -> tuple[Line, ...]:
    return tuple(Line(item.code, lot, amount) for item, lot, amount, _ in lots(known, event, name))


def new_lots(known: Known, event: Event, name: str = "quantityList") -> tuple[NewLotLine, ...]:
    made = []
    for item, lot, amount, uri in lots(known, event, name):
        said = lot_data(event, uri)
        dates = {column: _date(column, said.get(word)) for column, word in _DATES.items()}
        expiry = next((_date(word, said[word]) for word in EXPIRY if word in said), None)
        texts = {column: said.get(word) for column, word in _TEXTS.items()}
        made.append(NewLotLine(item.code, lot, amount, expiry_date=expiry, **dates, **texts))  # type: ignore[arg-type]
    return tuple(made)


_DATES = {"production_date": "productionDate", "retest_date": "retestDate"}
_TEXTS = {"manufacturer_lot": "manufacturerLot", "traceability_lot_code": "traceabilityLotCode",
          "traceability_source": "traceabilitySource"}  # fmt: skip


def lot_data(event: Event, uri: str) -> dict[str, str]:
    """Master data of one lot: the event's `ilmd`, and our own property for this lot, by local names."""
    spoken = prefixes_of(event.get("@context"))
    prefixes = {prefix for prefix, namespace in spoken.items() if namespace in (*MDA, OWN)}
    told = [event.get("ilmd", {})] + [
        value for name, value in event.items()
        if name.partition(":")[0] in prefixes and isinstance(value, Mapping) and value.get("epcClass") == uri
    ]  # fmt: skip
    return {
        name.partition(":")[2]: value for each in told for name, value in each.items()
        if name.partition(":")[0] in prefixes and isinstance(value, str)
    }  # fmt: skip


def party(event: Event, name: str, inner: str) -> str | None:
    """Who gives or takes: the owner, else who has the goods in hand."""
    listed = {each["type"]: each[inner] for each in event.get(name, ())}
    return listed.get("owning_party") or listed.get("possessing_party")


def _named(event: Event, within: Mapping[str, Any], namespaces: tuple[str, ...], local: str) -> Any:
    spoken = prefixes_of(event.get("@context"))
    for name, value in within.items():
        prefix, colon, rest = name.partition(":")
        if colon and rest == local and spoken.get(prefix) in namespaces:
            return value
    return None


def _amount(value: object) -> str:
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _date(what: str, value: str | None) -> date | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        raise NotPlanned(what, "a date YYYY-MM-DD", value) from None
