"""Events that were found as an EPCISQueryDocument, and what its writer must know of the asker."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, select

from service.epcis.documents import Document
from service.epcis.query.reading import Row
from service.epcis.translation import PrefixLength
from service.models.numbers import gs1_prefix


def query_document(
    rows: Sequence[Row], now: datetime, name: str, subscription: str | None = None, id: str | None = None
) -> Document:
    date = now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return Document([row.event for row in rows], "EPCISQueryDocument", creation_date=date, id=id, query_name=name,
                    subscription=subscription, spellings=[row.spelled for row in rows])  # fmt: skip


def prefix_lengths(connection: Connection, party: int | None) -> PrefixLength:
    """How long a company prefix is, by those that this party has registered; None: by all that are seen."""
    asked = select(gs1_prefix.c.prefix)
    known = connection.scalars(asked if party is None else asked.where(gs1_prefix.c.party_id == party)).all()

    def length(digits: str) -> int | None:
        return max((len(prefix) for prefix in known if digits.startswith(prefix)), default=None)

    return length
