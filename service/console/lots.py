"""Lots: a search that forgives, and all that is known of one of them."""

import unicodedata
from itertools import islice, product
from typing import Any
from uuid import uuid4

from flask import request

from service.api.problem import not_found
from service.console.asking import Asking
from service.console.filling import Said, only
from service.console.frame import Frame, chosen
from service.console.genealogy import drawn
from service.domain.cases import CAUSES

NEIGHBOURS = 60
"""So many lots are drawn; the list beside has them all."""
PAPERS = 20


def declare(frame: Frame) -> None:
    @frame.page("/lots")
    def lots(asking: Asking) -> Any:
        typed = wanted = folded(request.args.get("search", ""))
        item = request.args.get("item") or None
        found = asking.read("list_lots", search=wanted or None, item=item, after=request.args.get("after"), limit=50)
        if not found["lots"] and wanted:
            found, wanted = _lookalike(asking, wanted, item)
        return frame.shown(asking, "lots.html", found=found, search=wanted, typed=typed, item=item,
                           items=asking.read("list_items")["items"])

    @frame.page("/lot")
    def lot(asking: Asking) -> Any:
        uri = request.args.get("uri", "")
        known = asking.read("list_lots", uri=uri)["lots"] if uri else []
        if not known:
            raise not_found("lot", uri)
        stock = asking.read("report_stock", lot=uri, limit=1000)["rows"]
        history = asking.read("report_history", lot=uri, limit=1000)
        trace = asking.read("trace_lot", lot=uri, limit=NEIGHBOURS)
        return frame.shown(
            asking, "lot.html", lot=known[0], stock=stock, history=history, trace=trace, drawing=drawn(trace),
            cases=asking.read("list_cases", lot=uri, limit=20)["cases"] if asking.may("list_cases") else [],
            health=asking.read("read_health", lot=uri) if asking.may("read_health") else None,
            causes=CAUSES, state=known[0]["goods_status"],
            papers=asking.read("list_lot_papers", lot=uri, limit=PAPERS)["papers"], paper=str(uuid4()),
            record=history["rows"][-1]["record_status"] if history["rows"] else None,
        )  # fmt: skip

    @frame.form("/lot/print")
    def print_lot(asking: Asking, said: Said) -> Any:
        """The paper itself; its number is on it."""
        paper = asking.do("print_lot_paper", {**only(said, "id", "lot"), "lang": chosen()})
        paper.status_code = 200
        return paper


def folded(typed: str) -> str:
    """Full-width letters are typed by input methods in passing; the lot that is stored is never changed."""
    return unicodedata.normalize("NFKC", typed).strip()[:40]


_LOOKALIKES = {"O": "O0", "0": "0O", "I": "I1", "1": "1I"}
MOST_GUESSES = 16


def _lookalike(asking: Asking, wanted: str, item: str | None) -> tuple[Any, str]:
    """What was perhaps meant: O for 0, I for 1, or the other way round."""
    meant = product(*(_LOOKALIKES.get(letter, letter) for letter in wanted.upper()))
    for guess in islice(map("".join, meant), MOST_GUESSES):
        found = asking.read("list_lots", search=guess, item=item, limit=50)
        if found["lots"]:
            return found, guess
    return {"lots": [], "next": None}, wanted
