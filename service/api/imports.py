"""History from another system: a file is judged, then recorded, some seconds' worth at each call.

Recording needs the parties' signing keys, which the web process has and the worker must not have. So it happens here,
in the request, at most RUN_SECONDS at a time; the client calls again until it is done. Nothing goes on in the
background, so nothing is lost with a process.
"""

import csv
import io
from time import monotonic
from typing import Any
from uuid import UUID

from flask import Response

from service.api.door import Door, Upload
from service.api.fields import Choice, Instant, Many, One, Shape, Text, Uuid, Whole, WholeInQuery
from service.api.house import House
from service.api.problem import Problem, not_found
from service.api.schemas import MOST, Anything, Nullable, text
from service.auth.keys import Caller
from service.exchange import imports
from service.exchange.columns import COLUMNS, EXAMPLES, KINDS
from service.exchange.imports import Uploader
from service.exchange.sheets import FILE_LIMIT, Unreadable

RUN_SECONDS = 5.0
MEDIA = (
    "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/octet-stream",
)  # fmt: skip


class UploadQuery(Shape):
    kind = Choice(*KINDS, required=True)
    name = Text(200, load_default="import", doc={"description": "What you call the file"})


class KindQuery(Shape):
    kind = Choice(*KINDS, required=True)


class ProblemQuery(Shape):
    after = WholeInQuery(0, MOST, load_default=0)
    limit = WholeInQuery(1, 1000, load_default=100)


class RowProblem(Shape):
    number = Whole(1, MOST, required=True)
    row = Whole(1, MOST, required=True, doc={"description": "As a spreadsheet counts: the names are row 1"})
    column = Nullable(Text(1000))
    stage = Choice("check", "record", required=True)
    problem = text(400)
    expected = Nullable(Text(10_000))
    seen = Nullable(Text(10_000))


class Import(Shape):
    """`bad`: nothing can be recorded before the file, or what it names, is put right. `done` of `rows` are recorded."""

    id = Uuid(required=True)
    kind = Choice(*KINDS, required=True)
    name = text(200)
    format = Choice("csv", "xlsx", required=True)
    sha256 = text(64)
    state = Choice("bad", "ready", "running", "done", required=True)
    rows = Whole(0, MOST, required=True)
    bad = Whole(0, MOST, required=True)
    done = Whole(0, MOST, required=True)
    summary = Anything("What would be recorded: movements by type, new lots, first and last", "object", required=True)
    created_at = Instant(required=True)
    finished_at = Nullable(Instant())
    problems = Many(One(RowProblem), 0, 1000, required=True)
    next = Nullable(Whole(1, MOST, doc={"description": "Give it as `after` to read on in the problems"}))


def door(house: House) -> Door:
    made = house.door("imports", "History from another system, marked as not witnessed")
    _upload(made, house)
    _run(made, house)
    return made


def _upload(made: Door, house: House) -> None:
    @made.operation(
        "POST", "/imports", roles=("party",), query=UploadQuery, body=Upload(FILE_LIMIT, MEDIA), answers={200: Import}
    )
    def upload_import(caller: Caller, query: dict[str, Any], body: bytes) -> Any:
        """Upload a file of lots, stock or past movements, and see what recording it would do

        CSV (UTF-8) or XLSX, at most 32 MB and 50,000 rows, with the columns of the template. Every row is judged by
        the rules of the warehouse in its order, nothing is recorded, and each bad cell is named with what was expected.
        """
        try:
            id = imports.upload(house.engine, house.scribe, _who(caller), query["kind"], query["name"], body)
        except Unreadable as why:
            raise Problem(422, "unreadable-file", str(why)) from None
        return _shown(house, caller, id, {"after": 0, "limit": 100})

    @made.operation(
        "GET", "/imports/template", roles=("party",), query=KindQuery, answers={200: "text/csv"}
    )  # fmt: skip
    def import_template(caller: Caller, query: dict[str, Any]) -> Response:
        """The columns of a file, with one row as an example"""
        out = io.StringIO()
        names = COLUMNS[query["kind"]]
        csv.writer(out).writerows([names, [EXAMPLES.get(name, "") for name in names]])
        headers = {"Content-Disposition": f'attachment; filename="{query["kind"]}.csv"'}
        return Response(out.getvalue(), headers=headers, content_type="text/csv; charset=utf-8")


def _run(made: Door, house: House) -> None:
    @made.operation(
        "GET", "/imports/<id>", roles=("party",), path={"id": Uuid()}, query=ProblemQuery, answers={200: Import}
    )
    def read_import(caller: Caller, id: UUID, query: dict[str, Any]) -> Any:
        """How far an import is, and what is wrong with its rows"""
        return _shown(house, caller, id, query)

    @made.operation(
        "POST", "/imports/<id>/run", roles=("party",), path={"id": Uuid()}, problems=(409,), answers={200: Import}
    )
    def run_import(caller: Caller, id: UUID) -> Any:
        """Record the rows of an import, some seconds' worth

        Call it again while `state` is `running`. A call that was lost, or made twice, repeats nothing.
        """
        house.halting.check()
        known = _shown(house, caller, id, {"after": 0, "limit": 1})
        if known["state"] == "bad":
            raise Problem(409, "import-has-bad-rows", f"expected no bad rows, got {known['bad']} of {known['rows']}",
                          expected=0, seen=known["bad"])  # fmt: skip
        until = monotonic() + RUN_SECONDS
        if (known["state"] != "done" or known["problems"]) and not imports.run(
            house.engine, house.writer, house.scribe, _who(caller), id, lambda: monotonic() < until
        ):
            raise Problem(409, "import-running", "another call is recording this import; see its progress")
        return _shown(house, caller, id, {"after": 0, "limit": 100})


def _who(caller: Caller) -> Uploader:
    assert caller.party is not None and caller.party_id is not None
    return Uploader(caller.party_id, caller.party, caller.actor)


def _shown(house: House, caller: Caller, id: UUID, query: dict[str, Any]) -> dict[str, Any]:
    assert caller.party_id is not None
    with house.engine.connect() as connection:
        row = imports.found(connection, caller.party_id, id)
        if row is None:
            raise not_found("import", str(id))
        listed = imports.problems(connection, id, query["after"], query["limit"])
    names = ("id", "kind", "name", "format", "state", "rows", "bad", "done", "summary", "created_at", "finished_at")
    shown = {name: getattr(row, name) for name in names}
    following = listed[-1]["number"] if len(listed) == query["limit"] else None
    return {**shown, "sha256": row.sha256.hex(), "problems": listed, "next": following}
