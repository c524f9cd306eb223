"""How values are written: moments by the clock of the sites, who did it, and what a field of the trail became."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Flask, g
from hypothesis import given
from hypothesis import strategies as st

from service.console.clock import for_field, typed_in
from service.console.shown import actor, clock, moment, together, told

ZONES = st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/St_Johns", "UTC"]).map(ZoneInfo)
AT = datetime(2026, 11, 30, 6, 48, 20, tzinfo=UTC)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1)), ZONES)
def test_a_moment_that_is_shown_and_typed_again_is_the_same_minute(at: datetime, zone: ZoneInfo) -> None:
    at = at.replace(tzinfo=UTC, second=0, microsecond=0)
    again = datetime.fromisoformat(typed_in(zone, for_field(zone, at)))
    assert again - at in (timedelta(0), timedelta(hours=-1), timedelta(hours=1)), "but for an hour that comes twice"
    assert typed_in(zone, "2026-11-30T06:48:20Z") == "2026-11-30T06:48:20Z", "an offset that was typed stays"


def test_a_moment_says_its_offset_and_has_utc_beside_it() -> None:
    with Flask(__name__).app_context():
        assert clock(AT) == "2026-11-30 06:48:20 UTC" and moment(None) == "–"
        g.zone = ZoneInfo("Asia/Shanghai")
        assert clock(AT) == "2026-11-30 14:48:20 +08:00"
        assert 'title="2026-11-30 06:48:20 UTC">2026-11-30 14:48:20 +08:00<' in moment(AT.isoformat())


def test_a_person_is_named_and_a_key_by_its_beginning() -> None:
    key = "bfabe62c-90db-4c3a-9fd9-96b123d61d29"
    assert actor(f"{key}/li-na") == "li-na" and actor("li-na") == "li-na" and actor(None) == "–"
    assert f'title="{key}">bfabe62c…<' in actor(key)


def test_fields_that_one_act_changed_stand_together() -> None:
    act = {"at": AT, "kind": "person", "code": "li-na", "who": "x", "reason": None, "reviewed_by": []}
    rows = [{**act, "field": "roles"}, {**act, "field": "name"}, {**act, "code": "wu", "field": "name"}]
    assert [len(each) for each in together(rows)] == [2, 1]
    assert told([{"role": "quality", "site": None}, {"role": "operator", "site": "HZ"}]) == "quality, operator @ HZ"
    assert (told(None), told(True), told("x"), told(5)) == ("–", "true", "x", "5")
