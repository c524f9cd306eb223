"""Moments as they are stored (milliseconds since 1970) and as they are told."""

from datetime import UTC, datetime


def moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def moment_or_none(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else moment(milliseconds)
