"""What records say of an item beside its name: by which rules it is recorded, and how each of them describes it."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from service.domain.identifiers import check_text
from service.models.records import PRODUCT_FACTS, product
from service.models.tables import item
from service.people import changes
from service.people.changes import Author

REGIMES = ("fsma", "dscsa", "gsp", "fmd")
SHOWN = ("regimes", "raw", *PRODUCT_FACTS)
NOTHING: dict[str, Any] = {"regimes": [], "raw": False, **dict.fromkeys(PRODUCT_FACTS)}


def read(connection: Connection, party_id: int, code: str) -> dict[str, Any] | None:
    """None if the party has no such item; empty members where nobody has said anything."""
    found = connection.execute(_query(party_id, code)).mappings().one_or_none()
    if found is None:
        return None
    said = {name: found[name] for name in SHOWN}
    return {"item": code, **(NOTHING if said["regimes"] is None else said)}


def change(connection: Connection, author: Author, code: str, wanted: Mapping[str, Any]) -> dict[str, Any] | None:
    """As it is then, None if the party has no such item; raises BadText."""
    for fact in PRODUCT_FACTS:
        if wanted.get(fact) is not None:
            check_text(fact, wanted[fact])
    mine = (item.c.party_id == author.party_id, item.c.code == code)
    id = connection.scalar(select(item.c.id).where(*mine).with_for_update(key_share=True))
    if id is None:
        return None
    old = read(connection, author.party_id, code)
    assert old is not None
    new = old | {name: list(value) if name == "regimes" else value for name, value in wanted.items()}
    values = {name: new[name] for name in SHOWN}
    made = insert(product).values(item_id=id, **values)
    connection.execute(made.on_conflict_do_update(index_elements=["item_id"], set_=values))
    told = {name: (old[name], new[name]) for name in SHOWN if new[name] != old[name]}
    changes.keep(connection, author, "product", code, told)
    return new


def _query(party_id: int, code: str) -> Any:
    joined = item.outerjoin(product, product.c.item_id == item.c.id)
    return select(*(product.c[name] for name in SHOWN)).select_from(joined).where(
        item.c.party_id == party_id, item.c.code == code
    )
