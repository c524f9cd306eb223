"""Labels to stick on goods and shelves: looked at as specimens, and printed as numbered copies."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from flask import Response
from sqlalchemy import Connection, Row

from service.api import labels_schemas as shapes
from service.api.door import Door, body_of
from service.api.fields import Text, Uuid
from service.api.house import House
from service.api.labels_found import lot_label, pallet_label, place_label
from service.api.printing import PDF
from service.api.problem import Problem, not_found
from service.auth.keys import Caller
from service.domain.errors import DomainError
from service.domain.identifiers import check_sscc, check_text
from service.papers.label import (
    LotLabel,
    PalletLabel,
    PlaceLabel,
    Sticker,
    lot_sticker,
    numbered,
    pallet_sticker,
    place_sticker,
    readable,
)
from service.papers.label_files import sticker_pdf, sticker_svg
from service.prints import labels as prints
from service.prints import stickers
from service.prints.labels import NewPrint

SVG = "image/svg+xml"
SPECIMEN = "SPECIMEN, not numbered 样张，未编号"
_SSCC = Text(18, pattern="[0-9]{18}", called="an SSCC of 18 digits")
_MINE = ("party",)

Label = LotLabel | PalletLabel | PlaceLabel


def door(house: House) -> Door:
    labels = house.door("labels", "Labels for lots, pallets and places, read back before they are given out")
    _of_a_lot(labels, house)
    _of_a_pallet(labels, house)
    _of_a_place(labels, house)
    _printed(labels, house)
    _listed(labels, house)
    return labels


def _of_a_lot(labels: Door, house: House) -> None:
    @labels.operation(
        "GET", "/lots/label", roles=_MINE, query=shapes.LotLabelQuery, problems=(404, 409),
        answers={200: (shapes.LotLabelShown, PDF, SVG)},
    )  # fmt: skip
    def label_lot(caller: Caller, query: dict[str, Any]) -> Any:
        """The label of a lot: what it says, or with `format=pdf|svg` a specimen of it, at its exact size

        GS1 DataMatrix (01)(17)(10), a QR code of the lot's public page, or GS1-128. LOT is the manufacturer's lot where
        there is one. A date whose two digits would be read as another century is left out of the code. A specimen says
        that it is one; copies that count are made by POST /label-prints.
        """
        with house.engine.connect() as connection:
            label = _lot(connection, house, caller, query["lot"], query.get("quantity"))
        sticker = _fitting(lambda: lot_sticker(label, query["size"], query["code"]))
        shown = {"lot": label.lot, "item": label.item, "expiry_date": label.expiry, "link": label.link,
                 "readable": readable(label.elements) or None}  # fmt: skip
        return _given(query, sticker, shown, f"LOT {label.lot}")


def _of_a_pallet(labels: Door, house: House) -> None:
    @labels.operation(
        "GET", "/pallets/<sscc>/label", roles=_MINE, path={"sscc": _SSCC}, query=shapes.LabelQuery,
        answers={200: (shapes.PalletLabelShown, PDF, SVG)},
    )  # fmt: skip
    def label_pallet(caller: Caller, sscc: str, query: dict[str, Any]) -> Any:
        """The label of a pallet, 100 × 70 mm: its SSCC as GS1-128 (00), and what stands on it

        Of a pallet that stands here, or of an SSCC under one of your GS1 prefixes that is not in use yet. A specimen;
        copies that count are made by POST /label-prints.
        """
        with house.engine.connect() as connection:
            label = _pallet(connection, caller, sscc)
        shown = {"sscc": sscc, "readable": f"(00){sscc}", "contents": list(label.contents)}
        return _given(query, _fitting(lambda: pallet_sticker(label)), shown, f"SSCC {sscc}")


def _of_a_place(labels: Door, house: House) -> None:
    @labels.operation(
        "GET", "/locations/label", roles=_MINE, query=shapes.PlaceLabelQuery, problems=(404, 409),
        answers={200: (shapes.PlaceLabelShown, PDF, SVG)},
    )  # fmt: skip
    def label_place(caller: Caller, query: dict[str, Any]) -> Any:
        """The label of a place: SITE/LOC as a QR code, and as Code 128 where its bars fit

        What a scanner reads is what a movement takes as a place. A specimen; copies that count are made by
        POST /label-prints.
        """
        with house.engine.connect() as connection:
            label = _place(connection, caller, query["place"])
        shown = {"place": label.place, "name": label.name, "kind": label.kind}
        return _given(query, _fitting(lambda: place_sticker(label, query["size"])), shown, label.place)


def _printed(labels: Door, house: House) -> None:
    @labels.operation("POST", "/label-prints", roles=_MINE, body=body_of(shapes.NewLabelPrint), problems=(404, 409),
                      answers={201: shapes.LabelPrint, 200: shapes.LabelPrint})  # fmt: skip
    def print_label(caller: Caller, body: dict[str, Any]) -> Any:
        """Print a label: numbered copies of it, on record with who, when and why

        Say one of `lot`, `pallet` and `place`. Copies go on counting where the last print of the same thing ended; what
        was printed before needs a `reason` (409). The file is at GET /label-prints/{id}/file.
        """
        assert caller.party_id is not None
        if body.get("reason") is not None:
            check_text("reason", body["reason"])
        kind, about = _named(body)
        with house.engine.begin() as connection:
            label = _found(connection, house, caller, kind, about, body)
            _fitting(lambda: stickers.sticker(label, body["size"], body["code"]))
            new = NewPrint(body["id"], kind, about, body["copies"], body["size"], body["code"],
                           stickers.told(label), body.get("reason"))  # fmt: skip
            row, made = prints.record(connection, caller.party_id, caller.actor, house.now(), new)
        return _row(row), 201 if made else 200


def _listed(labels: Door, house: House) -> None:
    @labels.operation("GET", "/label-prints", roles=_MINE, query=shapes.LabelPrintQuery,
                      answers={200: shapes.LabelPrints})  # fmt: skip
    def list_label_prints(caller: Caller, query: dict[str, Any]) -> Any:
        """Labels that were printed, the newest first; of one thing, or of all"""
        assert caller.party_id is not None
        kind, about = _named(query) if any(name in query for name in shapes.THINGS) else (None, None)
        with house.engine.connect() as connection:
            found = prints.listed(connection, caller.party_id, kind, about, query["limit"])
        return {"prints": [_row(row) for row in found]}

    @labels.operation("GET", "/label-prints/<id>/file", roles=_MINE, path={"id": Uuid()}, answers={200: PDF})
    def read_label_print(caller: Caller, id: UUID) -> Any:
        """The file of a print, a page for each numbered copy; the same bytes each time"""
        assert caller.party_id is not None
        with house.engine.connect() as connection:
            row = prints.one(connection, caller.party_id, id)
        if row is None:
            raise not_found("label print", str(id))
        made = stickers.sticker(stickers.of(row.kind, row.says), row.size, row.code)
        return _file(sticker_pdf(made, f"{row.about} {row.first}", prints.says_of_copies(row)), row.about)


def _named(said: dict[str, Any]) -> tuple[str, str]:
    """Which thing; raises Problem 422 unless it is exactly one."""
    given = [name for name in shapes.THINGS if name in said]
    if len(given) != 1:
        seen = " and ".join(given) or "none"
        detail = f"expected one of lot, pallet and place, got {seen}"
        raise Problem(422, "which-thing", detail, expected="one of lot, pallet, place", seen=seen)
    return given[0], str(said[given[0]])


def _found(
    connection: Connection, house: House, caller: Caller, kind: str, about: str, said: dict[str, Any]
) -> Label:
    if kind == "lot":
        return _lot(connection, house, caller, about, said.get("quantity"))
    return _pallet(connection, caller, about) if kind == "pallet" else _place(connection, caller, about)


def _lot(connection: Connection, house: House, caller: Caller, uri: str, quantity: str | None) -> LotLabel:
    assert caller.party_id is not None
    label = lot_label(connection, caller.party_id, uri, quantity, _today(house), house.settings.public_url)
    if label is None:
        raise not_found("lot", uri)
    return label


def _pallet(connection: Connection, caller: Caller, sscc: str) -> PalletLabel:
    assert caller.party_id is not None
    try:
        check_sscc(sscc)
    except DomainError:
        raise not_found("pallet", sscc) from None
    label = pallet_label(connection, caller.party_id, sscc)
    if label is None:
        raise not_found("pallet", sscc)
    return label


def _place(connection: Connection, caller: Caller, place: str) -> PlaceLabel:
    assert caller.party_id is not None
    label = place_label(connection, caller.party_id, place)
    if label is None:
        raise not_found("location", place)
    return label


def _today(house: House) -> date:
    return house.now().date()


def _given(query: dict[str, Any], sticker: Sticker, shown: dict[str, Any], title: str) -> Any:
    form, specimen = query["format"], numbered(sticker, SPECIMEN)
    if form == "json":
        return {**shown, "codes": [{"symbology": symbology, "text": text} for symbology, text in sticker.codes]}
    if form == "svg":
        return Response(sticker_svg(specimen, title), content_type=SVG)
    return _file(sticker_pdf(sticker, title, [SPECIMEN]), title)


def _file(content: bytes, name: str) -> Response:
    safe = "".join(letter if letter.isalnum() and letter.isascii() else "_" for letter in name)[-60:]
    headers = {"Content-Disposition": f'attachment; filename="lotproof-label-{safe}.pdf"'}
    return Response(content, headers=headers, content_type=PDF)


def _fitting(lay_out: Callable[[], Sticker]) -> Sticker:
    try:
        return lay_out()
    except ValueError as why:
        raise Problem(409, "label-does-not-fit", f"expected {why}", expected=str(why)) from None


def _row(row: Row[Any]) -> dict[str, Any]:
    return {
        "id": row.id, "kind": row.kind, "about": row.about, "first": row.first, "last": row.first + row.copies - 1,
        "size": row.size, "code": row.code, "reason": row.reason, "printed_by": row.printed_by,
        "printed_at": row.printed_at, "file": f"/api/v1/label-prints/{row.id}/file",
    }  # fmt: skip
