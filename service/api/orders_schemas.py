"""Orders, allocation, picking and slips as JSON; what it means is said in `service.domain.orders` and `allocation`."""

from datetime import timedelta
from typing import Any

from service.api.fields import (
    Choice,
    Day,
    Field,
    Flag,
    Instant,
    Many,
    One,
    Quantity,
    Shape,
    Text,
    Uri,
    Uuid,
    Whole,
    WholeInQuery,
)
from service.api.movement_schemas import read_movement
from service.api.movement_shapes import LINE_LIMIT, place
from service.api.printing import Printed
from service.api.schemas import MANY, Anything, Degrees, Nullable, RecordedMovement, number, text
from service.domain.allocation import POLICIES
from service.domain.allocation_reasons import CODES
from service.domain.orders import KINDS, ROLES, STATES
from service.orders.choose import Choice as ChosenByHand
from service.orders.create import NewLine, NewOrder
from service.orders.master import NewCustomer
from service.orders.pick import Confirmation
from service.orders.shipment import Shipping

DAYS = 36_500
LONGEST_RESERVATION = timedelta(days=30)
USUAL_RESERVATION = timedelta(days=1)


class Wanted(Shape):
    """What somebody wants of the lots; the order's word goes before the customer's."""

    issue_policy = Choice(*POLICIES)
    min_days_left = Whole(0, DAYS)
    min_percent_left = Whole(0, 100)


class NewCustomerShape(Wanted):
    makes = NewCustomer
    code = Text(40, required=True)
    name = Text(200, required=True)
    party = Text(40, doc={"description": "Its code, if it is a party on this ledger: goods are then offered to it"})


class Customer(Shape):
    code = text(40)
    name = text(200)
    party = Nullable(Text(40))
    issue_policy = Nullable(Choice(*POLICIES))
    min_days_left = Nullable(Whole(0, DAYS))
    min_percent_left = Nullable(Whole(0, 100))


class Customers(Shape):
    customers = Many(One(Customer), 0, MANY, required=True)
    next = Nullable(Text(40, doc={"description": "Give it as `after` to read on"}))


class CustomerQuery(Shape):
    after = Text(40, load_default="")
    limit = WholeInQuery(1, 1000, load_default=100)


class IssuePolicy(Shape):
    issue_policy = Choice(*POLICIES, required=True)


class ItemIssuePolicy(IssuePolicy):
    item = text(40)


class NewLineShape(Shape):
    makes = NewLine
    item = Text(40, required=True)
    quantity = Quantity(required=True)
    lot = Text(20)
    over_tolerance_percent = Whole(0, 100, doc={"description": "Of what is made or used up, too"})
    role = Choice(*ROLES, load_default="main", doc={"description": "In a production order: what this line is for"})


class NewOrderShape(Wanted):
    makes = NewOrder
    id = Uuid(doc={"description": "Choose one and keep it: the same order again is then the one that exists"})
    kind = Choice(*KINDS, required=True)
    number = Text(64, required=True)
    site = Text(40, required=True, doc={"description": "Where the goods come in or leave"})
    partner = Text(200, doc={"description": "Name of a supplier or customer who is not on this ledger"})
    party = Text(40, doc={"description": "Its code, if it is a party on this ledger"})
    customer = Text(40, doc={"description": "Code of one of your customers"})
    requested_date = Day()
    whole_pallets = Flag()
    lines = Many(One(NewLineShape), 1, LINE_LIMIT, required=True)


class OrderLineShown(Shape):
    """`short` is what is still missing, `over` what was too much; `blocked` was reserved or picked and cannot be used
    any more (held, expired, recalled, gone): allocate again, and it is replaced."""

    line = number()
    role = Choice(*ROLES, required=True)
    item = text(40)
    unit = text(3)
    lot = Nullable(Text(20))
    ordered = Quantity(required=True)
    received = Nullable(Quantity())
    damaged = Nullable(Quantity())
    shipped = Nullable(Quantity())
    produced = Nullable(Quantity())
    consumed = Nullable(Quantity())
    reserved = Quantity(required=True)
    picked = Quantity(required=True)
    blocked = Quantity(required=True)
    over = Quantity(required=True)
    short = Quantity(required=True)


