"""A production order's report as the interface answers it."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from service.api.rows import moment
from service.domain.orders_balance import Balance, balances_of, percent
from service.domain.orders_production import progress_of, target_of
from service.domain.places import Virtual
from service.domain.quantities import MAX_DECIMALS, format_quantity
from service.orders.production import Run
from service.orders.read import Line, Order

GONE = {
    Virtual.CUSTOMER: "at customers", Virtual.HANDED_OVER: "handed over", Virtual.IN_TRANSIT: "in transit",
    Virtual.TRANSFER: "in transit between sites", Virtual.CONSUMED: "used up", Virtual.DESTROYED: "destroyed",
    Virtual.RETURNED: "returned", Virtual.ADJUSTMENT: "not found in a count", Virtual.DISPUTED: "missing",
}  # fmt: skip
"""Where goods are that are in no place any more."""


def production_shown(order: Order, runs: Sequence[Run], stock: Sequence[Any]) -> dict[str, Any]:
    progress = progress_of(order.said)
    balances, without = balances_of((run.portions, run.loss) for run in runs)
    return {
        "order": order.uuid, "number": order.number, "site": order.site, "state": order.state,
        "lines": [_line(line, progress) for line in order.lines], "mass": [_mass(each) for each in balances],
        "unmeasured": without, "runs": [_run(run) for run in runs], "stock": [_made(row) for row in stock],
    }  # fmt: skip


def _line(line: Line, progress: Fraction) -> dict[str, Any]:
    said, target = line.said, target_of(line.said, progress)
    numbers = {
        "planned": said.units, "actual": said.done, "damaged": said.damaged, "target": target,
        "variance": said.done - target, "reserved": line.reserved, "picked": line.picked, "blocked": line.blocked,
    }  # fmt: skip
    return {
        "line": said.number, "role": said.role, "item": said.item, "unit": said.unit, "lot": said.lot,
        **{name: format_quantity(units, said.decimals) for name, units in numbers.items()},
        "percent": _plain(percent(said.done, said.units)),
    }  # fmt: skip


def _mass(balance: Balance) -> dict[str, Any]:
    amounts = {"consumed": balance.consumed, "produced": balance.produced, "loss": balance.loss}
    return {
        "unit": balance.measure, **{name: _exact(amount) for name, amount in amounts.items()},
        "yield_percent": _plain(balance.yield_percent),
    }  # fmt: skip


def _exact(amount: Fraction) -> str:
    """Units and contents have at most nine decimals each."""
    scaled = amount * 10 ** (2 * MAX_DECIMALS)
    assert scaled.denominator == 1, f"{amount} has too many decimals"
    return format_quantity(scaled.numerator, 2 * MAX_DECIMALS)


def _plain(number: Decimal | None) -> str | None:
    return None if number is None else format_quantity(int(number * 100), 2)


def _run(run: Run) -> dict[str, Any]:
    return {
        "movement": run.movement, "type": run.type, "recorded_at": moment(run.recorded_at), "loss": run.loss,
        "inputs": [_good(row) for row in run.inputs], "outputs": [_good(row) for row in run.outputs],
    }  # fmt: skip


def _good(row: Any) -> dict[str, Any]:
    quantity = format_quantity(abs(row.units), row.decimals)
    return {"item": row.item, "lot": row.lot, "uri": row.uri, "location": row.location, "quantity": quantity,
            "unit": row.unit}  # fmt: skip


def _made(row: Any) -> dict[str, Any]:
    where = row.location if row.place > 0 else GONE[Virtual(row.place)]
    return _good(row) | {"where": where, "status": row.status, "recalled": row.recalled}
