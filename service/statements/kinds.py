"""Which EPCIS 2.0 event a movement is, with its business step and disposition in the words of the CBV 2.0."""

from typing import NamedTuple

from service.domain.commands import Command
from service.domain.decision import Decision

PACKING = ("pack", "unpack")


class Kind(NamedTuple):
    type: str
    action: str | None
    biz_step: str
    disposition: str


_OBJECT, _AGGREGATION, _TRANSFORMATION = "ObjectEvent", "AggregationEvent", "TransformationEvent"

_KINDS = {
    "register": Kind(_OBJECT, "ADD", "commissioning", "active"),
    "receive": Kind(_OBJECT, "OBSERVE", "receiving", "in_progress"),
    "take_back": Kind(_OBJECT, "OBSERVE", "receiving", "returned"),
    "move": Kind(_OBJECT, "OBSERVE", "storing", "sellable_not_accessible"),
    "pick": Kind(_OBJECT, "OBSERVE", "picking", "in_progress"),
    "hold": Kind(_OBJECT, "OBSERVE", "holding", "non_sellable_other"),
    "release": Kind(_OBJECT, "OBSERVE", "inspecting", "available"),
    "count": Kind(_OBJECT, "OBSERVE", "cycle_counting", "available"),
    "split": Kind(_TRANSFORMATION, None, "repackaging", "active"),
    "merge": Kind(_TRANSFORMATION, None, "repackaging", "active"),
    "repack": Kind(_TRANSFORMATION, None, "repackaging", "active"),
    "produce": Kind(_TRANSFORMATION, None, "commissioning", "active"),
    "rework": Kind(_TRANSFORMATION, None, "repairing", "non_sellable_other"),
    "pack": Kind(_AGGREGATION, "ADD", "packing", "in_progress"),
    "unpack": Kind(_AGGREGATION, "DELETE", "unpacking", "in_progress"),
    "relocate": Kind(_OBJECT, "OBSERVE", "storing", "sellable_not_accessible"),
    "offer": Kind(_OBJECT, "OBSERVE", "shipping", "in_transit"),
    "accept": Kind(_OBJECT, "OBSERVE", "accepting", "in_progress"),
    "refuse": Kind(_OBJECT, "OBSERVE", "inspecting", "returned"),
    "withdraw": Kind(_OBJECT, "OBSERVE", "void_shipping", "in_progress"),
    "send": Kind(_OBJECT, "OBSERVE", "shipping", "in_transit"),
    "arrive": Kind(_OBJECT, "OBSERVE", "receiving", "in_progress"),
    "settle": Kind(_OBJECT, "OBSERVE", "stock_taking", "mismatch_quantity"),
    "ship": Kind(_OBJECT, "OBSERVE", "shipping", "in_transit"),
    "return": Kind(_OBJECT, "OBSERVE", "shipping", "returned"),
    "destroy": Kind(_OBJECT, "DELETE", "destroying", "destroyed"),
    "recall": Kind(_OBJECT, "OBSERVE", "holding", "recalled"),
    "lift": Kind(_OBJECT, "OBSERVE", "inspecting", "non_sellable_other"),
}


def kind_of(command: Command, decision: Decision) -> Kind:
    """A count that differs from the book says so."""
    kind = _KINDS[command.type]
    return kind._replace(disposition="mismatch_quantity") if command.type == "count" and decision.legs else kind
