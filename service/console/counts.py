"""Counts: opened, entered, compared with the book, approved by a signature, posted."""

from typing import Any
from uuid import uuid4

from flask import request, url_for

from service.console.asking import Asking
from service.console.filling import Said, only, rows
from service.console.frame import Frame
from service.domain.count_sheets import MOST_LINES, STATES

MOST_AT_ONCE = 100
"""Lines that one request of the interface enters."""
MOST_BYTES = 4_000_000
PLACES, FOUND = 6, 2


def declare(frame: Frame) -> None:
    _listed(frame)
    _one(frame)
    _settled(frame)


def _listed(frame: Frame) -> None:
    @frame.page("/counts")
    def counts(asking: Asking) -> Any:
        state = request.args.get("state") or None
        found = asking.read("list_counts", state=state, after=request.args.get("after"), limit=100)
        return frame.shown(asking, "counts.html", found=found, state=state, states=STATES)

    @frame.page("/counts/new")
    def new_count(asking: Asking) -> Any:
        places = asking.read("list_locations")["locations"]
        return frame.shown(asking, "count_new.html", id=str(uuid4()), count=range(1, PLACES + 1), places=places,
                           items=asking.read("list_items")["items"], sites=asking.read("list_sites")["sites"])

    @frame.form("/counts/new")
    def make_count(asking: Asking, said: Said) -> str:
        body: dict[str, Any] = {"by": asking.caller.person, **only(said, "id", "item", "site")}
        body["blind"] = "blind" in said
        if places := [line["place"] for line in rows(said, "place")]:
            body["places"] = places
        if "sample" in said:
            body["sample"] = int(said["sample"]) if said["sample"].isdecimal() else 0
        asking.do("add_count", body)
        return _page(said.get("id", ""), "count")


def _one(frame: Frame) -> None:
    @frame.page("/counts/<id>")
    def count(asking: Asking, id: str) -> Any:
        sheet = asking.read("read_count", {"id": id})
        signed = asking.read("list_signatures", subject="count", id=id)["signatures"]
        counted = sum(line["counted"] is not None for line in sheet["lines"])
        found = range(len(sheet["lines"]) + 1, len(sheet["lines"]) + FOUND + 1)
        return frame.shown(
            asking, "count.html", sheet=sheet, signed=signed, counted=counted, found=found,
            items=asking.read("list_items")["items"] if sheet["state"] == "open" else [],
            places=asking.read("list_locations")["locations"] if sheet["state"] == "open" else [],
        )  # fmt: skip

    @frame.form("/counts/<id>/lines", limit=MOST_BYTES)
    def enter_count(asking: Asking, said: Said, id: str) -> str:
        """Lines whose quantity was filled in; what was entered before stays."""
        lines = rows(said, "counted", marks=("at", "item", "lot", "status"), most=MOST_LINES)
        for at in range(0, len(lines), MOST_AT_ONCE):
            some = lines[at : at + MOST_AT_ONCE]
            asking.do("enter_lines", {"by": asking.caller.person, "lines": some}, {"id": id})
        return _page(id, "counted")


def _settled(frame: Frame) -> None:
    def act(name: str, operation: str, done: str) -> None:
        def view(asking: Asking, said: Said, id: str) -> str:
            asking.do(operation, {"by": asking.caller.person}, {"id": id})
            return _page(id, done)

        view.__name__ = f"{name}_count_sheet"
        frame.form(f"/counts/<id>/{name}")(view)

    act("finish", "finish_count", "counted")
    act("recount", "recount", "done")
    act("post", "post_count", "post")
    act("cancel", "cancel_count", "done")

    @frame.form("/counts/<id>/approve", signs=True)
    def approve_count_sheet(asking: Asking, said: Said, id: str) -> str:
        asking.do("approve_count", {"by": asking.caller.person, **only(said, "words", "shown")}, {"id": id})
        return _page(id, "sign")


def _page(id: str, done: str) -> str:
    return url_for("console.count", id=id, done=done)
