"""Labels of a lot or a pallet: every size and code that there is, as it will be printed, and as a file to print."""

from typing import Any
from urllib.parse import urlencode

from flask import request

from service.api.problem import Problem, not_found
from service.console.asking import Asking
from service.console.frame import Frame

OF_A_LOT = (
    ("60x40", "datamatrix"), ("60x40", "qr"), ("100x70", "datamatrix"), ("100x70", "qr"), ("100x70", "gs1-128"),
)  # fmt: skip
API = "/api/v1"


def declare(frame: Frame) -> None:
    @frame.page("/labels")
    def labels(asking: Asking) -> Any:
        uri, sscc, copies = (request.args.get(name, "") for name in ("uri", "sscc", "copies"))
        if sscc:
            told = asking.read("label_pallet", {"sscc": sscc})
            made = [_label(f"/pallets/{sscc}/label", {"copies": copies}, "100x70", "gs1-128", told)]
            return frame.shown(asking, "labels.html", lot=None, sscc=sscc, labels=made, copies=copies or "1",
                               quantity="")
        lot = next(iter(asking.read("list_lots", uri=uri)["lots"] if uri else []), None)
        if lot is None:
            raise not_found("lot", uri)
        quantity = request.args.get("quantity") or None
        return frame.shown(
            asking, "labels.html", lot=lot, sscc=None, copies=copies or "1", quantity=quantity or "",
            labels=[_of_lot(asking, uri, quantity, copies, size, code) for size, code in OF_A_LOT],
        )  # fmt: skip


def _of_lot(asking: Asking, uri: str, quantity: str | None, copies: str, size: str, code: str) -> dict[str, Any]:
    """What the label says, with the addresses of its files; or why there is none."""
    asked = {"lot": uri, "size": size, "code": code, "quantity": quantity, "copies": copies or None}
    try:
        told = asking.read("label_lot", **asked)
    except Problem as problem:
        if problem.status != 409:
            raise
        return {"size": size, "code": code, "why": problem.detail}
    return _label("/lots/label", asked, size, code, told)


def _label(path: str, asked: dict[str, str | None], size: str, code: str, told: Any) -> dict[str, Any]:
    wide, _, high = size.partition("x")
    query = {name: value for name, value in asked.items() if value}
    svg, pdf = (f"{API}{path}?{urlencode(query | {'format': form})}" for form in ("svg", "pdf"))
    says = " ".join(each["text"] for each in told["codes"]) if code == "qr" else told["readable"]
    return {"size": size, "code": code, "why": None, "svg": svg, "pdf": pdf, "says": says,
            "wide": int(wide) * 6, "high": int(high) * 6}  # fmt: skip
