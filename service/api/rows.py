"""Rows of the database as JSON objects."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row


def plain(row: Row[*tuple[Any, ...]]) -> dict[str, Any]:
    """Names are made plain `str`: SQLAlchemy's are a subclass, which orjson does not take as keys."""
    return {str.__str__(name): value for name, value in zip(row._fields, row, strict=True)}


def moment(milliseconds: int | None) -> datetime | None:
    """A stored time, milliseconds since 1970, as JSON shows it."""
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)
