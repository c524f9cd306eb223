"""A lettuce packer and its customers in the small world of the ledger's tests, with everything said that records ask.

    farm 9 -> maker S1: L1 registered (initial packing), R1 received, split, merged, sent to S2, handed to shop, shipped
"""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from service.codes import keeping
from service.domain import commands as c
from service.people import items
from service.people.changes import Author
from service.records import cards, products, supplements
from service.records.catalogue import RECORDS
from service.records.missing import Missing, missing
from service.records.supplements import NewSupplement
from service.reports.report import Asked, Row
from tests.service.ledger.world import ORIGIN, World, line
from tests.service.reports.asking import party_id

URI = "https://id.gs1.org/01/09506000134352/10/"
WHERE = {"phone": "+1 831 555 0100", "street": "1 Field Way", "city": "Salinas", "region": "CA", "postal_code": "93901",
         "country": "US"}  # fmt: skip
PRODUCT: Mapping[str, Any] = {
    "regimes": ["fsma", "gsp", "dscsa", "fmd"], "raw": True, "brand": "Green", "commodity": "Lettuce",
    "variety": "Romaine",
    "pack_size": "6 × 300 g", "pack_style": "case", "generic_name": "Lettuce extract", "trade_name": "Lettucin",
    "dosage_form": "capsule", "strength": "10 mg", "ndc": "12345-678-90", "container_size": "24 capsules",
    "manufacturer": "Maker", "approval_number": "H20260001",
}  # fmt: skip
CARDS: tuple[tuple[str, str], ...] = (
    ("party", "maker"), ("site", "S1"), ("site", "S2"), ("partner", "Farm 9"), ("partner", "Clinic"),
    ("partner", "F-1"), ("partner", "H-1"), ("partner", "K-1"), ("partner", "shop"),
)  # fmt: skip
OF_THE_LOT = {"farm": "F-1", "field_name": "North 4", "harvester": "H-1", "harvested_on": "2026-11-20",
              "received_on": "2026-11-21", "received_quantity": "6.5", "received_unit": "TNE",
              "cooled_at": "K-1", "cooled_on": "2026-11-20"}  # fmt: skip
PAPER = (c.Document("desadv", "D-1"),)


def author(world: World, party: str = "maker") -> Author:
    return Author(party_id(world, party), "tester", world.clock(), "for the records")


def put_card(world: World, kind: Any, code: str, party: str = "maker", **changes: Any) -> None:
    with world.engine.begin() as connection:
        cards.put(connection, author(world, party), kind, code, {"name": f"{code} Ltd", **WHERE, **changes})


def put_product(world: World, item: str = "MED", party: str = "maker", **changes: Any) -> None:
    with world.engine.begin() as connection:
        assert products.change(connection, author(world, party), item, {**PRODUCT, **changes}) is not None


def say(world: World, field: str, value: str, lot: str | None = None, movement: UUID | None = None) -> None:
    new = NewSupplement(id=uuid4(), field=field, value=value, reason="not said", movement=movement,
                        lot=None if lot is None else URI + lot)  # fmt: skip
    with world.engine.begin() as connection:
        supplements.add(connection, party_id(world, "maker"), "tester", world.clock(), new)


def furnish(world: World) -> None:
    """Cards and product data are complete; the item takes in goods at once."""
    put_product(world)
    with world.engine.begin() as connection:
        items.change(connection, author(world), "MED", {"spec": "10 mg × 24"})
    for kind, code in CARDS:
        put_card(world, kind, code)


def begun(lot: str, quantity: str = "100", **more: Any) -> tuple[c.NewLotLine, ...]:
    days = {"production_date": date(2026, 11, 1), "expiry_date": date(2027, 6, 30)}
    return (c.NewLotLine("MED", lot, quantity, **days, **more),)


def live(world: World) -> dict[str, UUID]:
    """The story: ids of its movements by name."""
    made: dict[str, UUID] = {}

    def does(name: str, command: c.Command, party: str = "maker") -> None:
        made[name] = uuid4()
        world.do(party, command, made[name])

    does("packed", c.Register(to="S1/A", lines=begun("L1"), documents=PAPER))
    does("received", c.Receive(to="S1/A", supplier="Farm 9", documents=PAPER,
                               lines=begun("R1", traceability_lot_code="F9-77", traceability_source="Farm 9")))
    does("split", c.Split(at="S1/A", item="MED", lot="R1", outputs=(c.Output("R1a", "40"),)))
    does("moved", c.Move(from_="S1/A", to="S1/B", lines=line("R1a", "40")))
    does("merged", c.Merge(at="S1/A", lot="M1", lines=(*line("L1", "30"), *line("R1", "20")), documents=PAPER))
    does("sent", c.Send(from_="S1/A", to_site="S2", lines=line("M1", "20"), documents=PAPER))
    does("arrived", c.Arrive(transfer=made["sent"], to="S2/A", documents=PAPER))
    does("offered", c.Offer(from_="S1/B", to_party="shop", lines=line("R1a", "10"), documents=PAPER))
    does("accepted", c.Accept(handoff=made["offered"], to="S1/A"), "shop")
    does("shipped", c.Ship(from_="S1/B", customer="Clinic", lines=line("R1a", "5"), documents=PAPER))
    does("back", c.TakeBack(to="S1/Q", customer="Clinic", reason="wilted", lines=line("R1a", "2"), documents=PAPER))
    for field, value in OF_THE_LOT.items():
        say(world, field, value, "L1")
    _packages(world, made)
    return made


def _packages(world: World, made: Mapping[str, UUID]) -> None:
    """Two single packages of R1: one is sold with the shipment, both are looked up."""
    by = keeping.By(party_id(world, "maker"), "tester", world.clock())
    codes = tuple(keeping.NewCode(code) for code in ("81000000000000000001", "81000000000000000002"))
    both = tuple(each.code for each in codes)
    acts = (("verified", both, None, "active"), ("sold", both[:1], made["shipped"], None))
    with world.engine.begin() as connection:
        keeping.capture(connection, by, keeping.Capture(id=uuid4(), lot=URI + "R1", codes=codes))
        for act, of, movement, result in acts:
            asked = keeping.Acting(id=uuid4(), act=act, codes=of, movement=movement, result=result)  # type: ignore[arg-type]
            assert keeping.act(connection, by, asked) == ([], True)


def rows_of(world: World, name: str, party: str = "maker", limit: int | None = None, after: Any = None, **values: Any
            ) -> list[Row]:  # fmt: skip
    asked = Asked(party_id(world, party), world.clock(), ORIGIN, values, after, limit)
    with world.engine.connect() as connection:
        return list(RECORDS[name].rows(connection, asked))


def lacking(world: World, name: str, party: str = "maker", **values: Any) -> Missing:
    return missing(RECORDS[name], rows_of(world, name, party, **values))


def findings(world: World, name: str, party: str = "maker") -> set[tuple[str, str]]:
    return {(row["about"], row["field"]) for row in lacking(world, name, party).listed}
