"""Rules for lot numbers with a preview before they are made; numbers taken, numbers checked, pallet numbers."""

from typing import Any
from uuid import uuid4

from flask import request, url_for

from service.console.asking import Asking
from service.console.filling import Said, only
from service.console.frame import Frame
from service.domain.lot_rules import PERS, RESETS

RULE = ("code", "name", "pattern", "reset", "per", "item", "category")


def declare(frame: Frame) -> None:
    @frame.page("/numbers")
    def numbers(asking: Asking) -> Any:
        return _shown(frame, asking)

    @frame.form("/numbers/rules", again=numbers)
    def make_rule(asking: Asking, said: Said) -> Any:
        """Made, or with `preview` only what it would give."""
        rule = _rule(said)
        if "preview" in said:
            asked = {"rule": rule, "item": said.get("for_item", ""), "site": said.get("site", "")}
            return _shown(frame, asking, rule=said, previewed=asking.do("preview_rule", asked), site=said.get("site"))
        asking.do("add_lot_number_rule", rule)
        return url_for("console.numbers", done="rule")

    @frame.form("/numbers/preview/<code>")
    def preview_numbers(asking: Asking, said: Said, code: str) -> Any:
        found = asking.do("preview_lot_numbers", only(said, "item", "site"), {"code": code})
        return _shown(frame, asking, previewed=found, site=said.get("site"))

    _used(frame)


def _used(frame: Frame) -> None:
    @frame.form("/numbers/take")
    def take_numbers(asking: Asking, said: Said) -> Any:
        """The same form sent twice takes once: the id is the form's."""
        body = {**only(said, "id", "item", "site"), "count": _count(said)}
        return _shown(frame, asking, taken=asking.do("take_lot_numbers", body)["numbers"])

    @frame.form("/numbers/sscc")
    def take_pallet_numbers(asking: Asking, said: Said) -> Any:
        taken = asking.do("take_ssccs", {**only(said, "id", "prefix"), "count": _count(said)})
        return _shown(frame, asking, ssccs=taken["ssccs"])

    @frame.form("/numbers/check")
    def check_number(asking: Asking, said: Said) -> Any:
        return _shown(frame, asking, checked=asking.do("check_lot_number", only(said, "item", "lot")))


def _rule(said: Said) -> dict[str, Any]:
    start = said.get("start", "1")
    return {**only(said, *RULE), "start": int(start) if start.isdecimal() else -1}


def _count(said: Said) -> int:
    typed = said.get("count", "1")
    return int(typed) if typed.isdecimal() else 0


def _shown(frame: Frame, asking: Asking, **what: Any) -> Any:
    """`rule` is what was typed of a rule that is not made yet."""
    return frame.shown(
        asking, "numbers.html", found=asking.read("list_lot_number_rules", after=request.args.get("after"), limit=200),
        items=asking.read("list_items")["items"], sites=asking.read("list_sites")["sites"], resets=RESETS, pers=PERS,
        prefixes=asking.read("list_gs1_prefixes")["prefixes"], ids=[str(uuid4()) for _ in range(2)],
        **{"rule": {}, "previewed": None, "site": None, "taken": None, "ssccs": None, "checked": None} | what,
    )  # fmt: skip
