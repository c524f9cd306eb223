"""Pages that are a list: what expires, handoffs, recalls, the audit trail."""

from typing import Any
from uuid import uuid4

from flask import request, url_for

from service.console.asking import Asking
from service.console.filling import only, rows
from service.console.frame import Frame

WINDOWS = (30, 60, 90, 180)

REFUSED = 20  # of the newest refusals, on the page of changes; all of them: GET /refusals


def declare(frame: Frame) -> None:
    @frame.page("/expiry")
    def expiry(asking: Asking) -> Any:
        asked = request.args.get("days", "90")
        days = int(asked) if asked in {str(each) for each in WINDOWS} else 90
        found = asking.read("report_expiry", days=days, after=request.args.get("after"), limit=200)
        return frame.shown(asking, "expiry.html", found=found, days=days, windows=WINDOWS)

    @frame.page("/handoffs")
    def handoffs(asking: Asking) -> Any:
        found = asking.read("list_handoffs", limit=200)["handoffs"]
        incoming = [each for each in found if each["state"] == "offered" and each["to_party"] == asking.caller.party]
        places = asking.read("list_locations")["locations"] if incoming else []
        names = {each["id"]: each["name"] for each in asking.read("list_parties")["parties"]}
        return frame.shown(asking, "handoffs.html", found=found, incoming=incoming, places=places, names=names)

    @frame.page("/recalls")
    def recalls(asking: Asking) -> Any:
        found = asking.read("list_recalls", after=request.args.get("after"), limit=100)
        notices = asking.read("list_notices", limit=100)["notices"]
        return frame.shown(asking, "recalls.html", found=found, notices=notices)

    @frame.page("/recalls/<id>")
    def recall(asking: Asking, id: str) -> Any:
        found = asking.read("read_recall", {"id": id}, limit=1000)
        signed = asking.read("list_signatures", subject="recall", id=id)["signatures"]
        return frame.shown(asking, "recall.html", recall=found, signed=signed)

    @frame.page("/trail")
    def trail(asking: Asking) -> Any:
        found = asking.read("list_changes", before=request.args.get("before"), limit=100)
        first = "before" not in request.args and asking.may("list_refusals")
        refused = asking.read("list_refusals", limit=REFUSED) if first else None
        return frame.shown(asking, "trail.html", found=found, refused=refused)

    _act(frame)


def _act(frame: Frame) -> None:
    @frame.form("/handoffs/<id>/accept")
    def accept(asking: Asking, said: dict[str, str], id: str) -> str:
        return _answer(asking, "accept", {"handoff": id, "to": said.get("to", "")})

    @frame.form("/handoffs/<id>/accept-lines")
    def accept_lines(asking: Asking, said: dict[str, str], id: str) -> str:
        """Of each line what was accepted and what was refused; the rest is missing."""
        lines = [{**line, "line": int(line["line"])} for line in rows(said, "accepted", "refused", marks=("line",))
                 if line.get("line", "").isdecimal()]  # fmt: skip
        return _answer(asking, "accept", {"handoff": id, "lines": lines, **only(said, "to", "reason")})

    @frame.form("/handoffs/<id>/withdraw")
    def withdraw(asking: Asking, said: dict[str, str], id: str) -> str:
        return _answer(asking, "withdraw", {"handoff": id, **only(said, "reason")})

    @frame.form("/handoffs/<id>/settle")
    def settle(asking: Asking, said: dict[str, str], id: str) -> str:
        line = said.get("line", "")
        body = {"handoff": id, "line": int(line) if line.isdecimal() else 0, "approved_by": asking.caller.person}
        return _answer(asking, "settle", {**body, **only(said, "to", "reason")})

    @frame.form("/handoffs/<id>/refuse")
    def refuse(asking: Asking, said: dict[str, str], id: str) -> str:
        return _answer(asking, "refuse", {"handoff": id, "reason": said.get("reason", "")})

    @frame.form("/lot/recall", signs=True)
    def start_recall(asking: Asking, said: dict[str, str]) -> str:
        body = {"id": str(uuid4()), "by": asking.caller.person}
        body |= {name: said.get(name, "") for name in ("item", "lot", "reason", "class")}
        return url_for("console.recall", id=asking.do("add_recall", body)["id"], done="recall")

    @frame.form("/notices/<id>/acknowledge")
    def acknowledge(asking: Asking, said: dict[str, str], id: str) -> str:
        asking.do("acknowledge_notice", {"by": asking.caller.person}, {"id": id})
        return url_for("console.recalls", done="acknowledge")

    @frame.form("/lot/drill")
    def drill(asking: Asking, said: dict[str, str]) -> Any:
        """What a recall would find, and how long that took; nothing is held and nobody is told."""
        found = asking.do("drill_recall", only(said, "lot"))
        lot = asking.read("list_lots", uri=said.get("lot"))["lots"][0]
        return frame.shown(asking, "drill.html", found=found, lot=lot)

    @frame.form("/recalls/<id>/lift", signs=True)
    def lift(asking: Asking, said: dict[str, str], id: str) -> str:
        body = {"person": asking.caller.person}
        body |= {name: said.get(name, "") for name in ("decision", "words", "shown")}
        asking.do("approve_lift_of_recall", body, {"id": id})
        return url_for("console.recall", id=id, done="sign")

    @frame.form("/trail/review", signs=True)
    def review_trail(asking: Asking, said: dict[str, str]) -> str:
        body = {"person": asking.caller.person}
        body |= {name: said.get(name, "") for name in ("changes", "shown", "words")}
        asking.do("review_changes", body)
        return url_for("console.trail", done="sign")


def _answer(asking: Asking, type: str, body: dict[str, Any]) -> str:
    """A movement of its own id, sent once."""
    asking.do("record_movement", {"id": str(uuid4()), "type": type, **body})
    return url_for("console.handoffs", done=type)
