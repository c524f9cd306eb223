"""Customers and what they want of their lots; which lots of an item go first."""

from typing import Any

from service.api import orders_schemas as shapes
from service.api.door import Door, body_of
from service.api.fields import Text
from service.api.house import House
from service.api.rows import plain
from service.api.trail import author, made
from service.auth.keys import Caller
from service.domain.allocation import Policy
from service.orders.master import NewCustomer, create_customer, list_customers, set_issue_policy
from service.people import changes


def door(house: House) -> Door:
    customers = house.door("customers", "Customers, and what they want of their lots")

    @customers.operation(
        "POST",
        "/customers",
        roles=("party",),
        body=body_of(shapes.NewCustomerShape),
        answers={201: shapes.Customer},
        problems=(409,),
    )
    def add_customer(caller: Caller, body: NewCustomer) -> Any:
        """Add a customer

        `issue_policy`, `min_days_left` and `min_percent_left` hold for all its orders that say nothing else.
        """
        assert caller.party_id is not None
        with house.engine.begin() as connection:
            create_customer(connection, caller.party_id, body)
            values = {name: getattr(body, name) for name in NewCustomer.__dataclass_fields__}
            made(connection, house, caller, "customer", body.code, values | {"name": None})  # may be a person's
        return values, 201

    @customers.operation(
        "GET", "/customers", roles=("party",), query=shapes.CustomerQuery, answers={200: shapes.Customers}
    )
    def list_all_customers(caller: Caller, query: dict[str, Any]) -> Any:
        """List your customers, in the order of their codes"""
        assert caller.party_id is not None
        with house.engine.connect() as connection:
            found = [plain(row) for row in list_customers(connection, caller.party_id, **query)]
        return {"customers": found, "next": found[-1]["code"] if len(found) == query["limit"] else None}

    @customers.operation(
        "PUT",
        "/items/<code>/issue-policy",
        roles=("party",),
        path={"code": Text(40)},
        body=body_of(shapes.IssuePolicy),
        answers={200: shapes.ItemIssuePolicy},
        problems=(409,),
    )
    def set_item_issue_policy(caller: Caller, code: str, body: dict[str, Policy]) -> Any:
        """Say which lots of an item go first

        FEFO, FIFO or LIFO, for orders where neither the order nor the customer says; FEFO if nobody ever said.
        """
        assert caller.party_id is not None
        with house.engine.begin() as connection:
            old = set_issue_policy(connection, caller.party_id, code, body["issue_policy"])
            told = {"issue_policy": (old, body["issue_policy"])}
            changes.keep(connection, author(house, caller), "item", code, told if old != body["issue_policy"] else {})
        return {"item": code, **body}

    return customers
