"""Where a lot comes from and where it went, and the drill that shows how fast that is known."""

from time import perf_counter
from typing import Any
from uuid import UUID

from service.api import exporting
from service.api import trace_schemas as shapes
from service.api.door import Door, body_of
from service.api.exporting import FILES, snapshot
from service.api.house import House
from service.api.problem import not_found
from service.auth.keys import Caller
from service.reports import traced as file
from service.trace import drill, trace


def door(house: House) -> Door:
    traces = house.door("trace", "Where lots come from and where they went")

    @traces.operation("GET", "/lots/trace", roles=("party",), query=shapes.TraceQuery, problems=(404,),
                      answers={200: (shapes.Trace, *FILES)})  # fmt: skip
    def trace_lot(caller: Caller, query: dict[str, Any]) -> Any:
        """Trace a lot both ways, with quantities that add up

        Through every transformation of yours, to suppliers and customers, and to the parties it was handed to or came
        from: of those you see that they accepted or refused, and how much. `totals` are over everything, also where
        `nodes` and `edges` are cut at `limit`; a file has every edge.
        """
        return _trace(house, caller, query)

    @traces.operation("POST", "/recall-drills", roles=("party",), body=body_of(shapes.NewDrill), problems=(404,),
                      answers={201: shapes.DrillFinding})  # fmt: skip
    def drill_recall(caller: Caller, body: dict[str, Any]) -> Any:
        """Rehearse a recall

        Finds what a recall of this lot would hold and whom it would notify, measures how long that takes, and keeps
        the finding. Nothing is held and nobody is told.
        """
        assert caller.party_id is not None
        id = UUID(bytes=house.random(16), version=4)
        asked = drill.Asked(id, caller.party_id, caller.actor, body["lot"], house.now())
        with house.engine.begin() as connection:
            found = drill.drill(connection, asked)
        if found is None:
            raise not_found("lot", body["lot"])
        return found, 201

    @traces.operation("GET", "/recall-drills", roles=("party",), query=shapes.DrillQuery, answers={200: shapes.Drills})
    def list_recall_drills(caller: Caller, query: dict[str, Any]) -> Any:
        """List your recall drills, the newest first"""
        assert caller.party_id is not None
        with house.engine.connect() as connection:
            found = drill.listed(connection, caller.party_id, query.get("after"), query["limit"])
        return {"drills": found, "next": found[-1]["id"] if len(found) == query["limit"] else None}

    return traces


def _trace(house: House, caller: Caller, query: dict[str, Any]) -> Any:
    assert caller.party_id is not None
    begun, now = perf_counter(), house.now()
    with snapshot(house) as connection:
        found = trace.find(connection, caller.party_id, query["lot"], query["direction"], query.get("depth"))
        if found is None:
            raise not_found("lot", query["lot"])
        if query["format"] != "json":
            paper = exporting.paper_of(file.TITLE, exporting.language(query), caller, now, query)
            return exporting.file_of(
                query["format"], "trace", file.COLUMNS, file.rows(connection, found.ends), query, paper
            )
        told = trace.describe(connection, house.origin, found, now, query["limit"])
    took = round((perf_counter() - begun) * 1000)
    return {"lot": query["lot"], "direction": query["direction"], **told, "took_ms": took}
