"""Count sheets: places walked through, differences approved by somebody else, posted as count movements."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from service.api import count_schemas as shapes
from service.api.acting import act
from service.api.door import Door, body_of
from service.api.fields import Uuid
from service.api.house import House
from service.api.problem import not_found
from service.auth.keys import Caller
from service.counts import counting, reading
from service.counts.counting import Approved
from service.counts.making import NewSheet, find_sheet, make_sheet
from service.counts.posting import post
from service.ledger.desk import Desk

_ID = {"id": Uuid()}
_ANSWER = {200: shapes.Sheet}


def door(house: House) -> Door:
    counts = house.door("counts", "Count sheets: counted, compared with the book, approved, posted")
    _read(counts, house)
    _make(counts, house)
    _settle(counts, house)
    return counts


def _changed(house: House, caller: Caller, id: UUID, change: Callable[[Desk, Any], object]) -> dict[str, Any]:
    def work(desk: Desk) -> dict[str, Any]:
        sheet = find_sheet(desk, id)
        if sheet is None:
            raise not_found("count", str(id))
        change(desk, sheet)
        return _shown(desk.connection, desk.party_id, id)

    return act(house, caller, work)


def _shown(connection: Any, party_id: int | None, id: UUID) -> dict[str, Any]:
    assert party_id is not None
    found = reading.shown(connection, party_id, id)
    if found is None:
        raise not_found("count", str(id))
    return found


def _read(counts: Door, house: House) -> None:
    @counts.operation("GET", "/counts", roles=("party",), query=shapes.CountQuery, answers={200: shapes.Sheets})
    def list_counts(caller: Caller, query: dict[str, Any]) -> Any:
        """List count sheets, the newest first"""
        assert caller.party_id is not None
        with house.engine.connect() as connection:
            found = reading.listed(connection, caller.party_id, state=query.get("state"), after=query.get("after"),
                                   limit=query["limit"])
        return {"counts": found, "next": found[-1]["id"] if len(found) == query["limit"] else None}

    @counts.operation("GET", "/counts/<id>", roles=("party",), path=_ID, answers=_ANSWER)
    def read_count(caller: Caller, id: UUID) -> Any:
        """A count sheet with its lines"""
        with house.engine.connect() as connection:
            return _shown(connection, caller.party_id, id)


def _make(counts: Door, house: House) -> None:
    @counts.operation(
        "POST", "/counts", roles=("party",), body=body_of(shapes.NewCount), problems=(409,),
        answers={201: shapes.Sheet, 200: shapes.Sheet},
    )  # fmt: skip
    def add_count(caller: Caller, body: NewSheet) -> tuple[Any, int]:
        """Make a count sheet

        For places with the pallets there, for an item wherever it lies, or for a sample: the places whose last posted
        count is longest ago. Sent again, the sheet as it is (200).
        """

        def work(desk: Desk) -> tuple[Any, int]:
            new = make_sheet(desk, body)
            return _shown(desk.connection, desk.party_id, body.id), 201 if new else 200

        return act(house, caller, work)

    @counts.operation(
        "POST", "/counts/<id>/lines", roles=("party",), path=_ID, body=body_of(shapes.NewLines), problems=(409,),
        answers=_ANSWER,
    )  # fmt: skip
    def enter_lines(caller: Caller, id: UUID, body: dict[str, Any]) -> Any:
        """Enter what was counted

        Compared with the book as it is when the line is entered. A lot that is not on the sheet is added.
        """
        return _changed(house, caller, id, lambda desk, sheet: counting.enter(desk, sheet, body["by"], body["lines"]))

    @counts.operation(
        "POST", "/counts/<id>/finish", roles=("party",), path=_ID, body=body_of(shapes.By), problems=(409,),
        answers=_ANSWER,
    )  # fmt: skip
    def finish_count(caller: Caller, id: UUID, body: dict[str, Any]) -> Any:
        """All lines are counted: show the differences"""
        return _changed(house, caller, id, lambda desk, sheet: counting.finish(desk, sheet, body["by"]))


def _settle(counts: Door, house: House) -> None:
    @counts.operation(
        "POST", "/counts/<id>/recount", roles=("party",), path=_ID, body=body_of(shapes.By), problems=(409,),
        answers=_ANSWER,
    )  # fmt: skip
    def recount(caller: Caller, id: UUID, body: dict[str, Any]) -> Any:
        """Demand that the lines out of tolerance are counted again"""
        return _changed(house, caller, id, lambda desk, sheet: counting.recount(desk, sheet, body["by"]))

    @counts.operation(
        "POST", "/counts/<id>/approve", roles=("party",), path=_ID, body=body_of(shapes.NewCountApproval),
        problems=(409,), answers=_ANSWER,
    )  # fmt: skip
    def approve_count(caller: Caller, id: UUID, body: Approved) -> Any:
        """Approve the differences: an electronic signature

        Who counted a line that is out of tolerance cannot approve it. With `shown`, refused if the sheet is another by
        now. The movements name the signatures by their hash.
        """
        return _changed(house, caller, id, lambda desk, sheet: counting.approve(desk, sheet, body))

    @counts.operation(
        "POST", "/counts/<id>/post", roles=("party",), path=_ID, body=body_of(shapes.By), problems=(409,),
        answers=_ANSWER,
    )  # fmt: skip
    def post_count(caller: Caller, id: UUID, body: dict[str, Any]) -> Any:
        """Post the approved differences as count movements, all of them or none"""
        return _changed(house, caller, id, lambda desk, sheet: post(desk, sheet, body["by"]))

    @counts.operation(
        "POST", "/counts/<id>/cancel", roles=("party",), path=_ID, body=body_of(shapes.By), problems=(409,),
        answers=_ANSWER,
    )  # fmt: skip
    def cancel_count(caller: Caller, id: UUID, body: dict[str, Any]) -> Any:
        """Give a count up; nothing is posted"""
        return _changed(house, caller, id, lambda desk, sheet: counting.cancel(desk, sheet, body["by"]))
