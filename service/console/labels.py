"""Labels of a lot, a pallet or a place: each as it will be printed, numbered copies to print, and which there are."""

from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from flask import request, url_for

from service.api.problem import Problem, not_found
from service.console.asking import Asking
from service.console.filling import Said, only
from service.console.frame import Frame

OF_A_LOT = (
    ("60x40", "datamatrix"), ("60x40", "qr"), ("100x70", "datamatrix"), ("100x70", "qr"), ("100x70", "gs1-128"),
)  # fmt: skip
OF_A_PLACE = (("60x40", "place"), ("100x70", "place"))
API = "/api/v1"
PIXELS = 6  # on the page for each millimetre
MOST = 50


def declare(frame: Frame) -> None:
    _looked_at(frame)
    _printed(frame)


def _looked_at(frame: Frame) -> None:
    @frame.page("/labels")
    def labels(asking: Asking) -> Any:
        kind, about = next(((name, value) for name in ("sscc", "place") if (value := request.args.get(name))), ("", ""))
        quantity = request.args.get("quantity") or None
        lot = None if kind else _lot(asking)
        made = _labels(asking, kind, about, lot, quantity)
        thing = {"lot": lot["uri"]} if lot else {"pallet" if kind == "sscc" else kind: about}
        prints = asking.read("list_label_prints", **thing, limit=MOST)["prints"]
        return frame.shown(
            asking, "labels.html", lot=lot, about=about, thing=thing, labels=made, prints=prints,
            quantity=quantity or "",
            fresh=next((each for each in prints if str(each["id"]) == request.args.get("print")), None),
        )  # fmt: skip

    @frame.page("/labels/places")
    def place_labels(asking: Asking) -> Any:
        places = [each for each in asking.read("list_locations")["locations"] if each["kind"] != "pallet"]
        return frame.shown(asking, "label_places.html", places=places)


def _printed(frame: Frame) -> None:
    @frame.form("/labels/print")
    def print_labels(asking: Asking, said: Said) -> str:
        """The same form sent twice is the same print: the id is the form's."""
        body: dict[str, Any] = only(said, "id", "lot", "pallet", "place", "size", "code", "quantity", "reason")
        copies = said.get("copies", "1")
        body["copies"] = int(copies) if copies.isascii() and copies.isdigit() else 0
        made = asking.do("print_label", body)
        name = {"lot": "uri", "pallet": "sscc", "place": "place"}[made["kind"]]
        return url_for("console.labels", **{name: made["about"]}, print=made["id"], done="printed")


def _lot(asking: Asking) -> Any:
    uri = request.args.get("uri", "")
    lot = next(iter(asking.read("list_lots", uri=uri)["lots"] if uri else []), None)
    if lot is None:
        raise not_found("lot", uri)
    return lot


def _labels(asking: Asking, kind: str, about: str, lot: Any, quantity: str | None) -> list[dict[str, Any]]:
    if kind == "sscc":
        told = asking.read("label_pallet", {"sscc": about})
        return [_label(f"/pallets/{about}/label", {}, "100x70", "gs1-128", told)]
    if kind == "place":
        return [_tried(asking, "label_place", "/locations/label", {"place": about, "size": size}, size, code)
                for size, code in OF_A_PLACE]  # fmt: skip
    return [_tried(asking, "label_lot", "/lots/label", {"lot": lot["uri"], "size": size, "code": code,
                                                        "quantity": quantity}, size, code) for size, code in OF_A_LOT]


def _tried(
    asking: Asking, operation: str, path: str, asked: dict[str, str | None], size: str, code: str
) -> dict[str, Any]:
    """What the label says, with the address of its picture; or why there is none."""
    try:
        told = asking.read(operation, **asked)
    except Problem as problem:
        if problem.status != 409:
            raise
        return {"size": size, "code": code, "why": problem.detail}
    return _label(path, asked, size, code, told)


def _label(path: str, asked: dict[str, str | None], size: str, code: str, told: Any) -> dict[str, Any]:
    wide, _, high = size.partition("x")
    query = {name: value for name, value in asked.items() if value} | {"format": "svg"}
    says = told.get("readable") if code not in ("qr", "place") else next(each["text"] for each in told["codes"])
    return {"id": str(uuid4()), "size": size, "code": code, "why": None, "svg": f"{API}{path}?{urlencode(query)}",
            "says": says, "wide": int(wide) * PIXELS, "high": int(high) * PIXELS}  # fmt: skip
