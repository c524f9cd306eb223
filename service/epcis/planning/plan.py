"""Which command an event is, by type, action and business step: the table, and a small function for each row."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from service.domain import commands as c
from service.epcis.planning.known import Known, Offer
from service.epcis.planning.parts import (
    Event,
    NotPlanned,
    arrival,
    at_our_site,
    documents,
    lines,
    lots,
    needed_place,
    new_lots,
    own,
    party,
    place,
    when,
)

Maker = Callable[[Known, Event, dict[str, Any]], c.Command | None]
HERE = ("readPoint", "bizLocation")
THERE = ("bizLocation", "readPoint")


@dataclass(frozen=True, slots=True)
class Evidence:
    """Kept and logged; it moves none of our stock."""


EVIDENCE = Evidence()


def plan(known: Known, event: Event) -> c.Command | Evidence:
    """Raises NotPlanned where an event moves our stock and does not say what the warehouse must know."""
    make = _MAKERS.get((event["type"], event.get("action"), event.get("bizStep")))
    if make is None or "errorDeclaration" in event or not _is_ours(known, event):
        return EVIDENCE
    common: dict[str, Any] = {"event_time": when(event), "documents": documents(event), "reason": own(event, "reason")}
    return make(known, event, common) or EVIDENCE


def _is_ours(known: Known, event: Event) -> bool:
    """At our place, and of our items by lot: things with serials and items that we do not keep are others' business."""
    named = [each["epcClass"] for name in _QUANTITIES for each in event.get(name, ())]
    pallets = [*event.get("epcList", ()), event.get("parentID")]
    things = any(known.item_and_lot(uri) for uri in named) or any(uri in known.pallets for uri in pallets)
    return things and at_our_site(known, event)


_QUANTITIES = ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList")


def _register(known: Known, event: Event, common: dict[str, Any]) -> c.Command:
    return c.Register(to=arrival(known, event), lines=new_lots(known, event), **common)


def _receive(known: Known, event: Event, common: dict[str, Any]) -> c.Command:
    to, giver = arrival(known, event), party(event, "sourceList", "source")
    if event.get("disposition") == "returned":
        common["reason"] = common["reason"] or "returned"
        return c.TakeBack(to=to, customer=_name(giver, "sourceList"), lines=lines(known, event), **common)
    goods = {uri: amount for _, _, amount, uri in lots(known, event, "quantityList")}
    offer = _offer_of(known, goods, giver)
    if offer is not None:
        return _answer(offer, goods, to, common)
    return c.Receive(to=to, supplier=_name(giver, "sourceList"), lines=new_lots(known, event), **common)


def _offer_of(known: Known, goods: Mapping[str, str], giver: str | None) -> Offer | None:
    """The oldest offer that waits for us and has all of these lots."""
    for offer in known.offers:
        named = {uri for uri, _ in offer.lines}
        if goods.keys() <= named and (giver is None or offer.own or known.partners.get(giver) == (
            known.partners.get(offer.sender))):  # fmt: skip
            return offer
    return None


def _answer(offer: Offer, goods: Mapping[str, str], to: str, common: dict[str, Any]) -> c.Command:
    answers = () if dict(offer.lines) == dict(goods) else tuple(
        c.AnswerLine(number, goods[uri]) for number, (uri, _) in enumerate(offer.lines, 1) if uri in goods)  # fmt: skip
    if offer.own:
        return c.Arrive(transfer=offer.id, to=to, lines=answers, **common)
    return c.Accept(handoff=offer.id, to=to, lines=answers, **common)


def _store(known: Known, event: Event, common: dict[str, Any]) -> c.Command | None:
    """What lies there already was not moved; a pallet goes with all that is on it."""
    from_, to = place(known, event, "readPoint"), place(known, event, "bizLocation")
    pallet = _pallet(known, event.get("epcList", ()))
    if pallet is not None and "quantityList" not in event:
        return c.Relocate(from_=pallet, to=needed_place(known, event, *THERE), **common)
    if from_ is None or to is None:
        raise NotPlanned("readPoint and bizLocation", "from where to where, two locations of yours", f"{from_}, {to}")
    return c.Move(from_=from_, to=to, lines=lines(known, event), **common) if from_ != to else None


def _pick(known: Known, event: Event, common: dict[str, Any]) -> c.Command:
    from_, to = needed_place(known, event, "readPoint"), needed_place(known, event, "bizLocation")
    return c.Pick(from_=from_, to=to, lines=lines(known, event), **common)


def _hold(known: Known, event: Event, common: dict[str, Any]) -> c.Command:
    common["reason"] = common["reason"] or f"EPCIS: {event.get('disposition', 'holding')}"
    return c.Hold(at=needed_place(known, event, *THERE), lines=lines(known, event), **common)


def _release(known: Known, event: Event, common: dict[str, Any]) -> c.Command | None:
    """An inspection releases only if it says who stands for it."""
    approved = own(event, "approvedBy")
    if approved is None:
        return None
    at = needed_place(known, event, *THERE)
    return c.Release(at=at, lines=lines(known, event), approved_by=_people(approved), **common)


def _count(known: Known, event: Event, common: dict[str, Any]) -> c.Command:
    counted = tuple(c.CountLine(item.code, lot, amount) for item, lot, amount, _ in lots(known, event, "quantityList"))
    who, approved = own(event, "countedBy"), own(event, "approvedBy")
    if who is None:
        raise NotPlanned("lotproof:countedBy", "who counted", "nothing")
    approver = approved[0] if isinstance(approved, list) and approved else approved
    return c.Count(at=needed_place(known, event, *THERE), lines=counted, counted_by=str(who), approved_by=approver,
                   **common)  # fmt: skip


