"""Labels to stick on goods: of a lot, and of a pallet; each was read back before it is given out."""

from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from flask import Response
from sqlalchemy import Connection, select

from service.api import labels_schemas as shapes
from service.api.door import Door
from service.api.fields import Text
from service.api.house import House
from service.api.printing import PDF
from service.api.problem import Problem, not_found
from service.auth.keys import Caller
from service.domain.errors import DomainError
from service.domain.identifiers import check_sscc
from service.domain.orders_slip import elements
from service.domain.quantities import format_quantity, parse_quantity
from service.models.numbers import gs1_prefix
from service.models.tables import balance, item, location, lot, party
from service.papers.label import LotLabel, PalletLabel, Sticker, lot_sticker, pallet_sticker, readable
from service.papers.label_files import sticker_pdf, sticker_svg
from service.papers.values import storage

SVG = "image/svg+xml"
_SSCC = Text(18, pattern="[0-9]{18}", called="an SSCC of 18 digits")


def door(house: House) -> Door:
    labels = house.door("labels", "Labels for lots and pallets, read back before they are given out")

    @labels.operation(
        "GET", "/lots/label", roles=("party",), query=shapes.LotLabelQuery, problems=(404, 409),
        answers={200: (shapes.LotLabelShown, PDF, SVG)},
    )  # fmt: skip
    def label_lot(caller: Caller, query: dict[str, Any]) -> Any:
        """The label of a lot: what it says, or with `format=pdf|svg` the label itself, at its exact size

        GS1 DataMatrix (01)(17)(10), a QR code of the lot's public page, or GS1-128. LOT is the manufacturer's lot where
        there is one. A date whose two digits would be read as another century is left out of the code.
        """
        with house.engine.connect() as connection:
            label = _label(connection, house, caller, query)
        sticker = _fitting(lambda: lot_sticker(label, query["size"], query["code"]))
        shown = {"lot": label.lot, "item": label.item, "expiry_date": label.expiry, "link": label.link,
                 "readable": readable(label.elements) or None}  # fmt: skip
        return _given(query, sticker, shown, label.lot)

    @labels.operation(
        "GET", "/pallets/<sscc>/label", roles=("party",), path={"sscc": _SSCC}, query=shapes.LabelQuery,
        answers={200: (shapes.PalletLabelShown, PDF, SVG)},
    )  # fmt: skip
    def label_pallet(caller: Caller, sscc: str, query: dict[str, Any]) -> Any:
        """The label of a pallet, 100 × 70 mm: its SSCC as GS1-128 (00), and what stands on it

        Of a pallet that stands here, or of an SSCC under one of your GS1 prefixes that is not in use yet.
        """
        try:
            check_sscc(sscc)
        except DomainError:
            raise not_found("pallet", sscc) from None
        with house.engine.connect() as connection:
            label = _pallet(connection, caller, sscc)
        shown = {"sscc": sscc, "readable": f"(00){sscc}", "contents": list(label.contents)}
        return _given(query, _fitting(lambda: pallet_sticker(label)), shown, sscc)

    return labels


def _given(query: dict[str, Any], sticker: Sticker, shown: dict[str, Any], name: str) -> Any:
    form, title = query["format"], f"LOT {name}"
    if form == "json":
        return {**shown, "codes": [{"symbology": symbology, "text": text} for symbology, text in sticker.codes]}
    if form == "svg":
        return Response(sticker_svg(sticker, title), content_type=SVG)
    safe = "".join(letter if letter.isalnum() else "_" for letter in name)
    headers = {"Content-Disposition": f'attachment; filename="lotproof-label-{safe}.pdf"'}
    return Response(sticker_pdf(sticker, title, query["copies"]), headers=headers, content_type=PDF)


def _fitting(lay_out: Callable[[], Sticker]) -> Sticker:
    try:
        return lay_out()
    except ValueError as why:
        raise Problem(409, "label-does-not-fit", f"expected {why}", expected=str(why)) from None


def _label(connection: Connection, house: House, caller: Caller, query: dict[str, Any]) -> LotLabel:
    row = connection.execute(_LOT.where(lot.c.party_id == caller.party_id, lot.c.uri == query["lot"])).one_or_none()
    if row is None:
        raise not_found("lot", query["lot"])
    on_it = row.manufacturer_lot or row.number
    quantity = None
    if "quantity" in query:
        quantity = f"{format_quantity(parse_quantity(query['quantity'], row.decimals), row.decimals)} {row.unit}"
    said = elements(row.gtin, on_it, None, row.expiry_date, _today(house)) if row.gtin else ()
    return LotLabel(
        row.name, row.spec, row.code, on_it, row.production_date, row.expiry_date, quantity,
        storage(row.storage_min, row.storage_max), said, house.settings.public_url + urlsplit(query["lot"]).path,
    )  # fmt: skip


def _today(house: House) -> date:
    return house.now().date()


def _pallet(connection: Connection, caller: Caller, sscc: str) -> PalletLabel:
    name = connection.execute(select(party.c.name).where(party.c.id == caller.party_id)).scalar_one()
    place = connection.scalar(select(location.c.id).where(
        location.c.party_id == caller.party_id, location.c.code == sscc, location.c.kind == "pallet"))  # fmt: skip
    if place is None:
        prefixes = connection.scalars(select(gs1_prefix.c.prefix).where(gs1_prefix.c.party_id == caller.party_id))
        if not any(sscc[1:].startswith(prefix) for prefix in prefixes):
            raise not_found("pallet", sscc)
        return PalletLabel(sscc, name, ())
    rows = connection.execute(_CONTENTS.where(balance.c.place == place))
    told = [f"{row.code} · {row.number} · EXP {row.expiry_date or '–'} · {format_quantity(row.units, row.decimals)} "
            f"{row.unit}" for row in rows]  # fmt: skip
    return PalletLabel(sscc, name, told)


_LOT = select(
    lot.c.number, lot.c.manufacturer_lot, lot.c.production_date, lot.c.expiry_date, item.c.code, item.c.name,
    item.c.spec, item.c.gtin, item.c.unit, item.c.decimals, item.c.storage_min, item.c.storage_max,
).join(item, item.c.id == lot.c.item_id)  # fmt: skip
_CONTENTS = (
    select(item.c.code, lot.c.number, lot.c.expiry_date, balance.c.units, item.c.decimals, item.c.unit)
    .select_from(balance).join(lot, lot.c.id == balance.c.lot_id).join(item, item.c.id == lot.c.item_id)
    .where(balance.c.units > 0).order_by(item.c.code, lot.c.number)
)  # fmt: skip
