"""The floor without a script: scan anything, receive, move. Plain forms with one field to scan into; a wedge scanner's
Enter sends them.

A scanner that types spells the separator of GS1 codes in one of several ways; all of them are taken.
"""

from base64 import b64encode
from typing import Any
from uuid import uuid4

from flask import request, url_for

from service.console.asking import Asking
from service.console.floor.picking import to_pick
from service.console.floor.shell import shown
from service.console.frame import Frame

ARRIVING = ("purchase", "notice")
SEPARATORS = ("<GS>", "{GS}", "\u241d", "\\x1d", "^]")
Said = dict[str, str]


def declare(frame: Frame) -> None:
    @frame.page("/scan")
    def scan(asking: Asking) -> Any:
        return shown(frame, asking, "scan.html", "home", seen=None, tasks=_tasks(asking))

    @frame.form("/scan")
    def scanned(asking: Asking, said: Said) -> Any:
        seen = read(asking, said.get("code", ""))
        lots = seen["lots"]
        if len(lots) == 1 and seen["outcome"] == "ok":
            return url_for("console.floor_lot", uri=lots[0]["uri"])
        return shown(frame, asking, "scan.html", "home", seen=seen)

    _of_a_lot(frame)
    _receive(frame)


def read(asking: Asking, typed: str) -> Any:
    """What a code says and what it is here; every scan is kept."""
    for spelled in SEPARATORS:
        typed = typed.replace(spelled, "\x1d")
    return asking.do("scan_code", {"raw": b64encode(typed.encode()).decode()})


def _tasks(asking: Asking) -> list[tuple[str, str, str, int]]:
    """What is done on the floor, with how much of it waits: words, page, operation, number."""
    offers = asking.read("list_handoffs", direction="incoming", state="offered", limit=100)["handoffs"]
    counts = asking.read("list_counts", state="open", limit=100)["counts"] if asking.may("list_counts") else []
    return [
        ("receive.title", "receive", "record_movement", len(_expected(asking))),
        ("floor.nav.move", "floor_move", "record_movement", 0),
        ("floor.nav.pick", "floor_orders", "confirm_pick_line", len(to_pick(asking))),
        ("floor.nav.handoffs", "floor_handoffs", "record_movement", len(offers)),
        ("floor.nav.count", "floor_count", "add_count", len(counts)),
        ("floor.nav.hold", "floor_hold", "add_case", 0),
    ]  # fmt: skip


def _of_a_lot(frame: Frame) -> None:
    @frame.page("/scan/lot")
    def floor_lot(asking: Asking) -> Any:
        uri = request.args.get("uri", "")
        stock = asking.read("report_stock", lot=uri, limit=1000)["rows"]
        lot = next(iter(asking.read("list_lots", uri=uri)["lots"]), None)
        return frame.shown(asking, "floor_lot.html", lot=lot, stock=[(row, str(uuid4())) for row in stock])

    @frame.form("/scan/move")
    def move(asking: Asking, said: Said) -> str:
        line = {name: said.get(name, "") for name in ("item", "lot", "quantity", "status")}
        body = {"type": "move", "id": said.get("id", ""), "from": said.get("from", ""), "to": said.get("to", "")}
        asking.do("record_movement", {**body, "lines": [line]})
        return url_for("console.floor_lot", uri=said.get("uri", ""), done="move")


def _receive(frame: Frame) -> None:
    @frame.page("/receive")
    def receive(asking: Asking) -> Any:
        return _shown(frame, asking, {})

    @frame.form("/receive/scan")
    def receive_scanned(asking: Asking, said: Said) -> Any:
        """What the label says is filled in; what it does not say is asked for."""
        seen = read(asking, said.get("code", ""))
        quantities = [each["value"] for each in seen["quantities"] if each["ai"] in ("30", "37")]
        known = {"item": seen["item"] and seen["item"]["code"], "lot": seen["lot"], "expiry_date": seen["expiry_date"],
                 "production_date": seen["production_date"], "quantity": next(iter(quantities), None)}  # fmt: skip
        return _shown(frame, asking, known, seen)

    @frame.form("/receive")
    def received(asking: Asking, said: Said) -> str:
        names = ("item", "lot", "quantity", "expiry_date", "production_date", "manufacturer_lot")
        line = {name: said[name] for name in names if name in said}
        body = {"type": "receive", "id": said.get("id", ""), "to": said.get("to", ""), "lines": [line],
                "supplier": said.get("supplier", "")}  # fmt: skip
        if order := said.get("order"):
            asking.do("receive_against_order", {"movement": body}, {"id": order})
        else:
            asking.do("record_movement", body)
        found = asking.read("list_lots", item=said.get("item", ""), lot=said.get("lot", ""))["lots"]
        return url_for("console.floor_lot", uri=found[0]["uri"] if found else "", done="receive")


def _shown(frame: Frame, asking: Asking, known: dict[str, Any], seen: Any = None) -> Any:
    places = [each for each in asking.read("list_locations")["locations"] if each["kind"] != "pallet"]
    items = asking.read("list_items")["items"]
    orders = _expected(asking)
    return shown(frame, asking, "receive.html", "receive", about={"orders": orders}, known=known, seen=seen,
                 places=places, items=items, orders=orders, movement=str(uuid4()))  # fmt: skip


def _expected(asking: Asking) -> list[dict[str, Any]]:
    """Orders against which something may still arrive."""
    found = [each for kind in ARRIVING for each in asking.read("list_all_orders", kind=kind, limit=100)["orders"]]
    return [{"id": str(each["id"]), "number": each["number"], "partner": each["partner"] or each["party"]}
            for each in found if each["ended_reason"] is None and any(_open(line) for line in each["lines"])]


def _open(line: dict[str, Any]) -> bool:
    return bool(line["short"] != "0")
