"""Records that laws ask for: what there is, each as JSON or as one file, and what each of them lacks."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, exists, func, select

from service.api import exporting
from service.api import records_schemas as shapes
from service.api.door import Door
from service.api.exporting import FILES, answered
from service.api.house import House
from service.api.printing import PDF, printed
from service.api.problem import Problem, not_found
from service.auth.keys import Caller
from service.models.records import product
from service.models.tables import item, lot
from service.papers.transaction import transaction_pdf
from service.papers.words import Words
from service.records import missing, paper
from service.records.catalogue import RECORDS
from service.records.dscsa import DSCSA
from service.records.missing import Missing
from service.records.record import Record
from service.reports.export import MEDIA_TYPES
from service.reports.report import Asked, Report, Row

_MINE = ("party",)


def door(house: House) -> Door:
    records = house.door("records", "The records that laws ask for, as JSON, CSV, XLSX or PDF, and what they lack")

    @records.operation("GET", "/records", roles=_MINE, answers={200: shapes.Records})
    def list_records(caller: Caller) -> Any:
        """The records that there are, with their rules and columns

        `source` says where a column's values come from, `items` how many of your items are recorded under its rule.
        """
        assert caller.party_id is not None
        with house.engine.connect() as connection:
            counted = _items(connection, caller.party_id)
        return {"records": [_head(record, counted) for record in RECORDS.values()]}

    _form(records, house)
    for record in RECORDS.values():
        _export(records, house, record)
        _missing(records, house, record)
    return records


def _form(records: Door, house: House) -> None:
    @records.operation("GET", "/records/dscsa/form", roles=_MINE, query=shapes.FormQuery, problems=(404,),
                       answers={200: PDF})  # fmt: skip
    def print_transaction(caller: Caller, query: dict[str, Any]) -> Any:
        """Transaction information and transaction statement of one movement, as a PDF

        The statement is on it only where your company has made it, by a supplement to the movement.
        """
        assert caller.party_id is not None
        asked = Asked(caller.party_id, house.now(), house.origin, {"movement": query["movement"]})
        with exporting.snapshot(house) as connection:
            rows = [paper.row(row) for row in DSCSA.rows(connection, asked)]
        if not rows:
            raise not_found("transaction", str(query["movement"]))
        named = f"transaction-{query['movement']}"
        return printed({**query, "format": "pdf"}, None, named, lambda language: transaction_pdf(rows, language))


def _export(records: Door, house: House, record: Record) -> None:
    def export(caller: Caller, query: dict[str, Any]) -> Any:
        _check(house, caller, query)
        return answered(house, caller, _report(record, query["format"]), query)

    files = tuple(MEDIA_TYPES[form].split(";")[0] for form in record.formats)
    export.__name__ = f"export_{_snake(record)}"
    export.__doc__ = f"{record.title.en}\n\nAnswers {record.rule}. Each row has the hash of its record and its anchor."
    records.operation("GET", f"/records/{record.name}", roles=_MINE, query=shapes.query_of(record), problems=(404,),
                      answers={200: (shapes.rows_of(record), *files)})(export)  # fmt: skip


def _missing(records: Door, house: House, record: Record) -> None:
    def lacking(caller: Caller, query: dict[str, Any]) -> Any:
        _check(house, caller, query)
        assert caller.party_id is not None
        asked = Asked(caller.party_id, house.now(), house.origin, query)
        with exporting.snapshot(house) as connection:
            found = missing.missing(record, record.rows(connection, asked))
        return _told(record, found) if query["format"] == "json" else _file(record, found, caller, asked, query)

    lacking.__name__ = f"missing_in_{_snake(record)}"
    lacking.__doc__ = f"What is missing in: {record.title.en}\n\nBy what it is about and field, and where to enter it."
    records.operation("GET", f"/records/{record.name}/missing", roles=_MINE, query=shapes.missing_query_of(record),
                      problems=(404,), answers={200: (shapes.Missing, *FILES)})(lacking)  # fmt: skip


def _check(house: House, caller: Caller, query: dict[str, Any]) -> None:
    if "from_" in query and "to" in query and query["to"] < query["from_"]:
        raise Problem(422, "no-such-period", "expected to >= from, got a period that ends before it begins")
    if "lot" in query:
        mine = exists().where(lot.c.party_id == caller.party_id, lot.c.uri == query["lot"])
        with house.engine.connect() as connection:
            if not connection.scalar(select(mine)):
                raise not_found("lot", query["lot"])


def _report(record: Record, form: str) -> Report:
    """Rows with the record's columns and no others; on paper the proof is one column."""

    def rows(connection: Connection, asked: Asked) -> Iterator[Row]:
        told = record.rows(connection, asked)
        if form == "pdf":
            return (paper.row(row) for row in told)
        return ({key: row.get(key) for key in keys} for row in told) if form == "json" else told

    keys = [field.key for field in record.fields]
    report = record.report
    if form != "pdf":
        return replace(report, rows=rows)
    title = Words(f"{record.title.en} ({record.rule})", f"{record.title.zh}（{record.rule}）")
    return replace(report, rows=rows, title=title, columns=paper.columns(record))


def _told(record: Record, found: Missing) -> dict[str, Any]:
    told = [{key: row[key] for key in shapes.Finding._declared_fields} for row in found.listed]
    return {"record": record.name, "rows": found.rows, "lacking": found.lacking, "more": found.more, "findings": told}


def _file(record: Record, found: Missing, caller: Caller, asked: Asked, query: dict[str, Any]) -> Any:
    said = missing.TITLE
    title = Words(f"{said.en}: {record.title.en}", f"{said.zh}：{record.title.zh}")
    paper_of = exporting.paper_of(title, exporting.language(query), caller, asked.now, query)
    name = f"{record.name}-missing"
    return exporting.file_of(query["format"], name, missing.COLUMNS, found.listed, query, paper_of)


def _items(connection: Connection, party_id: int) -> dict[str, int]:
    """How many items of the party are recorded under each rule."""
    each = func.unnest(product.c.regimes).label("regime")
    named = select(each).join(item, item.c.id == product.c.item_id).where(item.c.party_id == party_id).subquery()
    counted = select(named.c.regime, func.count().label("kept")).group_by(named.c.regime)
    return {row.regime: row.kept for row in connection.execute(counted)}


def _head(record: Record, counted: dict[str, int]) -> dict[str, Any]:
    return {
        "name": record.name, "title": record.title.en, "title_zh": record.title.zh, "rule": record.rule,
        "unconfirmed": record.unconfirmed.en, "unconfirmed_zh": record.unconfirmed.zh, "regime": record.regime,
        "formats": record.formats,
        "items": None if record.regime is None else counted.get(record.regime, 0),
        "columns": [{"key": each.key, "title": each.column.title.en, "title_zh": each.column.title.zh,
                     "source": each.source, "needed": each.needed is not None} for each in record.fields],
    }  # fmt: skip


def _snake(record: Record) -> str:
    return record.name.replace("-", "_")
