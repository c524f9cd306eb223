"""What the log has recorded, signed, anchored and made final, and what a person must look at."""

from datetime import UTC, datetime
from typing import Any

import anchoring
from anchoring import Alarm, Anchor
from service.api import schemas
from service.api.door import PUBLIC, Door
from service.api.house import House


def door(house: House) -> Door:
    status = house.door("status", "How the log stands")

    @status.operation("GET", "/status", roles=PUBLIC, answers={200: schemas.Status})
    def read_status() -> Any:
        """How the log stands

        Public: how much is recorded shows in every checkpoint, and an alarm concerns everybody who relies on the log.
        """
        return state(house)

    return status


def state(house: House) -> dict[str, Any]:
    """As plain values; also for the start page."""
    with house.engine.connect() as connection:
        return told(house.origin, anchoring.status(connection))


def told(origin: str, known: anchoring.Status) -> dict[str, Any]:
    """As plain values; also for `lotproof status --json`."""
    return {
        "origin": origin,
        "size": known.entries,
        "signed_at": _milliseconds(known.checkpoint.signed_at) if known.checkpoint else None,
        "waiting": known.waiting,
        "unanchored": known.unanchored,
        "lag": known.lag,
        "in_flight": known.in_flight,
        "anchored": _anchor(known.anchor),
        "final": _anchor(known.final_anchor),
        "chain_id": known.deployment.chain_id if known.deployment else None,
        "contract": f"0x{known.deployment.contract.hex()}" if known.deployment else None,
        "admitted": known.admitted,
        "read_only": known.halted or not known.admitted,
        "alarms": [_alarm(alarm) for alarm in known.alarms],
    }


def _anchor(anchor: Anchor | None) -> dict[str, Any] | None:
    if anchor is None:
        return None
    return {
        "index": anchor.index,
        "size": anchor.size,
        "block": anchor.block,
        "time": datetime.fromtimestamp(anchor.time, UTC),
        "transaction": f"0x{anchor.tx_hash.hex()}",
        "state": anchor.state,
    }


def _alarm(alarm: Alarm) -> dict[str, Any]:
    return {
        "kind": alarm.kind.title,
        "halts": alarm.kind.halts,
        "detail": alarm.detail,
        "advice": alarm.advice,
        "raised_at": _milliseconds(alarm.raised_at),
    }


def _milliseconds(since_1970: int) -> datetime:
    return datetime.fromtimestamp(since_1970 / 1000, UTC)
