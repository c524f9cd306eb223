"""The world of orders with a factory: granulate (GRAN) is made of a component (COMP) at the line, dock S1/D."""

from uuid import UUID, uuid4

from sqlalchemy import Engine

from service.domain import commands as c
from service.ledger import NewItem, Recorded, create_item
from service.orders.create import NewLine, NewOrder, create_order, end_order
from service.orders.history import history
from service.orders.putback import PuttingBack, put_back
from service.orders.read import Line
from tests.service.ledger.world import register
from tests.service.orders.world import Orders

LINE = "S1/D"


class Factory(Orders):
    """COMP, GRAN and FINES are counted in kilograms with two decimals."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        with engine.begin() as connection:
            for code in ("COMP", "GRAN", "FINES"):
                create_item(connection, "maker", NewItem(code=code, name=code, unit="KGM", decimals=2))

    def stocked(self, lot: str, quantity: str, item: str = "COMP", to: str = "S1/A", **fields: object) -> None:
        self.do("maker", register(lot, quantity, item, to, **fields))

    def production(self, number: str, *lines: NewLine) -> int:
        """Of 10 kg of COMP come 10 kg of GRAN, if nothing else is said."""
        lines = lines or (NewLine("GRAN", "10"), NewLine("COMP", "10", role="component"))
        with self.engine.begin() as connection:
            new = NewOrder("production", number, "S1", lines)
            return create_order(connection, self.maker, new, uuid4(), "tester", self.clock())[0]

    def made(self, of: dict[str, str], lot: str, quantity: str, loss: str | None = None, at: str = LINE) -> c.Produce:
        """This much of lots of COMP becomes a lot of GRAN."""
        lines = tuple(c.Line("COMP", number, used) for number, used in of.items())
        return c.Produce(at=at, lines=lines, outputs=(c.NewLotLine("GRAN", lot, quantity),), loss=loss)

    def produce(self, order: int, of: dict[str, str], lot: str, quantity: str, loss: str | None = None,
                id: UUID | None = None, at: str = LINE, **more: bool) -> Recorded:  # fmt: skip
        return self.receive(order, self.made(of, lot, quantity, loss, at), id, **more)

    def set_out(self, order: int) -> None:
        """Allocate and bring it to the line."""
        self.allocate(order)
        made = self.pick_list(order)
        for stop in self.stops(made):
            self.pick(made, stop, f"{stop.said.open / 100:.2f}")

    def put_back(self, order: int, lot: str, quantity: str, id: UUID | None = None, **more: object) -> Recorded:
        line = c.Line("COMP", lot, quantity, more.pop("status", None))  # type: ignore[arg-type]
        asked = PuttingBack(id or uuid4(), LINE, "S1/A", (line,), **more)  # type: ignore[arg-type]
        return put_back(self.engine, self.scribe, self.picker, order, asked)

    def end(self, order: int, how: str = "closed") -> None:
        with self.engine.begin() as connection:
            end_order(connection, order, how, "tester", None, self.clock())  # type: ignore[arg-type]

    def component(self, order: int) -> Line:
        return next(line for line in self.read(order).lines if line.said.role == "component")

    def told(self, order: int) -> list[tuple[str, str, int]]:
        """Role, lot and units of all that was done for an order."""
        with self.engine.connect() as connection:
            return [(row.role, row.lot, row.units) for row in history(connection, order)]