class OrderShown(Shape):
    id = Uuid(required=True)
    kind = Choice(*KINDS, required=True)
    number = text(64)
    state = Choice(*STATES, required=True)
    site = text(40)
    partner = Nullable(Text(200))
    party = Nullable(Text(40))
    customer = Nullable(Text(40))
    requested_date = Nullable(Day())
    issue_policy = Nullable(Choice(*POLICIES))
    min_days_left = Nullable(Whole(0, DAYS))
    min_percent_left = Nullable(Whole(0, 100))
    whole_pallets = Flag(required=True)
    made_at = Instant(required=True)
    ended_reason = Nullable(Text(200))
    lines = Many(One(OrderLineShown), 1, LINE_LIMIT, required=True)


class DoneShown(Shape):
    """What a movement did for a line; of a component, what it used up. `state` is `done`, or that of the offer."""

    movement = Uuid(required=True)
    type = text(20)
    recorded_at = Instant(required=True)
    state = text(20)
    line = number()
    role = Choice(*ROLES, required=True)
    item = text(40)
    lot = text(20)
    uri = Uri(required=True)
    location = text(81)
    quantity = Quantity(required=True)
    damaged = Quantity(required=True)


class SetAside(Shape):
    """A lot that no other order gets: until a moment, or (null) picked and waiting to leave."""

    line = number()
    item = text(40)
    lot = text(20)
    uri = Uri(required=True)
    location = text(81)
    quantity = Quantity(required=True)
    unit = text(3)
    until = Nullable(Instant())


class OrderWithHistory(OrderShown):
    set_aside = Many(One(SetAside), 0, 1000, required=True)
    movements = Many(One(DoneShown), 0, 1000, required=True)
    pick_lists = Many(Uuid(), 0, MANY, required=True)


class OrdersShown(Shape):
    orders = Many(One(OrderShown), 0, 1000, required=True)
    next = Nullable(Uuid(doc={"description": "Give it as `after` to read on"}))


class OrderQuery(Shape):
    kind = Choice(*KINDS)
    state = Choice(*STATES)
    number = Text(64)
    site = Text(40)
    customer = Text(40)
    due = Day(doc={"description": "Requested on this day or before"})
    after = Uuid()
    limit = WholeInQuery(1, 1000, load_default=100)


class Ending(Shape):
    reason = Text(200)


class Movement(Field):
    """A whole movement, as `POST /movements` takes it."""

    expected = "a movement"

    def documentation(self) -> dict[str, Any]:
        return {"allOf": [{"$ref": "#/components/schemas/Movement"}]}

    def read(self, value: Any) -> Any:
        return read_movement(value)


class NewReceipt(Shape):
    movement = Movement(required=True)
    over = Flag(load_default=False, doc={"description": "More than the order takes, and that is meant"})


class ReceiptShown(Shape):
    movement = One(RecordedMovement, required=True)
    order = One(OrderWithHistory, required=True)


class ChoiceShape(Shape):
    makes = ChosenByHand
    line = Whole(1, LINE_LIMIT, required=True)
    lot = Text(20, required=True)
    reason = Text(150, required=True)


class Allocate(Shape):
    minutes = Whole(
        1,
        LONGEST_RESERVATION // timedelta(minutes=1),
        load_default=USUAL_RESERVATION // timedelta(minutes=1),
        doc={"description": "How long it stays reserved"},
    )
    preview = Flag(load_default=False, doc={"description": "Only say what would be reserved"})
    choices = Many(
        One(ChoiceShape), 1, LINE_LIMIT,
        doc={"description": "Lots chosen by hand: they replace what these lines have reserved and nobody picked"},
    )  # fmt: skip


