"""When a stream tells, as the URL says it: `stream=true`, or the fields of a schedule, and what goes with them.

The names are those of the official OpenAPI document. `perPage` is the most events in a message, `nextPageToken` the
cursor of the last message that was heard.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from service.epcis.query import values
from service.epcis.query.faults import WrongControls
from service.epcis.query.parameters import Given
from service.epcis.subscriptions.schedule import FIELDS, Schedule, schedule_of
from service.epcis.subscriptions.telling import MOST_EVENTS

CONTROLS = ("stream", "reportIfEmpty", "initialRecordTime", *FIELDS)
NAMES = frozenset((*CONTROLS, "perPage", "nextPageToken"))


@dataclass(frozen=True, slots=True)
class Controls:
    """No schedule: at once. `since`: events that were recorded since then; None: from now on, or as the cursor says."""

    schedule: Schedule | None
    report_if_empty: bool = False
    since: datetime | None = None
    most: int = MOST_EVENTS
    cursor: str | None = None


def controls_of(sent: Iterable[Given]) -> Controls:
    """Raises WrongControls, or WrongParameter for what pages have too. Other parameters are none of its business."""
    said = {each.name: _one(each) for each in sent if each.name in NAMES}
    since = values.time("initialRecordTime", said["initialRecordTime"]) if "initialRecordTime" in said else None
    if since is not None and "nextPageToken" in said:
        raise _wrong("initialRecordTime or nextPageToken", "both")
    return Controls(
        _schedule(said), values.boolean("reportIfEmpty", said.get("reportIfEmpty", "false")) == "true",
        None if since is None else datetime.fromisoformat(since),
        min(MOST_EVENTS, values.whole("perPage", said.get("perPage", str(MOST_EVENTS)), 1, 10**9)),
        said.get("nextPageToken"),
    )  # fmt: skip


def only_of_a_stream(name: str) -> WrongControls:
    """A plain request that says when to tell."""
    detail = f"{name}: expected it of a WebSocket (Upgrade: websocket), or of a webhook's subscription, got a plain GET"
    return WrongControls(detail, expected="a WebSocket", seen=name)


def _schedule(said: Mapping[str, str]) -> Schedule | None:
    """Without a word on when, a client might have asked for everything by mistake."""
    schedule = {name: said[name] for name in FIELDS if name in said}
    if "stream" in said and values.boolean("stream", said["stream"]) == "false":
        raise _wrong("stream=true or a schedule", "stream=false")
    if ("stream" in said) == bool(schedule):
        raise _wrong("stream=true or a schedule (second, minute, hour …)", "both" if schedule else "neither")
    return schedule_of(schedule) if schedule else None


def _one(given: Given) -> str:
    if len(given.values) != 1:
        raise _wrong(f"{given.name} once", f"{len(given.values)} values")
    return given.values[0]


def _wrong(expected: str, seen: str) -> WrongControls:
    return WrongControls(f"expected {expected}, got {seen}", expected=expected, seen=seen)
