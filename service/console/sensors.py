"""Sensors: how each stands, a day or a week of one of them, excursions, limits; readings from a logger's file."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any

from flask import request, url_for

from service.console.asking import Asking
from service.console.clock import zone_of
from service.console.curve import Curve, drawn, gathered
from service.console.filling import Said, file_sent, only
from service.console.frame import Frame
from service.domain.sensors import KINDS
from service.sensors.notices import NEEDED

SPANS = {"day": timedelta(days=1), "week": timedelta(days=7)}
MOST = 20_000
FILE_LIMIT = 4_010_000
WHERE = ("location", "site", "vehicle")


def declare(frame: Frame) -> None:
    @frame.page("/sensors")
    def sensors(asking: Asking) -> Any:
        found = asking.read("list_sensors")
        return frame.shown(
            asking, "sensors.html", found=found, needed=NEEDED, kinds=KINDS, today=f"{frame.house.now():%Y-%m-%d}",
            limits=asking.read("list_limits")["limits"],
            excursions=asking.read("list_excursions", limit=50)["excursions"],
            places=asking.read("list_locations")["locations"],
        )  # fmt: skip

    @frame.page("/sensors/<code>")
    def sensor(asking: Asking, code: str) -> Any:
        found = asking.read("read_sensor", {"code": code})
        span = request.args.get("span", "day")
        now = frame.house.now()
        last = max((each["time"] for each in found["last"]), default=now) + timedelta(seconds=1)
        last = now if now - last < SPANS["day"] else last
        first = last - SPANS.get(span, SPANS["day"])
        excursions = asking.read("list_excursions", sensor=code, limit=100)["excursions"]
        limits = [each for each in asking.read("list_limits")["limits"] if _holds(each["at"], found["at"])]
        zone = zone_of(asking)
        curves = [_curve(asking, found, kind, limits, excursions, first, last, zone) for kind in found["kinds"]]
        return frame.shown(asking, "sensor.html", sensor=found, span=span, spans=SPANS, first=first, last=last,
                           curves=[each for each in curves if each], excursions=excursions)  # fmt: skip

    _act(frame)


def _curve(
    asking: Asking, sensor: Mapping[str, Any], kind: str, limits: Sequence[Any], excursions: Sequence[Any],
    first: datetime, last: datetime, zone: tzinfo,
) -> Curve | None:  # fmt: skip
    query = {"kind": kind, "from": first.isoformat(), "to": last.isoformat(), "limit": MOST}
    told = asking.read("list_readings", {"code": sensor["code"]}, **query)["readings"]
    mine = next((each for each in limits if each["kind"] == kind), None)
    spans = [(each["began_at"], each["ended_at"] or last) for each in excursions if each["kind"] == kind]
    gap = max(2 * timedelta(seconds=sensor["interval_seconds"]), 2 * (last - first) / 288)
    limit = (mine["low"], mine["high"]) if mine else ()
    return drawn(kind, gathered(told, first, last), limit, spans, first, last, gap, zone)


def _holds(limit: Mapping[str, Any], point: Mapping[str, Any]) -> bool:
    """The limit of the point itself, or of its site; the nearer one comes first in the list of limits."""
    if any(limit[name] is not None and limit[name] == point[name] for name in WHERE):
        return True
    return limit["site"] is not None and (point["location"] or "").startswith(f"{limit['site']}/")


def _act(frame: Frame) -> None:
    @frame.form("/sensors/add")
    def add_sensor(asking: Asking, said: Said) -> str:
        body: dict[str, Any] = only(said, "code", "name", "calibration_due")
        body |= {"kinds": [kind for kind in KINDS if kind in said], "at": _at(said),
                 "interval_seconds": _whole(said.get("interval_seconds", ""))}  # fmt: skip
        return _done(asking.do("add_sensor", body)["code"], "sensor")

    @frame.form("/sensors/limits")
    def limit(asking: Asking, said: Said) -> str:
        body: dict[str, Any] = {"at": _at(said), "allowed_seconds": 60 * _whole(said.get("minutes", "0")),
                                **only(said, "kind", "low", "high", "hysteresis", "reason")}  # fmt: skip
        asking.do("set_limits", body)
        return url_for("console.sensors", done="limit")

    @frame.form("/sensors/<code>/file", limit=FILE_LIMIT)
    def logger(asking: Asking, said: Said, code: str) -> str:
        asking.do("upload_logger", file_sent().content, {"code": code})
        return _done(code, "readings")


def _at(said: Said) -> dict[str, str]:
    return {said.get("where", "location"): said.get("place", "")}


def _whole(text: str) -> int:
    """What is no number is refused by the operation, as -1."""
    return int(text) if text.isdecimal() else -1


def _done(code: str, done: str) -> str:
    return url_for("console.sensor", code=code, done=done)
