"""Sensors, readings, limits, excursions and the health of lots on the wire."""

from decimal import Decimal
from typing import Any

from service.api.fields import Choice, Day, Field, Flag, Instant, Many, One, Shape, Text, Uri, Uuid, Whole, WholeInQuery
from service.api.problem import shown
from service.api.schemas import MOST, Nullable, number, text
from service.domain.errors import BadName
from service.domain.kinetics import MODELS
from service.domain.sensors import KINDS, parse_measure
from service.sensors import keeping, readings
from service.sensors.reading import STATES

CODE = {"code": Text(40)}


class Measure(Field):
    """Thousandths, of text or of a number as it was written: JSON is read without floats here."""

    expected = 'a decimal with at most three decimals, like "-18.25"'

    def documentation(self) -> dict[str, Any]:
        return {"type": ["string", "number"], "description": "At most three decimals; as text it is exact everywhere"}

    def read(self, value: Any) -> int:
        said = f"{value:f}" if isinstance(value, Decimal) else str(value) if type(value) is int else value
        try:
            return parse_measure(said) if isinstance(said, str) else parse_measure(shown(value))
        except BadName:
            raise self.refuse(value) from None


def measured(**options: Any) -> Text:
    """As it is told: text."""
    return Text(10, **options)


class AtShape(Shape):
    """Exactly one of them."""

    makes = keeping.At
    location = Text(81, doc={"description": "SITE/LOC, also of a pallet"})
    site = Text(40)
    vehicle = Text(40)


class NewSensorShape(Shape):
    makes = keeping.NewSensor
    code = Text(40, required=True)
    name = Text(200, required=True)
    kinds = Many(Choice(*KINDS), 1, 2, required=True)
    at = One(AtShape, required=True)
    interval_seconds = Whole(1, 86_400, required=True, doc={"description": "How often it records"})
    since = Instant(doc={"description": "When it was put there; now if absent"})
    calibration_due = Day()
    uri = Uri(doc={"description": "By which EPCIS events name the device"})


class SensorChange(Shape):
    name = Text(200)
    interval_seconds = Whole(1, 86_400)
    calibration_due = Day(allow_none=True)
    retired = Flag()
    reason = Text(200, required=True)


class NewPoint(Shape):
    at = One(AtShape, required=True)
    since = Instant()
    reason = Text(200, required=True)


class AtShown(Shape):
    location = Nullable(Text(81))
    site = Nullable(Text(40))
    vehicle = Nullable(Text(40))


class PointShown(AtShown):
    since = Instant(required=True)


class LastReading(Shape):
    kind = Choice(*KINDS, required=True)
    value = measured(required=True)
    time = Instant(required=True)


class Sensor(Shape):
    code = text(40)
    name = text(200)
    kinds = Many(Choice(*KINDS), 1, 2, required=True)
    at = One(PointShown, required=True)
    points = Many(One(PointShown), 1, 1000, required=True)
    interval_seconds = Whole(1, 86_400, required=True)
    calibration_due = Nullable(Day())
    uri = Nullable(Uri())
    created_at = Instant(required=True)
    retired_at = Nullable(Instant())
    last = Many(One(LastReading), 0, 2, required=True)
    state = Choice(*STATES, required=True)
    silent_since = Nullable(Instant())
    excursions = number()


class Sensors(Shape):
    sensors = Many(One(Sensor), 0, 10_000, required=True)
    alarm_receivers = Whole(0, 1000, required=True, doc={"description": "Webhooks of type `sensors`; GSP asks for 3"})


class ReadingShape(Shape):
    sensor = Text(40, required=True)
    time = Instant(required=True)
    temperature = Measure(doc={"description": "°C"})
    humidity = Measure(doc={"description": "% relative humidity"})


class NewReadings(Shape):
    """`sent_at` is the sender's clock: one that is more than five minutes off is refused."""

    sent_at = Instant()
    on_error = Choice("refuse", "skip", load_default="refuse",
                      doc={"description": "skip: keep the others, and tell which were left out"})
    readings = Many(One(ReadingShape), 1, readings.MOST, required=True)


class BadReading(Shape):
    index = Whole(0, MOST, required=True)
    sensor = text(40)
    time = text(40)
    kind = text(20)
    field = text(20)
    expected = text(200)
    seen = text(200)


class TakenReadings(Shape):
    new = number()
    known = number()
    refused = Many(One(BadReading), 0, 2 * readings.MOST, required=True)
    excursions = Many(Uuid(), 0, 10_000, required=True, doc={"description": "Open ones of these sensors, now"})


class LoggerQuery(Shape):
    on_error = Choice("refuse", "skip", load_default="refuse")


class SeriesQuery(Shape):
    kind = Choice(*KINDS)
    from_ = Instant(data_key="from")
    to = Instant()
    limit = WholeInQuery(1, 20_000, load_default=1000)


class ReadingShown(Shape):
    number = number()
    time = Instant(required=True)
    kind = Choice(*KINDS, required=True)
    value = measured(required=True)
    sealed = Flag(required=True, doc={"description": "Its hash is on a notice of the log"})


class Series(Shape):
    readings = Many(One(ReadingShown), 0, 20_000, required=True)
    next = Nullable(Instant(doc={"description": "Give it as `from` to read on"}))


class EventsQuery(Shape):
    from_ = Instant(data_key="from", required=True)
    to = Instant(required=True)


