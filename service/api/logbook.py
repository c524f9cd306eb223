"""What the log says about itself: the contracts that anchor it and anchored it, and its notices."""

from datetime import UTC, datetime
from typing import Any

import anchoring
from service import standpoint
from service.api.door import PUBLIC, Door
from service.api.fields import Choice, Instant, Many, One, Shape
from service.api.house import House
from service.api.schemas import Anything, Nullable, number, text
from service.logbook import notices


class ContractShown(Shape):
    """`anchors`: how many it held; `size`: of the newest. `chain lost`: nobody can look at them again."""

    address = text(42)
    chain_id = number()
    genesis = text(66)
    anchors = number()
    size = number()
    state = Choice("in use", "chain lost", required=True)
    given_up = Nullable(text(10_000))
    given_up_at = Nullable(Instant())


class NoticeShown(Shape):
    """`statement`: the SD-JWT with all that it says; `receipt`: null as long as it waits for its place in the log."""

    statement = text(65_536)
    receipt = Anything("The receipt, lotproof-receipt/1", "object", required=True, allow_none=True)


class Logbook(Shape):
    origin = text(200)
    contracts = Many(One(ContractShown), 0, 1000, required=True)
    notices = Many(One(NoticeShown), 0, 1000, required=True)


def door(house: House) -> Door:
    logbook = house.door("log", "What the log says about itself")

    @logbook.operation("GET", "/log", roles=PUBLIC, answers={200: Logbook})
    def read_logbook() -> Any:
        """What the log says about itself

        The contracts that hold its anchors, those of chains that are gone too, and the notices in the log's own chain.
        """
        with standpoint.on("proof"), house.engine.connect() as connection:
            return {
                "origin": house.origin,
                "contracts": [*map(_former, anchoring.former(connection)), *_current(anchoring.status(connection))],
                "notices": [{"statement": each.sd_jwt, "receipt": each.receipt} for each in notices.told(connection)],
            }

    return logbook


def _former(known: anchoring.Former) -> dict[str, Any]:
    return {
        "address": f"0x{known.contract.hex()}",
        "chain_id": known.chain_id,
        "genesis": f"0x{known.genesis.hex()}",
        "anchors": known.anchors,
        "size": known.size,
        "state": "chain lost",
        "given_up": _reason(known.given_up),
        "given_up_at": datetime.fromtimestamp(known.given_up_at / 1000, UTC),
    }


def _reason(kept: str) -> str:
    """Without the operators' names, which are for the operators."""
    return kept.rpartition("; by ")[0] or kept


def _current(known: anchoring.Status) -> list[dict[str, Any]]:
    deployed = known.deployment
    if deployed is None:
        return []
    return [
        {
            "address": f"0x{deployed.contract.hex()}",
            "chain_id": deployed.chain_id,
            "genesis": f"0x{deployed.genesis.hex()}",
            "anchors": known.anchors,
            "size": known.anchor.size if known.anchor else 0,
            "state": "in use",
            "given_up": None,
            "given_up_at": None,
        }
    ]
