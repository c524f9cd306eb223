"""Whatever a party signs and whatever a file holds, verification ends with a report."""

import json
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from verifier import fork, fraud, receipt
from verifier.policy import parse_policy
from verifier.report import Report, Verdict, as_json
from verifier.verify import verify

from .maker import PARTY_KEY, ZERO, Signed, World, an_event, answering, b64url, lot_name, shipped_to, story, uri
from .test_lies import replaced, walk

SCALARS = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats() | st.text(max_size=8)
NAMES = st.sampled_from(["iss", "type", "destination", "epcClass", "quantity", "uom", "...", "_sd", "a"])
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=6
)
PROPERTIES = st.sampled_from(
    ["quantityList", "destinationList", "eventID", "readPoint", "bizStep", "type", "lots", "sensorElementList"]
)
CLAIMS = st.sampled_from(["iss", "jti", "iat", "aud", "vct", "lots", "ref", "_sd", "_sd_alg", "extra", "seq", "keys"])
HURRY = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def reported(report: Report) -> Report:
    json.dumps(as_json(report))
    assert report.exit_code in (0, 1, 2, 3)
    return report


def judged(world: World, file: Any) -> Report:
    policy = parse_policy(world.policy())
    return reported(verify([json.dumps(file).encode("utf-8", "surrogatepass")], policy, [world.chain()], now=0))


@HURRY
@given(st.dictionaries(PROPERTIES, VALUES | st.lists(VALUES, max_size=3), max_size=3), st.dictionaries(CLAIMS, VALUES))
def test_any_signed_statement_is_judged(event: dict[str, Any], claims: dict[str, Any]) -> None:
    world, lot = World(), lot_name(1)
    for name in ("farm", "mill"):
        world.keys(name, [name])
    world.anchor()
    lists = {name: value if isinstance(value, list) else [value] for name, value in event.items() if "List" in name}
    said = world.movement("farm", [lot], shipped_to("mill") | event | lists, payload=claims)
    world.movement("mill", [lot], an_event([lot]), ref=answering(said))
    world.anchor()
    judged(world, world.bundle(lot))


@HURRY
@given(st.data())
def test_any_file_is_judged(data: st.DataObject) -> None:
    world, lot = story()
    file = world.bundle(lot)
    path = data.draw(st.sampled_from([path for path, _ in walk(file) if path]))
    judged(world, replaced(file, path, data.draw(VALUES)))


@HURRY
@given(st.binary(max_size=200) | VALUES.map(lambda value: json.dumps(value).encode("utf-8", "surrogatepass")))
def test_any_bytes_are_judged(raw: bytes) -> None:
    world, _ = story()
    policy = parse_policy(world.policy())
    assert reported(verify([raw], policy, now=0)).exit_code == 1
    assert reported(receipt.verify_receipt(raw, policy)).exit_code == 1
    assert reported(fraud.verify_fraud(raw, policy)).exit_code == 1
    assert reported(fork.verify_fork(raw, policy)).exit_code == 1


def test_a_report_with_odd_values_can_be_written_as_json() -> None:
    world, lot = story()
    world.movement("farm", [lot], {"quantityList": [{"epcClass": lot, "quantity": float("1.5"), "uom": [1]}]})
    world.anchor()
    assert judged(world, world.bundle(lot)).exit_code == 0
    assert str(Decimal("1.5")) == "1.5"


def test_a_key_statement_among_a_lots_movements_is_an_answer() -> None:
    """A party may sign whatever it likes, and the log may enter it: the kind is refuted, what it says too."""
    world, lot = story()
    payload = world.base("farm", PARTY_KEY) | {"seq": 2, "prev": b64url(ZERO), "keys": [], "recovery": None}
    world.enter(uri.LOT, lot, Signed(world.sign("farm", PARTY_KEY, payload, "farm"), {}), PARTY_KEY)
    world.anchor()
    report = judged(world, world.bundle(lot))
    assert [report.answer(check).verdict for check in (2, 4)] == [Verdict.REFUTED] * 2
    assert report.answer(4).why == "lots: expected a list, seen NoneType"
