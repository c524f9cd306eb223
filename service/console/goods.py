"""What is done with a lot that lies here: split, merged, handed over, sent to another site; and its documents."""

from typing import Any
from uuid import uuid4

from flask import request, url_for

from service.api.problem import not_found
from service.console.asking import Asking
from service.console.filling import Said, only, rows
from service.console.frame import Frame

PARTS, OTHERS = 3, 3
WORK = ("split", "merge", "offer", "send")
CASES = 50


def declare(frame: Frame) -> None:
    @frame.page("/lot/work")
    def lot_work(asking: Asking) -> Any:
        uri = request.args.get("uri", "")
        lot = next(iter(asking.read("list_lots", uri=uri)["lots"] if uri else []), None)
        if lot is None:
            raise not_found("lot", uri)
        return frame.shown(
            asking, "lot_work.html", lot=lot, stock=asking.read("report_stock", lot=uri, limit=1000)["rows"],
            ids={name: str(uuid4()) for name in WORK}, pieces=range(1, PARTS + 1), others=range(2, OTHERS + 2),
            sites=asking.read("list_sites")["sites"], files=_files(asking, uri),
            companies=[each for each in asking.read("list_parties")["parties"] if each["id"] != asking.caller.party],
        )  # fmt: skip

    _transformed(frame)
    _leaving(frame)


def _files(asking: Asking, uri: str) -> list[Any]:
    """Attached to cases that are or were about the lot."""
    cases = asking.read("list_cases", lot=uri, limit=CASES)["cases"]
    return [file for each in cases for file in asking.read("read_case", {"id": str(each["id"])})["attachments"]]


def _transformed(frame: Frame) -> None:
    @frame.form("/lot/split")
    def split(asking: Asking, said: Said) -> str:
        body = {"type": "split", **only(said, "id", "item", "lot", "reason"), **_place(said, "at")}
        return _done(asking, said, {**body, "outputs": rows(said, "lot", "quantity")})

    @frame.form("/lot/merge")
    def merge(asking: Asking, said: Said) -> str:
        """Lots of one item at one place into one; its number is new, or that of one of them."""
        place = _place(said, "at")
        lines = [{"item": said.get("item", ""), **_status(place), **line} for line in rows(said, "lot", "quantity")]
        body = {"type": "merge", **only(said, "id", "reason"), "at": place.get("at", ""), "lines": lines}
        return _done(asking, said, {**body, "lot": said.get("into", "")})


def _leaving(frame: Frame) -> None:
    @frame.form("/lot/offer")
    def offer(asking: Asking, said: Said) -> str:
        return _done(asking, said, {"type": "offer", **only(said, "to_party"), **_from(said)})

    @frame.form("/lot/send")
    def send(asking: Asking, said: Said) -> str:
        return _done(asking, said, {"type": "send", **only(said, "to_site"), **_from(said)})


def _from(said: Said) -> dict[str, Any]:
    """One line, from the place that was chosen."""
    place = _place(said, "from")
    line = {**only(said, "item", "lot", "quantity"), **_status(place)}
    return {**only(said, "id", "reason"), "from": place.get("from", ""), "lines": [line]}


def _place(said: Said, name: str) -> Said:
    """A choice says place and status of the goods, `SITE/LOC hold`."""
    where, _, status = said.get("place", "").partition(" ")
    return {name: where, "status": status or "available"}


def _status(place: Said) -> Said:
    return only(place, "status")


def _done(asking: Asking, said: Said, body: dict[str, Any]) -> str:
    asking.do("record_movement", body)
    return url_for("console.lot_work", uri=said.get("uri", ""), done=body["type"])
