"""Customers with what they want of their goods, and the issue policy of an item."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select, text
from sqlalchemy.dialects.postgresql import insert

from service.domain.allocation import Policy
from service.domain.errors import HandoffToSelf, ThingExists, UnknownThing
from service.domain.identifiers import check_code, check_text
from service.ledger.master_data import party_id_of
from service.models.orders import customer, issue_rule
from service.models.tables import item


@dataclass(frozen=True, slots=True)
class NewCustomer:
    """`party`: its code where the customer keeps its own stock on this ledger; goods are then offered, not shipped."""

    code: str
    name: str
    party: str | None = None
    issue_policy: Policy | None = None
    min_days_left: int | None = None
    min_percent_left: int | None = None


def create_customer(connection: Connection, party_id: int, new: NewCustomer) -> None:
    """Raises ThingExists, UnknownThing, BadName, BadText, HandoffToSelf."""
    check_code("customer", new.code)
    check_text("name", new.name)
    as_party = party_id_of(connection, new.party) if new.party is not None else None
    if as_party == party_id:
        raise HandoffToSelf(str(new.party))
    made = connection.scalar(insert(customer).values(
        party_id=party_id, code=new.code, name=new.name, as_party_id=as_party, policy=new.issue_policy,
        min_days=new.min_days_left, min_percent=new.min_percent_left,
    ).on_conflict_do_nothing().returning(customer.c.id))  # fmt: skip
    if made is None:
        raise ThingExists("customer", new.code)


def list_customers(connection: Connection, party_id: int, after: str, limit: int) -> list[Row[Any]]:
    """In the order of their codes."""
    query = """
        SELECT c.code, c.name, p.code AS party, c.policy AS issue_policy, c.min_days AS min_days_left,
            c.min_percent AS min_percent_left
        FROM warehouse.customer c LEFT JOIN warehouse.party p ON p.id = c.as_party_id
        WHERE c.party_id = :party AND c.code > :after ORDER BY c.code LIMIT :limit
    """
    return list(connection.execute(text(query), {"party": party_id, "after": after, "limit": limit}))


def set_issue_policy(connection: Connection, party_id: int, code: str, policy: Policy) -> Policy | None:
    """Which lots of this item go first where neither order nor customer says; what it was. Raises UnknownThing."""
    found = connection.scalar(select(item.c.id).where(item.c.party_id == party_id, item.c.code == code))
    if found is None:
        raise UnknownThing("item", code)
    old: Policy | None = connection.scalar(select(issue_rule.c.policy).where(issue_rule.c.item_id == found))
    rule = insert(issue_rule).values(item_id=found, policy=policy)
    connection.execute(rule.on_conflict_do_update(index_elements=["item_id"], set_={"policy": policy}))
    return old
