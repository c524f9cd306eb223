"""Orders: listed, made, looked at; which lots they get and why; runs of production; how they end."""

from functools import partial
from typing import Any
from uuid import uuid4

from flask import request, url_for

from service.console.asking import Asking
from service.console.filling import Said, only, rows
from service.console.frame import Frame, chosen
from service.console.lots import folded
from service.domain.allocation_reasons import CHOSEN
from service.domain.orders import KINDS, ROLES, STATES
from service.orders.picklist import STAGING
from service.orders.read import TAKES_STOCK
from service.papers.reasons import sentence

LINES, MORE = 4, 8
HOURS = ("2", "8", "24", "72")
GOING_ON = ("open", "part done")


def declare(frame: Frame) -> None:
    _listed(frame)
    _made(frame)
    _one(frame)
    _lots(frame)
    _ended(frame)


def _listed(frame: Frame) -> None:
    @frame.page("/orders")
    def orders(asking: Asking) -> Any:
        asked = {name: request.args.get(name) or None for name in ("kind", "state")}
        number = folded(request.args.get("search", ""))
        found = asking.read("list_all_orders", **asked, number=number or None, after=request.args.get("after"),
                            limit=50)
        return frame.shown(asking, "orders.html", found=found, filters=asked, search=number, kinds=KINDS, states=STATES)


def _made(frame: Frame) -> None:
    @frame.page("/orders/new")
    def new_order(asking: Asking) -> Any:
        kind = request.values.get("kind", "sales")
        count = MORE if request.args.get("more") else LINES
        parties = [{"code": each["id"], "name": each["name"]} for each in asking.read("list_parties")["parties"]]
        return frame.shown(
            asking, "order_new.html", kind=kind if kind in KINDS else "sales", kinds=KINDS, id=str(uuid4()),
            lines=range(1, count + 1), items=asking.read("list_items")["items"], roles=ROLES,
            sites=asking.read("list_sites")["sites"], parties=parties,
            customers=asking.read("list_all_customers", limit=1000)["customers"],
        )  # fmt: skip

    @frame.form("/orders/new", again=new_order)
    def make_order(asking: Asking, said: Said) -> str:
        head = only(said, "id", "kind", "number", "site", "customer", "party", "partner", "requested_date")
        lines = rows(said, "item", "quantity", "lot", marks=("role",))
        made = asking.do("add_order", {**head, "lines": lines})
        return url_for("console.order", id=made["id"], done="order")


def _one(frame: Frame) -> None:
    @frame.page("/orders/<id>")
    def order(asking: Asking, id: str) -> Any:
        return _shown(frame, asking, id)

    @frame.form("/orders/<id>/produce")
    def produce(asking: Asking, said: Said, id: str) -> str:
        """One run: what it used, what it made, and what it lost."""
        used = rows(said, "used_lot", "used_quantity", marks=("used_item",))
        made = rows(said, "lot", "quantity", "expiry_date", "production_date", marks=("item",))
        movement = {"type": "produce", **only(said, "id", "at", "loss"), "outputs": made}
        movement["lines"] = [{name.removeprefix("used_"): value for name, value in line.items()} for line in used]
        asking.do("receive_against_order", {"movement": movement}, {"id": id})
        return url_for("console.order", id=id, done="produce")


def _shown(frame: Frame, asking: Asking, id: str, plans: Any = None) -> Any:
    """`plans` are an allocation's answer, shown above the lines that it is about."""
    found = asking.read("show_order", {"id": id})
    sells = found["kind"] in TAKES_STOCK
    places = [each for each in asking.read("list_locations")["locations"] if each["site"] == found["site"]]
    lists = [asking.read("show_pick_list", {"id": str(each)}) for each in found["pick_lists"]]
    report = asking.read("show_production", {"id": id}) if found["kind"] == "production" else None
    return frame.shown(
        asking, "order.html", order=found, sells=sells, going_on=found["state"] in GOING_ON, lists=lists,
        staging=[each for each in places if each["kind"] in STAGING], places=places, report=report, hours=HOURS,
        plans=plans, why=partial(sentence, chosen()), taken=CHOSEN, movement=str(uuid4()), back=str(uuid4()),
        shipments=list(dict.fromkeys(each["movement"] for each in found["movements"] if each["type"] in _LEAVES)),
    )  # fmt: skip


_LEAVES = ("ship", "offer")


def _lots(frame: Frame) -> None:
    @frame.form("/orders/<id>/allocate")
    def allocate(asking: Asking, said: Said, id: str) -> Any:
        """What it gets, and for each lot why; reserved, or only shown."""
        hours = said.get("hours", HOURS[2])
        minutes = int(hours) * 60 if hours in HOURS else 0
        plans = asking.do("allocate_stock", {"minutes": minutes, "preview": "preview" in said}, {"id": id})
        return _shown(frame, asking, id, plans)

    @frame.form("/orders/<id>/choose")
    def choose(asking: Asking, said: Said, id: str) -> Any:
        """Another lot than the rule's, with the reason of who chose it."""
        line = said.get("line", "")
        choice = {"line": int(line) if line.isascii() and line.isdigit() else 0, **only(said, "lot", "reason")}
        plans = asking.do("allocate_stock", {"choices": [choice]}, {"id": id})
        return _shown(frame, asking, id, plans)


def _ended(frame: Frame) -> None:
    @frame.form("/orders/<id>/close")
    def end_order(asking: Asking, said: Said, id: str) -> str:
        asking.do("close_order", only(said, "reason"), {"id": id})
        return url_for("console.order", id=id, done="end")

    @frame.form("/orders/<id>/cancel")
    def cancel_order(asking: Asking, said: Said, id: str) -> str:
        asking.do("cancel_order", only(said, "reason"), {"id": id})
        return url_for("console.order", id=id, done="end")
