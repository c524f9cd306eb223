"""Picking: which orders wait, the walk through one of them, and what follows when all of it is picked."""

from typing import Any
from uuid import uuid4

from flask import url_for

from service.api.problem import Problem
from service.console.asking import Asking
from service.console.floor.shell import shown
from service.console.frame import Frame, chosen
from service.papers.reasons import sentence_of

Said = dict[str, str]
STAGING = ("staging", "dock")
OPEN = ("open", "in_progress")


def declare(frame: Frame) -> None:
    @frame.page("/floor/pick")
    def floor_orders(asking: Asking) -> Any:
        return shown(frame, asking, "floor_orders.html", "pick", orders=to_pick(asking))

    @frame.page("/floor/pick/<id>")
    def floor_pick(asking: Asking, id: str) -> Any:
        order = asking.read("show_order", {"id": id})
        listed = _list_of(asking, order)
        places = [] if listed else _staging(asking, order["site"])
        return shown(frame, asking, "floor_pick.html", "pick", about={"list": listed}, order=order, listed=listed,
                     places=places, movement=str(uuid4()), uuid=lambda: str(uuid4()))  # fmt: skip

    _act(frame)


def to_pick(asking: Asking) -> list[dict[str, Any]]:
    """Sales orders for which something may still be picked."""
    return [each for each in asking.read("list_all_orders", kind="sales", limit=200)["orders"] if _waits(each)]


def _act(frame: Frame) -> None:
    @frame.form("/floor/pick/<id>/list")
    def floor_make_list(asking: Asking, said: Said, id: str) -> str:
        """Reserve what there is, and make the walk of it."""
        asking.do("allocate_stock", {}, {"id": id})
        asking.do("make_order_pick_list", {"to": said.get("to", "")}, {"id": id})
        return url_for("console.floor_pick", id=id)

    @frame.form("/floor/pick/<id>/<list>/<line>")
    def floor_confirm(asking: Asking, said: Said, id: str, list: str, line: str) -> str:
        """What the script sends by itself, from a form."""
        body = {name: said[name] for name in ("id", "item", "lot", "place", "quantity") if name in said}
        asking.do("confirm_pick_line", body, {"id": list, "line": line})
        return url_for("console.floor_pick", id=id, done="pick")

    @frame.form("/floor/pick/<id>/ship")
    def floor_ship(asking: Asking, said: Said, id: str) -> str:
        asking.do("ship_picked_goods", {"id": said.get("id", "")}, {"id": id})
        return url_for("console.floor_orders", done="ship")


def _waits(order: dict[str, Any]) -> bool:
    return order["ended_reason"] is None and any(line["short"] not in ("0", None) for line in order["lines"])


def _list_of(asking: Asking, order: dict[str, Any]) -> dict[str, Any] | None:
    """The newest that still has a stop to go to, else the newest; its reasons in the person's language."""
    lists = [asking.read("show_pick_list", {"id": str(each)}) for each in order["pick_lists"]]
    going = [each for each in lists if any(line["open"] != "0" for line in each["lines"])]
    found: dict[str, Any] | None = (going or lists or [None])[-1]
    for line in found["lines"] if found else ():
        line["why"] = sentence_of(chosen(), line["why"])
    return found


def _staging(asking: Asking, site: str) -> list[str]:
    found = [each["location"] for each in asking.read("list_locations")["locations"]
             if each["site"] == site and each["kind"] in STAGING]  # fmt: skip
    if not found:
        raise Problem(409, "wrong-place", f"expected a place of kind staging or dock at {site}, found none",
                      place=site, expected="a place of kind staging or dock", seen="none")  # fmt: skip
    return found
