"""The compiled reader and marshmallow's own loading agree on every value, right or wrong."""

from datetime import date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError

from service.api.load import compiled, pointed, unreadable
from service.api.movement_schemas import WIRE, Asked, read_bulk, read_movement
from service.domain import commands

ID = "018f2c5e-3b7a-7c11-9d42-aa55bb66cc77"
LINE = {"item": "AMX", "lot": "L1", "quantity": "10"}
WHOLE = {
    "register": {"to": "SX/A-01", "lines": [LINE | {"production_date": "2026-01-01", "expiry_date": "2028-01-31"}]},
    "receive": {"to": "SX/A-01", "supplier": "Acme", "lines": [LINE | {"manufacturer_lot": "M1"}]},
    "move": {"from": "SX/A-01", "to": "SX/A-02", "lines": [LINE, LINE | {"status": "hold"}]},
    "split": {"at": "SX/A-01", "item": "AMX", "lot": "L1", "outputs": [{"lot": "L1A", "quantity": "0.5"}]},
    "offer": {"from": "SX/A-01", "to_party": "tongqu", "lines": [LINE]},
    "accept": {"handoff": ID, "to": "HZ/REC", "items": [{"theirs": "A", "ours": "B"}]},
    "refuse": {"handoff": ID, "reason": "broken seal"},
    "hold": {"at": "SX/A-01", "reason": "suspect", "lines": [LINE]},
    "release": {"at": "SX/A-01", "lines": [LINE], "approved_by": ["q-1", "q-2"]},
    "ship": {"from": "SX/A-01", "customer": "Clinic 9", "lines": [LINE]},
    "destroy": {"from": "SX/A-01", "lines": [LINE], "witnesses": ["w-1", "w-2"], "certificate": "D-17",
                "approved_by": ["q-1", "q-2"]},
    "take_back": {"to": "SX/NG", "customer": "Clinic 9", "lines": [LINE]},
    "pick": {"from": "SX/A-01", "to": "SX/DOCK", "lines": [LINE]},
    "count": {"at": "SX/A-01", "lines": [{"item": "AMX", "lot": "L1", "counted": "0"}], "counted_by": "w-1"},
    "merge": {"at": "SX/A-01", "lines": [LINE, LINE | {"lot": "L2"}], "lot": "L3"},
    "repack": {"at": "SX/A-01", "lines": [LINE], "outputs": [LINE | {"item": "AMX12"}], "loss": "0.5"},
    "produce": {"at": "SX/A-01", "lines": [LINE], "outputs": [LINE | {"item": "KIT", "quality": "pending"}]},
    "rework": {"at": "SX/NG", "lines": [LINE], "outputs": [LINE | {"lot": "L1R", "damaged": "1"}]},
    "pack": {"at": "SX/A-01", "pallet": "095060000000000015", "lines": [LINE]},
    "unpack": {"from": "SX/095060000000000015", "lines": [LINE]},
    "relocate": {"from": "SX/095060000000000015", "to": "SX/A-02"},
    "withdraw": {"handoff": ID},
    "settle": {"handoff": ID, "line": 1, "approved_by": "q-1", "to": "SX/NG"},
    "send": {"from": "SX/A-01", "to_site": "HZ", "lines": [LINE]},
    "arrive": {"transfer": ID, "to": "HZ/REC", "lines": [{"line": 1, "accepted": "9", "refused": "0"}]},
    "return": {"from": "SX/NG", "supplier": "Acme", "lines": [LINE]},
    "recall": {"item": "AMX", "lot": "L1"},
    "lift": {"item": "AMX", "lot": "L1", "approved_by": ["q-1", "q-2"]},
}


def whole(name: str) -> dict[str, Any]:
    common = {
        "event_time": "2026-11-22T10:30:00.25+08:00",
        "documents": [{"type": "po", "id": "4500"}],
        "reason": "because",
    }
    return {"id": ID, "type": name, **common, **WHOLE[name]}


def outcome(read: Any, value: Any) -> Any:
    try:
        return read(value)
    except ValidationError:
        return "refused"


def test_every_movement_has_an_example_here() -> None:
    assert set(WHOLE) == set(commands.COMMANDS) == set(WIRE)


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_movement_becomes_its_command(name: str) -> None:
    asked = read_movement(whole(name))
    assert isinstance(asked, Asked) and type(asked.command) is commands.COMMANDS[name]
    assert asked.id == UUID(ID)
    assert asked.command.event_time == datetime(2026, 11, 22, 10, 30, 0, 250_000, timezone(timedelta(hours=8)))
    assert asked.command.documents == (commands.Document("po", "4500"),)
    assert asked == WIRE[name]().load(whole(name))


