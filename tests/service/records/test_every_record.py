"""What holds for every record: names, columns that its rows have and no others, and a proof in every row."""

from typing import Any

import pytest

from service.records.catalogue import RECORDS
from service.records.names import NAMES
from service.records.products import REGIMES
from service.records.record import FIXES, Record
from service.reports.history import HISTORY
from tests.service.records.conftest import Told
from tests.service.records.story import URI, lacking, rows_of
from tests.service.reports.asking import ask
from tests.service.reports.test_history import sequence

ALL = pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS.keys())
LOT = {"gmp-genealogy": {"lot": URI + "R1"}}


def rows(told: Told, record: Record) -> list[dict[str, Any]]:
    return rows_of(told[0], record.name, **LOT.get(record.name, {}))


def test_the_names_are_those_of_the_catalogue() -> None:
    assert tuple(RECORDS) == NAMES
    assert {record.regime for record in RECORDS.values()} - {None} <= set(REGIMES)


@ALL
def test_columns_are_told_apart_and_titled_in_both_languages(record: Record) -> None:
    keys, titles = [each.key for each in record.fields], [each.column.title for each in record.fields]
    assert len(keys) == len(set(keys)) and all(title.en and title.zh for title in titles)
    for name in ("en", "zh"):
        spelled = [getattr(title, name) for title in titles]
        assert len(spelled) == len(set(spelled)), sorted(each for each in spelled if spelled.count(each) > 1)


@ALL
def test_what_is_needed_says_where_it_is_entered(record: Record) -> None:
    for each in record.fields:
        assert (each.needed is None) == (each.fix is None)
        assert each.fix is None or each.fix.what in FIXES


@ALL
def test_no_column_is_one_that_no_row_knows_of(told: Told, record: Record) -> None:
    found = rows(told, record)
    known = {key for row in found for key in row}
    of_signatures = {"printed_name", "meaning", "method", "added_later"} if record.name == "audit-trail" else set()
    assert {each.key for each in record.fields} - known == of_signatures and found


@ALL
def test_every_finding_names_what_lacks_it(told: Told, record: Record) -> None:
    for row in lacking(told[0], record.name, **LOT.get(record.name, {})).listed:
        assert row["about"] not in ("", "None") and row["rows"] >= 1 and row["columns"] and row["entered"]


def test_the_proof_of_a_row_is_that_of_the_history(told: Told) -> None:
    world, _ = told
    assert {row["record_status"] for row in rows_of(world, "fsma-204")} == {"recorded"}
    sequence(world)
    known = {row["movement"]: row for lot in ("L1", "R1", "R1a", "M1")
             for row in ask(world, "maker", HISTORY, lot=URI + lot)}  # fmt: skip
    for name in ("fsma-204", "gsp-sales", "dscsa"):
        for row in rows_of(world, name):
            assert row["record_hash"] == known[row["movement"]]["statement"] and row["record_status"] == "sequenced"
    merged = [row for row in rows_of(world, "fsma-204") if row["cte"] == "transformation"]
    assert len({row["log_index"] for row in merged}) == 3, "each lot has an entry of its own"
