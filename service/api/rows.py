"""Rows of the database as JSON objects."""

from typing import Any

from sqlalchemy import Row


def plain(row: Row[*tuple[Any, ...]]) -> dict[str, Any]:
    """Names are made plain `str`: SQLAlchemy's are a subclass, which orjson does not take as keys."""
    return {str.__str__(name): value for name, value in zip(row._fields, row, strict=True)}
