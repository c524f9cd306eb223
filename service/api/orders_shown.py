"""Orders, allocations, pick lists and slips as the interface answers them."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from service.domain.allocation import Explanation
from service.domain.orders import ROLES
from service.domain.orders_slip import element_string, elements, readable
from service.domain.quantities import format_quantity
from service.orders.allocate import LinePlan
from service.orders.picklist import PickStop
from service.orders.read import Line, Order

WHY_SHOWN = 200
"""Of what was not chosen, so much is explained."""


def order_shown(order: Order) -> dict[str, Any]:
    return {
        "id": order.uuid, "kind": order.kind, "number": order.number, "state": order.state, "site": order.site,
        "partner": order.partner, "party": order.partner_party, "customer": order.customer,
        "requested_date": order.requested_on, "issue_policy": order.policy, "min_days_left": order.min_days,
        "min_percent_left": order.min_percent, "whole_pallets": order.whole_pallets, "made_at": order.made_at,
        "ended_reason": order.ended_reason, "lines": [_line(order.kind, line) for line in order.lines],
    }  # fmt: skip


def _line(kind: str, line: Line) -> dict[str, Any]:
    said = line.said

    def shown(units: int) -> str:
        return format_quantity(units, said.decimals)

    done = dict.fromkeys(("received", "shipped", "produced", "consumed")) | {_DONE[kind, said.role]: shown(said.done)}
    out = done["shipped"] is not None or done["consumed"] is not None
    return {
        "line": said.number, "role": said.role, "item": said.item, "unit": said.unit, "lot": said.lot,
        "ordered": shown(said.units), **done, "damaged": None if out else shown(said.damaged),
        "reserved": shown(line.reserved), "picked": shown(line.picked), "blocked": shown(line.blocked),
        "over": shown(said.over), "short": shown(said.open),
    }  # fmt: skip


_DONE: dict[tuple[str, str], str] = {
    ("purchase", "main"): "received", ("notice", "main"): "received", ("sales", "main"): "shipped",
    **{("production", role): "consumed" if role == "component" else "produced" for role in ROLES},
}
"""What was done for a line, by the kind of its order and its role."""


def with_history(order: Order, done: Iterable[Any], aside: Iterable[Any], lists: Sequence[UUID]) -> dict[str, Any]:
    return {
        **order_shown(order), "movements": [_done(row) for row in done],
        "set_aside": [_aside(row) for row in aside], "pick_lists": list(lists),
    }  # fmt: skip


def _aside(row: Any) -> dict[str, Any]:
    return {
        "line": row.line, "item": row.item, "lot": row.lot, "uri": row.uri, "location": row.place, "unit": row.unit,
        "quantity": format_quantity(row.units, row.decimals), "until": row.expires_at,
    }  # fmt: skip


def _done(row: Any) -> dict[str, Any]:
    return {
        "movement": row.id, "type": row.type, "recorded_at": _moment(row.recorded_at), "state": row.state,
        "line": row.line, "role": row.role, "item": row.item, "lot": row.lot, "uri": row.uri, "location": row.place,
        "quantity": format_quantity(row.units, row.decimals), "damaged": format_quantity(row.damaged, row.decimals),
    }  # fmt: skip


def plan_shown(plan: LinePlan) -> dict[str, Any]:
    said, made = plan.line.said, plan.allocation
    taken = sum(each.units for each in made.lines)
    return {
        "line": said.number, "item": said.item, "unit": said.unit, "issue_policy": plan.policy,
        "policy_of": plan.source, "wanted": format_quantity(plan.line.unserved, said.decimals),
        "allocated": format_quantity(taken, said.decimals), "short": format_quantity(made.short, said.decimals),
        "why": [_why(each, said.decimals) for each in _worth_telling(made.explanations)],
        "candidates": len(made.explanations), "more": plan.more,
    }  # fmt: skip


def _worth_telling(explanations: Iterable[Explanation]) -> Iterable[Explanation]:
    told = 0
    for each in explanations:
        told += not each.units
        if each.units or told <= WHY_SHOWN:
            yield each


def _why(each: Explanation, decimals: int) -> dict[str, Any]:
    return {
        "lot": each.candidate.lot, "location": each.candidate.where, "quantity": format_quantity(each.units, decimals),
        "code": each.code, "words": each.words, "numbers": each.facts,
    }  # fmt: skip


def pick_list_shown(id: UUID, stops: Sequence[PickStop]) -> dict[str, Any]:
    first = stops[0].said
    return {"id": id, "order": first.order, "to": first.to, "lines": [stop_shown(stop) for stop in stops]}


def stop_shown(stop: PickStop) -> dict[str, Any]:
    said = stop.said
    do = f"Take {said.shown(said.open)} of {said.item}, lot {said.lot}, at {said.place} and bring it to {said.to}"
    return {
        "line": said.number, "location": said.place, "item": said.item, "name": stop.name, "gtin": said.gtin,
        "lot": said.lot, "label_lot": said.label_lot, "expiry_date": stop.expiry,
        "quantity": format_quantity(said.units, said.decimals), "picked": format_quantity(said.picked, said.decimals),
        "open": format_quantity(said.open, said.decimals), "unit": said.unit, "why": stop.reason, "ended": said.ended,
        "do": do if said.open else "Nothing: this line is finished",
    }  # fmt: skip


def slip_shown(order: Order, sender: Any, receiver: Any, done: Sequence[Any], today: date) -> dict[str, Any]:
    return {
        "order": order.number, "site": order.site,
        "sender": {"code": sender.code, "name": sender.name, "gln": sender.gln},
        "receiver": {
            "code": receiver.code if receiver else order.customer,
            "name": order.customer_name or (receiver.name if receiver else order.receiver),
            "gln": receiver.gln if receiver else None,
        },
        "shipped_at": _moment(max(row.recorded_at for row in done)),
        "lines": [_slip_line(row, today) for row in done],
    }  # fmt: skip


def _slip_line(row: Any, today: date) -> dict[str, Any]:
    label = row.manufacturer_lot or row.lot
    found = elements(row.gtin, label, row.production_date, row.expiry_date, today) if row.gtin else None
    return {
        "movement": row.id, "line": row.line, "item": row.item, "name": row.name, "spec": row.spec, "gtin": row.gtin,
        "storage_min": row.storage_min, "storage_max": row.storage_max, "lot": row.lot, "label_lot": label,
        "production_date": row.production_date, "expiry_date": row.expiry_date,
        "quantity": format_quantity(row.units, row.decimals), "unit": row.unit, "uri": row.uri,
        "elements": element_string(found) if found else None, "readable": readable(found) if found else None,
    }  # fmt: skip


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
