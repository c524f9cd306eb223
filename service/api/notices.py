"""Notices of others: they recall a lot that they handed to you. What of it you hold, and what you can do."""

from typing import Any

from service.api import recall_schemas as shapes
from service.api.acting import act
from service.api.door import Door, body_of
from service.api.fields import WholeInQuery
from service.api.house import House
from service.api.problem import not_found
from service.api.schemas import MOST
from service.auth.keys import Caller
from service.ledger.desk import Desk
from service.recalls.notices import acknowledge, listed


def door(house: House) -> Door:
    notices = house.door("notices", "Recalls of lots that others handed to you")

    @notices.operation("GET", "/notices", roles=("party",), query=shapes.NoticeQuery, answers={200: shapes.Notices})
    def list_notices(caller: Caller, query: dict[str, Any]) -> Any:
        """List the notices sent to you, the newest first

        `?open=true` are those that nobody has acknowledged. Each shows what of the lot lies with you now.
        """
        assert caller.party_id is not None
        with house.engine.connect() as connection:
            found = listed(connection, caller.party_id, open=query.get("open"), after=query.get("after"),
                           limit=query["limit"])
        return {"notices": found, "next": found[-1]["id"] if len(found) == query["limit"] else None}

    @notices.operation(
        "POST", "/notices/<id>/acknowledge", roles=("party",), path={"id": WholeInQuery(1, MOST)},
        body=body_of(shapes.Acknowledged), answers={200: shapes.Notice},
    )  # fmt: skip
    def acknowledge_notice(caller: Caller, id: int, body: dict[str, Any]) -> Any:
        """Say that the notice has been read

        The sender sees when and by whom. Who acknowledged it first stays.
        """

        def work(desk: Desk) -> Any:
            if not acknowledge(desk, id, body["by"]):
                raise not_found("notice", str(id))
            return listed(desk.connection, desk.party_id, open=None, after=None, limit=1, id=id)[0]

        return act(house, caller, work)

    return notices