class Why(Shape):
    """One lot at one place: what was taken of it, and why, or why not."""

    lot = text(20)
    location = text(81)
    quantity = Quantity(required=True)
    code = Choice(*CODES, required=True)
    words = text()
    numbers = Anything("What the words are made of", "object", required=True)


class LineAllocated(Shape):
    """`why` tells all that was chosen and the first of what was not, of `candidates`; `more` were not looked at."""

    line = number()
    item = text(40)
    unit = text(3)
    issue_policy = Choice(*POLICIES, required=True)
    policy_of = Choice("order", "customer", "item", "default", required=True)
    wanted = Quantity(required=True)
    allocated = Quantity(required=True)
    short = Quantity(required=True)
    why = Many(One(Why), 0, MANY, required=True)
    candidates = number()
    more = Flag(required=True)


class Allocated(Shape):
    order = Uuid(required=True)
    preview = Flag(required=True)
    lines = Many(One(LineAllocated), 1, LINE_LIMIT, required=True)


class NewPickList(Shape):
    id = Uuid()
    to = place(required=True, doc={"description": "A staging or dock place of the order's site"})


class PickStopShown(Shape):
    """One stop of the walk; `do` says it in a sentence."""

    line = number()
    location = text(81)
    item = text(40)
    name = text(200)
    gtin = Nullable(Text(14))
    lot = text(20)
    label_lot = Nullable(Text(64))
    expiry_date = Nullable(Day())
    quantity = Quantity(required=True)
    picked = Quantity(required=True)
    open = Quantity(required=True)
    unit = text(3)
    why = text()
    ended = Nullable(Text(200))
    do = text()


class PickListShown(Shape):
    id = Uuid(required=True)
    order = text(64)
    to = text(81)
    lines = Many(One(PickStopShown), 1, MANY, required=True)


class ConfirmShape(Shape):
    makes = Confirmation
    id = Uuid(required=True, doc={"description": "Of the movement; keep it, and a retry is no second pick"})
    item = Text(64, required=True, doc={"description": "Its code or its GTIN with 14 digits, as scanned"})
    lot = Text(64, required=True, doc={"description": "The lot number, or the manufacturer's on the label"})
    place = place(required=True)
    quantity = Quantity(doc={"description": "Left out if nothing was found; then with a `short_reason`"})
    short_reason = Text(200, doc={"description": "Gives the rest of the line back to allocation"})
    event_time = Instant()


class PickConfirmed(Shape):
    movement = One(RecordedMovement, required=True, allow_none=True)
    line = One(PickStopShown, required=True)


class ShipShape(Shape):
    makes = Shipping
    id = Uuid(required=True, doc={"description": "Of the movement; keep it, and a retry is no second shipment"})
    from_ = place(data_key="from")
    event_time = Instant()
    reason = Text(200)


class SlipQuery(Printed):
    movement = Uuid(doc={"description": "Of one shipment; all of them if left out"})


class SlipParty(Shape):
    code = Nullable(Text(40))
    name = text(200)
    gln = Nullable(Text(13))


class SlipLine(Shape):
    """`elements` is the content of a GS1 code behind FNC1, `readable` what stands below it; null without a GTIN."""

    movement = Uuid(required=True)
    line = number()
    item = text(40)
    name = text(200)
    spec = Nullable(Text(200))
    gtin = Nullable(Text(14))
    storage_min = Nullable(Degrees())
    storage_max = Nullable(Degrees())
    lot = text(20)
    label_lot = text(64)
    production_date = Nullable(Day())
    expiry_date = Nullable(Day())
    quantity = Quantity(required=True)
    unit = text(3)
    uri = Uri(required=True)
    elements = Nullable(Text(100))
    readable = Nullable(Text(120))


class Slip(Shape):
    order = text(64)
    site = text(40)
    sender = One(SlipParty, required=True)
    receiver = One(SlipParty, required=True)
    shipped_at = Instant(required=True)
    lines = Many(One(SlipLine), 1, 1000, required=True)
