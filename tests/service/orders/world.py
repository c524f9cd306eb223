"""The world of the ledger's tests with orders: made, allocated, picked and shipped by the product's own functions."""

from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import Engine

from service.domain import commands as c
from service.ledger import Recorded
from service.orders.allocate import LinePlan, allocate_order
from service.orders.create import NewLine, NewOrder, create_order
from service.orders.pick import Confirmation, Picked, Picker, confirm_pick
from service.orders.picklist import PickStop, make_pick_list, read_stops
from service.orders.read import Order, read_order
from service.orders.receipt import receipt
from service.orders.shipment import Shipping, ship_order
from tests.service.ledger.world import World

HOUR = timedelta(hours=1)


class Orders(World):
    """Everything for the party `maker`, whose site S1 has a dock D."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.maker = int(self.one("SELECT id FROM warehouse.party WHERE code = 'maker'")[0])  # type: ignore[call-overload]
        self.picker = Picker("maker", self.maker, "tester")

    def order(self, number: str, quantity: str = "10", kind: str = "sales", **more: object) -> int:
        lot = more.pop("lot", None)
        line = NewLine("MED", quantity, lot)  # type: ignore[arg-type]
        new = NewOrder(kind, number, "S1", (line,), **more)  # type: ignore[arg-type]
        with self.engine.begin() as connection:
            return create_order(connection, self.maker, new, uuid4(), "tester", self.clock())[0]

    def read(self, order: int) -> Order:
        with self.engine.connect() as connection:
            return read_order(connection, order, self.clock())

    def allocate(self, order: int, kept: timedelta = HOUR, *, preview: bool = False) -> LinePlan:
        plan, = allocate_order(self.engine, self.scribe, order, kept, preview=preview)
        return plan

    def pick_list(self, order: int) -> UUID:
        with self.engine.begin() as connection:
            return make_pick_list(connection, order, uuid4(), "S1/D", self.clock())[0]

    def stops(self, list_id: UUID) -> list[PickStop]:
        with self.engine.connect() as connection:
            return read_stops(connection, self.maker, list_id)

    def pick(self, list_id: UUID, stop: PickStop, quantity: str | None, **more: object) -> Picked:
        said = {"id": uuid4(), "item": stop.said.item, "lot": stop.said.lot, "place": stop.said.place, **more}
        confirmation = Confirmation(quantity=quantity, **said)  # type: ignore[arg-type]
        return confirm_pick(self.engine, self.scribe, self.picker, list_id, stop.said.number, confirmation)

    def pick_all(self, order: int) -> None:
        made = self.pick_list(order)
        for stop in self.stops(made):
            self.pick(made, stop, str(stop.said.units))

    def ship(self, order: int, id: UUID | None = None, **more: object) -> Recorded:
        asked = Shipping(id or uuid4(), **more)  # type: ignore[arg-type]
        return ship_order(self.engine, self.scribe, self.picker, order, asked)

    def receive(self, order: int, command: c.Command, id: UUID | None = None, *, over: bool = False) -> Recorded:
        return receipt(self.engine, self.scribe, order, self.request("maker", command, id), over=over)

    def reserved(self) -> int:
        query = "SELECT coalesce(sum(units), 0)::bigint FROM warehouse.reservation WHERE expires_at > :now"
        return int(self.one(query, now=self.clock())[0])  # type: ignore[call-overload]