class NewLimit(Shape):
    at = One(AtShape, required=True)
    kind = Choice(*KINDS, required=True)
    low = Measure(allow_none=True, load_default=None)
    high = Measure(allow_none=True, load_default=None)
    allowed_seconds = Whole(0, 604_800, load_default=0, doc={"description": "For so long it may be beyond them"})
    hysteresis = Measure(load_default=0, doc={"description": "So far inside it must come to be over"})
    ended = Flag(load_default=False, doc={"description": "true: there is no limit here any more"})
    reason = Text(200, required=True)


class Limit(Shape):
    at = One(AtShown, required=True)
    kind = Choice(*KINDS, required=True)
    low = Nullable(measured())
    high = Nullable(measured())
    allowed_seconds = Whole(0, 604_800, required=True)
    hysteresis = measured(required=True)


class Limits(Shape):
    limits = Many(One(Limit), 0, 100_000, required=True)


class StabilityChange(Shape):
    humidity_min = Measure(allow_none=True)
    humidity_max = Measure(allow_none=True)
    allowed_s = Whole(0, 604_800, data_key="allowed_seconds")
    hysteresis = Measure()
    model = Choice(*MODELS, allow_none=True)
    reference = Measure(allow_none=True, doc={"description": "°C for which the shelf life was given"})
    energy = Whole(1000, 1_000_000, doc={"description": "Activation energy, J/mol"})
    q10 = Measure(doc={"description": "How much faster at 10 °C more; at least 1"})
    ages_first = Flag(doc={"description": "FEFO takes the lots that have aged most first"})
    reason = Text(200, required=True)


class Stability(Shape):
    item = text(64)
    humidity_min = Nullable(measured())
    humidity_max = Nullable(measured())
    allowed_seconds = Whole(0, 604_800, required=True)
    hysteresis = measured(required=True)
    model = Nullable(Choice(*MODELS))
    reference = Nullable(measured())
    energy = Whole(1000, 1_000_000, required=True)
    q10 = measured(required=True)
    ages_first = Flag(required=True)


class Gap(Shape):
    from_ = Instant(required=True, data_key="from")
    to = Instant(required=True)


class LotThere(Shape):
    """`looked_at` null: it is still to be put on hold, or some is on its way; without a `case` there was nothing."""

    item = text(64)
    lot = text(64)
    uri = text(400)
    since = Instant(required=True)
    until = Nullable(Instant())
    case = Nullable(Uuid())
    looked_at = Nullable(Instant())


class Excursion(Shape):
    id = Uuid(required=True)
    sensor = text(40)
    at = One(AtShown, required=True)
    kind = Choice(*KINDS, required=True)
    of = Choice("zone", "item", required=True)
    low = Nullable(measured())
    high = Nullable(measured())
    allowed_seconds = Whole(0, 604_800, required=True)
    hysteresis = measured(required=True)
    began_at = Instant(required=True)
    last_at = Instant(required=True)
    ended_at = Nullable(Instant())
    worst = measured(required=True)
    worst_at = Instant(required=True)
    readings = number()
    opened_at = Instant(required=True)
    gaps = Many(One(Gap), 0, 100_000, required=True)
    lots = Many(One(LotThere), 0, 100_000, required=True)


class Excursions(Shape):
    excursions = Many(One(Excursion), 0, 1000, required=True)
    next = Nullable(Uuid(doc={"description": "Give it as `after` to read on"}))


class ExcursionQuery(Shape):
    sensor = Text(40)
    lot = Uri()
    open = Choice("true", "false")
    after = Uuid()
    limit = WholeInQuery(1, 1000, load_default=100)


class LotQuery(Shape):
    lot = Uri(required=True)


class Extreme(Shape):
    value = measured(required=True)
    time = Instant(required=True)
    sensor = text(40)


def _extreme() -> One:
    return One(Extreme, required=True, allow_none=True)


class Humidity(Shape):
    readings = number()
    unsealed = number()
    min = _extreme()
    max = _extreme()
    mean = Nullable(measured())
    measured_seconds = number()
    unmeasured_seconds = number()
    low = Nullable(measured())
    high = Nullable(measured())
    beyond_seconds = number()


class Temperature(Humidity):
    mean_kinetic = Nullable(measured(doc={"description": "USP <1079.2>; null of frozen goods"}))


class MeasuredBy(Shape):
    sensor = text(40)
    kind = Choice(*KINDS, required=True)
    readings = number()
    min = _extreme()
    max = _extreme()
    mean = Nullable(measured())


class StayShown(Shape):
    lot = text(64)
    location = Nullable(Text(81))
    ground = Nullable(Text(81))
    vehicle = Nullable(Text(40))
    since = Instant(required=True)
    until = Nullable(Instant())
    measured = Many(One(MeasuredBy), 0, 1000, required=True)


class AgeingShown(Shape):
    model = Choice(*MODELS, required=True)
    reference = measured(required=True)
    ahead_seconds = Whole(-MOST, MOST, required=True)
    consumed_ppm = Nullable(Whole(0, MOST))
    expiry_date = Nullable(Day())
    usable_to = Nullable(Day())


class Health(Shape):
    lot = text(400)
    item = text(64)
    as_of = Instant(required=True)
    temperature = One(Temperature, required=True)
    humidity = One(Humidity, required=True)
    stays = Many(One(StayShown), 0, 100_000, required=True)
    excursions = Many(One(Excursion), 0, 100, required=True)
    ageing = One(AgeingShown, required=True, allow_none=True)


class NewLoad(Shape):
    vehicle = Text(40, required=True)
    movement = Uuid(required=True, doc={"description": "The offer, shipment or transfer whose goods are on it"})
    until = Instant(doc={"description": "When they were unloaded; else when the other side answers"})


class Load(Shape):
    vehicle = text(40)
    movement = Uuid(required=True)
    since = Instant(required=True)
    until = Nullable(Instant())