def test_dates_are_dates_and_quantities_stay_text() -> None:
    line = read_movement(whole("register")).command.lines[0]
    assert (line.quantity, line.production_date, line.expiry_date) == ("10", date(2026, 1, 1), date(2028, 1, 31))


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1, 2**53),
    st.text(max_size=3),
    st.just(""),
    st.just(" A"),
    st.just("A\n"),
    st.just("x" * 300),
    st.just("2026-02-30"),
    st.just("2026-W01-1"),
    st.just(ID.upper()),
    st.just("1e3"),
    st.just("-1"),
    st.just("01"),
    st.just("１２"),
    st.just("SX/A/B"),
    st.just("2026-11-22T10:30:00"),
    st.lists(st.just(LINE), max_size=2),
    st.dictionaries(st.sampled_from(["item", "lot", "x"]), st.just("A"), max_size=2),
)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(sorted(WHOLE)), st.data())
def test_compiled_and_marshmallow_agree(name: str, data: st.DataObject) -> None:
    value = whole(name)
    for _ in range(data.draw(st.integers(0, 3))):
        member = data.draw(st.sampled_from([*value, "seq", "party", "recorded_at"]))
        change = data.draw(st.sampled_from(["drop", "odd", "inside"]))
        if change == "drop":
            value.pop(member, None)
        elif change == "inside" and isinstance(value.get(member), list) and value[member]:
            first = value[member][0]
            inner = (
                {**first, data.draw(st.sampled_from(["lot", "quantity", "id", "z"])): data.draw(ODD)}
                if isinstance(first, dict)
                else data.draw(ODD)
            )
            value[member] = [inner, *value[member][1:]]
        else:
            value[member] = data.draw(ODD)
    assert outcome(compiled(WIRE[name]), value) == outcome(WIRE[name]().load, value)


@pytest.mark.parametrize("member", ["seq", "party", "tenant_id", "recorded_at", "role", "status"])
def test_a_client_cannot_set_what_is_not_its_own(member: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        read_movement({**whole("move"), member: "x"})
    assert pointed(refusal.value.messages) == [{"at": f"/{member}", "problem": "unknown member"}]


@pytest.mark.parametrize(
    "name", ["", " A", "A ", "A\n", "A\tB", "A\x00", "\u2028", "\u200b", "\u202eA", "x" * 65, 7, None, ["A"]], ids=ascii
)
def test_a_name_is_one_line_of_readable_text(name: object) -> None:
    with pytest.raises(ValidationError) as refusal:
        read_movement({**whole("move"), "lines": [LINE | {"lot": name}]})
    assert pointed(refusal.value.messages)[0]["at"] == "/lines/0/lot"


def test_a_movement_has_one_to_a_hundred_lines() -> None:
    assert len(read_movement({**whole("move"), "lines": [LINE] * 100}).command.lines) == 100
    for count in (0, 101):
        with pytest.raises(ValidationError) as refusal:
            read_movement({**whole("move"), "lines": [LINE] * count})
        assert pointed(refusal.value.messages) == [
            {"at": "/lines", "problem": f"expected a list of 1 to 100, got {count}"}
        ]


LITERALS = [
    1,
    1.5,
    True,
    None,
    "",
    "1e3",
    "+1",
    "-1",
    "01",
    "1.",
    ".5",
    "NaN",
    "Infinity",
    "1,000",
    "１２",
    "1 ",
    " 1",
    "0x10",
    "1_000",
    "1.0000000001",
    "12345678901234567",
    "٣",
    "1\n",
    "1\u0000",
    [],
    {},
    ["1"],
    "١",
]


@pytest.mark.parametrize("literal", LITERALS, ids=ascii)
def test_a_quantity_has_one_spelling(literal: object) -> None:
    with pytest.raises(ValidationError) as refusal:
        read_movement({**whole("move"), "lines": [LINE | {"quantity": literal}]})
    assert pointed(refusal.value.messages)[0]["at"] == "/lines/0/quantity"


def test_a_bulk_request_names_every_wrong_movement_and_keeps_the_right_ones() -> None:
    read = read_bulk({"movements": [whole("move"), {"type": "teleport"}, "x", whole("ship")]})
    assert [type(each).__name__ for each in read] == ["Asked", "ValidationError", "ValidationError", "Asked"]


@pytest.mark.parametrize(
    "value", [{}, [], {"movements": []}, {"movements": [1] * 1001}, {"movements": [1], "x": 1}, {"movements": {}}]
)
def test_a_bulk_request_has_one_to_a_thousand_movements(value: Any) -> None:
    with pytest.raises(ValidationError):
        read_bulk(value)


def test_a_refusal_points_at_each_field_and_is_short() -> None:
    with pytest.raises(ValidationError) as refusal:
        read_movement({**whole("move"), "lines": [{}] * 100, "a/b~c": 1})
    problem = unreadable(refusal.value).document()
    assert problem["status"] == 422 and len(problem["errors"]) == 20
    assert {"at": "/lines/0/item", "problem": "missing"} in problem["errors"]
    assert problem["detail"].startswith("301 wrong")


def test_a_pointer_escapes_slash_and_tilde() -> None:
    with pytest.raises(ValidationError) as refusal:
        read_movement({**whole("move"), "a/b~c": 1})
    assert pointed(refusal.value.messages)[0]["at"] == "/a~1b~0c"
