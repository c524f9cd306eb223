"""The quarantine board, and a case from its opening to its signatures."""

from typing import Any
from uuid import uuid4

from flask import url_for

from service.api.attachments import FILE
from service.console.asking import Asking
from service.console.filling import Said, file_sent, only, rows
from service.console.frame import Frame
from service.domain.cases import RULINGS

COLUMNS = ("open", "under_review", "decided")
FILE_LIMIT = FILE.limit + 10_000
"""Of a form with a file."""


def declare(frame: Frame) -> None:
    _read(frame)
    _act(frame)


def _read(frame: Frame) -> None:
    @frame.page("/quality")
    def quality(asking: Asking) -> Any:
        columns = [(state, asking.read("list_cases", state=state, limit=100)["cases"]) for state in COLUMNS]
        return frame.shown(asking, "quality.html", columns=columns, now=frame.house.now())

    @frame.page("/cases/<id>")
    def case(asking: Asking, id: str) -> Any:
        found = asking.read("read_case", {"id": id})
        signed = asking.read("list_signatures", subject="case", id=id)["signatures"]
        own = asking.caller.person
        mine = any(each["person"] == own and each["round"] == found["round"] for each in found["approvals"])
        return frame.shown(asking, "case.html", case=found, signed=signed, rulings=RULINGS, mine=mine)


def _act(frame: Frame) -> None:
    @frame.form("/lot/hold")
    def hold(asking: Asking, said: Said) -> str:
        body = {"id": str(uuid4()), "by": asking.caller.person, **only(said, "item", "lot", "cause", "words")}
        return _case(asking.do("add_case", body)["id"], "hold")

    @frame.form("/cases/<id>/find")
    def find(asking: Asking, said: Said, id: str) -> str:
        asking.do("add_finding", {"by": asking.caller.person, **only(said, "words")}, {"id": id})
        return _case(id, "find")

    @frame.form("/cases/<id>/attach", limit=FILE_LIMIT)
    def attach(asking: Asking, said: Said, id: str) -> str:
        file = file_sent()
        asking.do("add_attachment", file.content, {"id": id}, name=file.name, by=asking.caller.person,
                  content_type=file.type)
        return _case(id, "attach")

    @frame.form("/cases/<id>/review")
    def review(asking: Asking, said: Said, id: str) -> str:
        asking.do("review_case", {"by": asking.caller.person, **only(said, "words")}, {"id": id})
        return _case(id, "review")

    @frame.form("/cases/<id>/decide", signs=True)
    def decide(asking: Asking, said: Said, id: str) -> str:
        body: dict[str, Any] = {"by": asking.caller.person, **only(said, "ruling", "reason", "certificate")}
        witnesses = [each.strip() for each in said.get("witnesses", "").split(",") if each.strip()]
        if witnesses:
            body["witnesses"] = witnesses
        if body.get("ruling") == "partial_release":
            body["goods"] = rows(said, "quantity", marks=("item", "lot", "at"))
        asking.do("decide_case", body, {"id": id})
        return _case(id, "decide")

    @frame.form("/cases/<id>/sign", signs=True)
    def sign(asking: Asking, said: Said, id: str) -> str:
        body = {"person": asking.caller.person, **only(said, "decision", "meaning", "shown")}
        asking.do("approve_case", body, {"id": id})
        return _case(id, "sign")

    @frame.form("/cases/<id>/close")
    def close(asking: Asking, said: Said, id: str) -> str:
        asking.do("close_case", {"by": asking.caller.person, **only(said, "words")}, {"id": id})
        return _case(id, "close")


def _case(id: object, done: str) -> str:
    return url_for("console.case", id=id, done=done)
