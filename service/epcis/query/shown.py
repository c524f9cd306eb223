"""What a reader gets of an event to whom one of its lots was handed: what everybody may know of goods he has in hand.

The rule is that of proofs (`service.proof.disclosure`, profile `public`): history travels with the goods, quantities,
places, parties and documents do not. Neither does what the event says of other lots, nor its id, by which others name
it. The lots are named in a property of our own too: an event of one kind may have no list in which they could stand.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from service.proof.fields import BASE, PROFILES, group_of

OWN_LOTS = "lotproof:lots"
_GROUPS = {BASE, *PROFILES["public"]}
_LISTS = {"ObjectEvent": "quantityList", "TransactionEvent": "quantityList", "AggregationEvent": "childQuantityList",
          "AssociationEvent": "childQuantityList"}  # fmt: skip
_ALWAYS = ("recordTime", "eventTimeZoneOffset")
_CLASSES = ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList")
_EPCS = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")


def of_lots(event: Mapping[str, Any], lots: Sequence[str]) -> dict[str, Any]:
    """The part of a canonical event that is shown of these lots; still an event, if a meagre one."""
    shown = {name: value for name, value in event.items() if _is_shown(name, value, lots)}
    if _names_others(event, lots):
        shown.pop("ilmd", None)
    if event["type"] in _LISTS:
        shown[_LISTS[event["type"]]] = [{"epcClass": lot} for lot in lots]
    context = event.get("@context", [{}])[0]
    used = {name.partition(":")[0] for name in (*shown, OWN_LOTS)} | {"cbvmda"}
    declared = {prefix: uri for prefix, uri in {**_OWN, **context}.items() if prefix in used}
    return {"@context": [declared], **shown, OWN_LOTS: list(lots)}


def _is_shown(name: str, value: Any, lots: Collection[str]) -> bool:
    return name in _ALWAYS or any(group_of(name, value, lot) in _GROUPS for lot in lots)


def _names_others(event: Mapping[str, Any], lots: Collection[str]) -> bool:
    classes = {each["epcClass"] for name in _CLASSES for each in event.get(name, ())}
    return bool(classes - set(lots)) or any(event.get(name) for name in _EPCS)


_OWN = {"lotproof": "urn:lotproof:epcis:"}
