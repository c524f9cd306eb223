"""What a person who approves a count is shown, as bytes that can be hashed: every line, the book and what was found."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from service.domain.signing import as_shown


def record_of(sheet: UUID, lines: Sequence[Any]) -> bytes:
    """Quantities in smallest units. Counted again, it is another record."""
    return as_shown({
        "count": sheet,
        "lines": [
            {"at": row.at, "item": row.item, "lot": row.lot, "status": row.status, "book": row.book_then,
             "counted": row.counted, "by": row.counted_by, "decimals": row.decimals}
            for row in lines
        ],
    })  # fmt: skip