def _ship(known: Known, event: Event, common: dict[str, Any]) -> c.Command:
    from_, goods = needed_place(known, event, *HERE), lines(known, event)
    taker = party(event, "destinationList", "destination")
    if event.get("disposition") == "returned":
        common["reason"] = common["reason"] or "returned"
        return c.Return(from_=from_, supplier=_name(taker, "destinationList"), lines=goods, **common)
    site = _own_site(known, event)
    if site is not None:
        return c.Send(from_=from_, to_site=site, lines=goods, **common)
    if taker in known.partners:
        return c.Offer(from_=from_, to_party=known.partners[taker], lines=goods, **common)
    return c.Ship(from_=from_, customer=_name(taker, "destinationList"), lines=goods, **common)


def _own_site(known: Known, event: Event) -> str | None:
    """Goods that go to a site of our own are sent there."""
    for each in event.get("destinationList", ()):
        uri = each["destination"]
        if each["type"] == "location" and (uri in known.sites or uri in known.places):
            return known.sites.get(uri) or known.places[uri].partition("/")[0]
    return None


def _destroy(known: Known, event: Event, common: dict[str, Any]) -> c.Command:
    said = {name: own(event, name) for name in ("witnesses", "certificate", "approvedBy")}
    missing = [f"lotproof:{name}" for name, value in said.items() if value is None]
    if missing:
        raise NotPlanned("a destruction", ", ".join(missing), "none of these" if len(missing) == 3 else "not all")
    return c.Destroy(
        from_=needed_place(known, event, *HERE), lines=lines(known, event), witnesses=_people(said["witnesses"]),
        certificate=str(said["certificate"]), approved_by=_people(said["approvedBy"]), **common,
    )  # fmt: skip


def _pack(known: Known, event: Event, common: dict[str, Any]) -> c.Command:
    pallet = event.get("parentID", "").rpartition("/00/")[2]
    if not pallet:
        raise NotPlanned("parentID", "the SSCC of a pallet", event.get("parentID"))
    goods = lines(known, event, "childQuantityList")
    return c.Pack(at=needed_place(known, event, *HERE), pallet=pallet, lines=goods, **common)


def _unpack(known: Known, event: Event, common: dict[str, Any]) -> c.Command:
    pallet = _pallet(known, [event.get("parentID", "")])
    if pallet is None:
        raise NotPlanned("parentID", "a pallet of yours", event.get("parentID"))
    return c.Unpack(from_=pallet, lines=lines(known, event, "childQuantityList"), **common)


def _transform(known: Known, event: Event, common: dict[str, Any]) -> c.Command:
    """One lot into several of its item is a split, several into one a merge, whatever else is made a production."""
    at = needed_place(known, event, *HERE)
    consumed = lines(known, event, "inputQuantityList")
    made = new_lots(known, event, "outputQuantityList")
    if not consumed or not made:
        raise NotPlanned("inputQuantityList and outputQuantityList", "lots that go in and lots that come out",
                         f"{len(consumed)} and {len(made)}")  # fmt: skip
    if event.get("bizStep") == "repackaging" and len({line.item for line in (*consumed, *made)}) == 1:
        if len(consumed) == 1:
            outputs = tuple(c.Output(each.lot, each.quantity) for each in made)
            return c.Split(at=at, item=consumed[0].item, lot=consumed[0].lot, outputs=outputs, **common)
        if len(made) == 1:
            return c.Merge(at=at, lines=consumed, lot=made[0].lot, **common)
    kind = {"repackaging": c.Repack, "repairing": c.Rework}.get(str(event.get("bizStep")), c.Produce)
    return kind(at=at, lines=consumed, outputs=made, **common)


def _pallet(known: Known, epcs: Any) -> str | None:
    return next((known.pallets[epc] for epc in epcs if epc in known.pallets), None)


def _name(uri: str | None, what: str) -> str:
    if uri is None:
        raise NotPlanned(what, "an owning_party or possessing_party", "nothing")
    return uri


def _people(said: Any) -> tuple[str, ...]:
    return tuple(str(each) for each in said) if isinstance(said, list) else (str(said),)


_SEEN: dict[str, Maker] = {
    **dict.fromkeys(("receiving", "accepting"), _receive),
    **dict.fromkeys(("storing", "stocking", "staging_outbound"), _store),
    "picking": _pick, "holding": _hold, "inspecting": _release,
    **dict.fromkeys(("cycle_counting", "stock_taking"), _count),
    "shipping": _ship,
}  # fmt: skip
_MAKERS: dict[tuple[str, str | None, str | None], Maker] = {
    **{("ObjectEvent", "OBSERVE", step): maker for step, maker in _SEEN.items()},
    ("ObjectEvent", "ADD", "commissioning"): _register,
    ("ObjectEvent", "ADD", "creating_class_instance"): _register,
    ("ObjectEvent", "ADD", "receiving"): _receive,
    ("ObjectEvent", "DELETE", "destroying"): _destroy,
    ("AggregationEvent", "ADD", "packing"): _pack,
    ("AggregationEvent", "DELETE", "unpacking"): _unpack,
    **{("TransformationEvent", None, step): _transform
       for step in (None, "commissioning", "repackaging", "repairing", "assembling", "creating_class_instance")},
}  # fmt: skip
