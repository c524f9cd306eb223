"""Lots of a party, and the proof of any lot."""

from typing import Any

from flask import Response
from sqlalchemy import select

from service.api import schemas
from service.api.door import Door
from service.api.fields import Choice, Shape, Text, Uri, WholeInQuery
from service.api.house import House
from service.api.problem import Problem
from service.api.rows import plain
from service.auth.keys import Caller
from service.domain.quantities import format_quantity
from service.models.tables import item, lot
from service.proof.assemble import Part
from service.proof.fields import PROFILES
from service.proof.proofs import Wanted
from service.reports.lying import Lying, lying_of

PAGE = 100
MAX_SIZE = 2**53 - 1
_SHOWN = (lot.c.id, item.c.decimals, lot.c.uri, item.c.code.label("item"), item.c.name, item.c.unit,
          lot.c.number.label("lot"), lot.c.production_date, lot.c.expiry_date, lot.c.retest_date,
          lot.c.manufacturer_lot, lot.c.supplier, lot.c.traceability_lot_code,
          lot.c.traceability_source, lot.c.recall.is_not(None).label("recalled"))  # fmt: skip


class LotQuery(Shape):
    uri = Uri()
    item = Text(40)
    lot = Text(20)
    search = Text(40, doc={"description": "A part of the lot number or of the manufacturer's"})
    after = Uri()
    limit = WholeInQuery(1, 1000, load_default=PAGE)


class ProofQuery(Shape):
    lot = Uri(required=True, doc={"description": "URI of the lot"})
    under = Choice(
        "final",
        "mined",
        load_default="final",
        doc={"description": "The newest final anchor, or the newest of all, which a reorg could still take away"},
    )
    size = WholeInQuery(1, MAX_SIZE, doc={"description": "Instead: the anchored checkpoint of this tree size"})
    profile = Choice(*PROFILES, doc={"description": "Show no more than this profile does, of what you may see"})
    first = WholeInQuery(1, MAX_SIZE, doc={"description": "Of a long history, a part: its first entry, counted from 1"})
    last = WholeInQuery(1, MAX_SIZE, doc={"description": "And its last; parts of one lot need the same `size`"})


def door(house: House) -> Door:
    lots = house.door("lots", "Lots, and the proof of a lot")

    @lots.operation("GET", "/lots", roles=("party",), query=LotQuery, answers={200: schemas.Lots})
    def list_lots(caller: Caller, query: dict[str, Any]) -> Any:
        """List or search your lots, in the order of their URIs"""
        with house.engine.connect() as connection:
            found = [plain(row) for row in connection.execute(_listed(caller, query))]
            lying = lying_of(connection, [each["id"] for each in found], house.now())
        found = [_with(each, lying.get(each.pop("id"))) for each in found]
        return {"lots": found, "next": found[-1]["uri"] if len(found) == query["limit"] else None}

    @lots.operation(
        "GET",
        "/lots/proof",
        roles=("party", "auditor", "regulator"),
        query=ProofQuery,
        problems=(404, 409, 429),
        answers={200: schemas.LotProof},
    )
    def prove_lot(caller: Caller, query: dict[str, Any]) -> Response:
        """The proof of a lot, or that there is none

        One file, `lotproof/1`, that a stranger checks with the verifier against the chain. How much of each statement
        is shown depends on the key; the hashes stay whole. 503 with Retry-After until the lot's newest entry is
        anchored. A history that is too long for one file (409) is fetched in parts, which the verifier takes together.
        """
        wanted = Wanted(query["lot"], query["under"] == "final", query.get("size"), _part(query))
        return house.proofs.answer(caller, wanted, PROFILES.get(query.get("profile", "")))

    return lots


def _part(query: dict[str, Any]) -> Part | None:
    if "first" not in query and "last" not in query:
        return None
    first, last = query.get("first", 1), query.get("last")
    if last is None or last < first:
        raise Problem(422, "no-such-part", f"expected last >= first, got first={first}, last={last}")
    return Part(first, last)


def _with(shown: dict[str, Any], lying: Lying | None) -> dict[str, Any]:
    """How much of it lies here, and the one word for all of that."""
    units = lying.units if lying else 0
    nothing = "recalled" if shown["recalled"] else "gone"
    status = lying.status(recalled=shown["recalled"]) if lying else nothing
    quantity = format_quantity(units, shown.pop("decimals"))
    return {**shown, "quantity": quantity, "goods_status": status}


def _listed(caller: Caller, query: dict[str, Any]) -> Any:
    listed = select(*_SHOWN).join(item, item.c.id == lot.c.item_id).where(lot.c.party_id == caller.party_id)
    for name, column in (("uri", lot.c.uri), ("item", item.c.code), ("lot", lot.c.number)):
        if name in query:
            listed = listed.where(column == query[name])
    if "search" in query:
        part = query["search"]
        listed = listed.where(
            lot.c.number.icontains(part, autoescape=True) | lot.c.manufacturer_lot.icontains(part, autoescape=True)
        )
    if "after" in query:
        listed = listed.where(lot.c.uri > query["after"])
    return listed.order_by(lot.c.uri).limit(query["limit"])
