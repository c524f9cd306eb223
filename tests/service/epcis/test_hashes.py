"""The event hash id of CBV 2.0: every published vector, JSON and XML, and where it says less than it seems to."""

from pathlib import Path
from typing import Any

import pytest

from service.epcis.documents import Unreadable
from service.epcis.hashes import digest, hash_id, prehash
from service.epcis.validation import check_event
from tests.service.epcis.official import read_file


def event(**changes: Any) -> dict[str, Any]:
    return {
        "type": "ObjectEvent", "action": "OBSERVE", "eventTime": "2026-01-02T03:04:05.678Z",
        "eventTimeZoneOffset": "+00:00", "epcList": ["https://id.gs1.org/00/040123451111111110"], **changes,
    }  # fmt: skip


def test_every_published_vector(shared_data: Path) -> None:
    tried = 0
    folder = shared_data / "epcis" / "event-hash"
    for file in sorted([*folder.glob("*.jsonld"), *folder.glob("*.xml")]):
        expected = file.with_suffix(".hashes").read_text().split()
        document = read_file(file)
        ids = [hash_id(digest(each, document.ignored, xml=document.xml)) for each in document.events]
        assert ids == expected, file.name
        tried += 1
    assert tried == 28


def test_every_operation_of_a_warehouse(shared_data: Path) -> None:
    folder = shared_data / "epcis" / "wms-operations"
    for line in (folder / "hashes.tsv").read_text().splitlines():
        stem, id, told = line.split("\t")[:3]
        if (folder / f"{stem}.jsonld").exists():
            (each,) = read_file(folder / f"{stem}.jsonld").events
            assert (hash_id(digest(each)), prehash(each)) == (id, told), stem


@pytest.mark.parametrize(("time", "told"), [
    ("2026-01-02T03:04:05Z", "03:04:05.000Z"),
    ("2026-01-02T03:04:05.0004999+00:00", "03:04:05.000Z"),
    ("2026-01-02T03:04:05.0005Z", "03:04:05.001Z"),
    ("2026-01-02T03:04:59.9996Z", "03:05:00.000Z"),
    ("2026-01-02T11:04:05.1+08:00", "03:04:05.100Z"),
])  # fmt: skip
def test_times_are_utc_with_three_decimals(time: str, told: str) -> None:
    assert f"eventTime=2026-01-02T{told}event" in prehash(event(eventTime=time))


def test_what_is_not_hashed() -> None:
    plain = digest(event())
    error = {"declarationTime": "2026-01-03T00:00:00Z"}
    assert digest(event(eventID="urn:x:1", recordTime="2026-02-01T00:00:00Z", errorDeclaration=error)) == plain
    assert digest(event(bizStep="shipping")) != plain


def test_spellings_of_one_event_have_one_id() -> None:
    plain = event(epcList=["https://id.gs1.org/01/10614141073464/21/2017"])
    for spelled in ("urn:epc:id:sgtin:0614141.107346.2017", "https://shop.example/x/01/10614141073464/10/L1/21/2017?17=1"):
        assert digest(event(epcList=[spelled])) == digest(plain)


def test_an_identifier_in_which_another_event_could_be_spelled_is_refused() -> None:
    two = event(epcList=["urn:example:a", "urn:example:b"])
    one = event(epcList=["urn:example:aepc=urn:example:b"])
    assert digest(one) == digest(two)  # the collision is real
    check_event(two)
    with pytest.raises(Unreadable, match="without ="):
        check_event(one)
