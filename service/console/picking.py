"""Pick lists at a desk: how far the walk is, each stop confirmed by what was taken; shipping, and putting back."""

from functools import partial
from typing import Any
from uuid import uuid4

from flask import url_for

from service.console.asking import Asking
from service.console.filling import Said, only, rows
from service.console.frame import Frame, chosen
from service.papers.reasons import sentence_of


def declare(frame: Frame) -> None:
    _walk(frame)
    _leave(frame)


def _walk(frame: Frame) -> None:
    @frame.form("/orders/<id>/pick-list")
    def make_pick_list(asking: Asking, said: Said, id: str) -> str:
        made = asking.do("make_order_pick_list", only(said, "to"), {"id": id})
        return url_for("console.pick_list", id=made["id"], order=id, done="list")

    @frame.page("/pick-lists/<id>")
    def pick_list(asking: Asking, id: str) -> Any:
        found = asking.read("show_pick_list", {"id": id})
        stops = [(stop, str(uuid4())) for stop in found["lines"]]
        over = sum(stop["open"].strip("0.") == "" for stop in found["lines"])
        return frame.shown(asking, "pick_list.html", list=found, stops=stops, over=over,
                           order=_order_of(asking, found["order"], id), why=partial(sentence_of, chosen()))

    @frame.form("/pick-lists/<id>/lines/<line>")
    def confirm_pick(asking: Asking, said: Said, id: str, line: str) -> str:
        """What the picker saw; what does not fit the stop is refused, saying what was expected."""
        body = only(said, "id", "item", "lot", "place", "quantity", "short_reason")
        asking.do("confirm_pick_line", body, {"id": id, "line": line})
        return url_for("console.pick_list", id=id, done="pick")


def _leave(frame: Frame) -> None:
    @frame.form("/orders/<id>/ship")
    def ship(asking: Asking, said: Said, id: str) -> str:
        asking.do("ship_picked_goods", only(said, "id", "from", "reason"), {"id": id})
        return url_for("console.order", id=id, done="ship")

    @frame.form("/orders/<id>/put-back")
    def put_back(asking: Asking, said: Said, id: str) -> str:
        body = {**only(said, "id", "from", "to"), "lines": rows(said, "lot", "quantity", marks=("item",))}
        asking.do("put_picked_goods_back", body, {"id": id})
        return url_for("console.order", id=id, done="back")


def _order_of(asking: Asking, number: str, id: str) -> str | None:
    """The order that has this list: a number is unique only among the orders of one kind."""
    for each in asking.read("list_all_orders", number=number, limit=10)["orders"]:
        if id in map(str, asking.read("show_order", {"id": str(each["id"])})["pick_lists"]):
            return str(each["id"])
    return None
