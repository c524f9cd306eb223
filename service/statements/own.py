"""What a movement says that EPCIS has no word for: own properties, each under the prefix `lotproof:`.

Master data of several lots, and whatever else concerns one lot of several, stands in one property for each.
"""

from typing import Any

from service.domain.decision import Decision, Goods
from service.domain.quantities import format_quantity

_QUALITY = {"hold": "quarantined", "rework": "quarantined", "recall": "recalled", "lift": "quarantined"}
_PERSISTENT = {
    "release": {"set": ["conformant"], "unset": ["non_conformant"]},
    "recall": {"set": ["recalled"]},
    "lift": {"unset": ["recalled"]},
}
_OF_COMMAND = {
    "supplier": "supplier", "customer": "customer", "witnesses": "witnesses", "certificate": "certificate",
    "approved_by": "approvedBy", "counted_by": "countedBy", "case": "case",
}  # fmt: skip


def own_properties(command: Any, decision: Decision) -> dict[str, Any]:
    """What the standard has no word for, each under a name of its own, in the order in which it is disclosed."""
    own: dict[str, Any] = {}
    if command.type == "register" and len(decision.goods) == 1:
        own["ilmd"] = _master_data(decision.goods[0])
    elif command.type in ("register", "receive") or decision.outputs:
        for number, good in enumerate(decision.outputs or decision.goods, 1):
            own[f"lotproof:lot{number}"] = {"epcClass": good.lot.uri} | _master_data(good)
    if command.type in _PERSISTENT:
        own["persistentDisposition"] = _PERSISTENT[command.type]
    if command.type in _QUALITY:
        own["lotproof:qualityStatus"] = _QUALITY[command.type]
    if not command.witnessed:
        own["lotproof:witnessed"] = False
    if command.reason is not None:
        own["lotproof:reason"] = command.reason
    for name, spelled in _OF_COMMAND.items():
        value = getattr(command, name, None)
        if value is not None:
            own[f"lotproof:{spelled}"] = value
    if decision.at is not None and decision.at.kind == "pallet":
        own["lotproof:pallet"] = decision.at.uri
    own |= _differences("refused", decision.refused) | _differences("missing", decision.missing)
    return {**own, **decision.notes}


def _differences(name: str, goods: tuple[Goods, ...]) -> dict[str, Any]:
    """Each lot under a name of its own, so that a reader of one is not shown another."""
    return {
        f"lotproof:{name}{number}": {
            "epcClass": good.lot.uri,
            "quantity": format_quantity(good.units, good.item.decimals),
            "uom": good.item.unit,
        }
        for number, good in enumerate(goods, 1)
    }


def _master_data(good: Goods) -> dict[str, str]:
    lot = good.lot
    shown = {
        "cbvmda:lotNumber": lot.number,
        "cbvmda:itemExpirationDate": lot.expiry_date,
        "lotproof:productionDate": lot.production_date,
        "lotproof:retestDate": lot.retest_date,
        "lotproof:manufacturerLot": lot.manufacturer_lot,
        "lotproof:traceabilityLotCode": lot.traceability_lot_code,
        "lotproof:traceabilitySource": lot.traceability_source,
    }
    return {name: str(value) for name, value in shown.items() if value is not None}
