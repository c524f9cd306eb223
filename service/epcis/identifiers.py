"""Which things an event names, and in which property each stands: by these it is found."""

from collections.abc import Iterator, Mapping
from typing import Any

EPC_LISTS = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")
QUANTITY_LISTS = ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList")
ROLES = (*EPC_LISTS, "parentID", *QUANTITY_LISTS)


def identifiers_of(event: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(role, identifier) of every thing and class, as the event spells it; one may come twice."""
    for role in EPC_LISTS:
        for epc in event.get(role, ()):
            yield role, epc
    for role in QUANTITY_LISTS:
        for each in event.get(role, ()):
            yield role, each["epcClass"]
    if "parentID" in event:
        yield "parentID", event["parentID"]
