"""Handoffs on the floor: offered to us, answered wholly, in part or not at all; and offers of our own."""

from typing import Any
from uuid import uuid4

from flask import url_for

from service.console.asking import Asking
from service.console.floor.shell import shown
from service.console.frame import Frame

Said = dict[str, str]


def declare(frame: Frame) -> None:
    @frame.page("/floor/handoffs")
    def floor_handoffs(asking: Asking) -> Any:
        found = asking.read("list_handoffs", direction="incoming", state="offered", kind="handoff", limit=100)
        places = [each for each in asking.read("list_locations")["locations"] if each["kind"] != "pallet"]
        offers = [(each, str(uuid4())) for each in found["handoffs"]]
        return shown(frame, asking, "floor_handoffs.html", "handoffs", about={"handoffs": found["handoffs"]},
                     offers=offers, places=places)  # fmt: skip

    @frame.form("/floor/handoffs/<id>")
    def floor_answer(asking: Asking, said: Said, id: str) -> str:
        """What the script sends by itself, from a form: `act` says which button."""
        body = {"id": said.get("id", ""), "handoff": id}
        if said.get("act") == "refuse":
            asking.do("record_movement", {**body, "type": "refuse", "reason": said.get("reason", "")})
            return url_for("console.floor_handoffs", done="refuse")
        asking.do("record_movement", {**body, "type": "accept", "to": said.get("to", ""), "lines": _lines(said)})
        return url_for("console.floor_handoffs", done="accept")

    @frame.page("/floor/offer")
    def floor_offer(asking: Asking) -> Any:
        parties = [{"id": each["id"], "name": each["name"]} for each in asking.read("list_parties")["parties"]
                   if each["id"] != asking.caller.party]  # fmt: skip
        return shown(frame, asking, "floor_flow.html", "offer", about={"parties": parties}, title="offer.title")


def _lines(said: Said) -> list[dict[str, Any]]:
    """One for each line of the offer, by its number."""
    numbers = [name.partition("-")[2] for name in said if name.startswith("accepted-")]
    return [{"line": int(each), "accepted": said[f"accepted-{each}"], "refused": said.get(f"refused-{each}", "0")}
            for each in numbers if each.isdigit()]  # fmt: skip
