"""What a report is: a title, columns in two languages, and rows that stream from the database.

A row is a dict of plain values, the same for the JSON answer and for every file; a column picks one member of it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection

from service.papers.words import Words

Kind = Literal["text", "quantity", "whole", "day", "moment"]
Row = dict[str, Any]

STREAM = {"stream_results": True, "yield_per": 1000}
"""Execution options under which rows arrive by the thousand and memory stays small."""


@dataclass(frozen=True, slots=True)
class Column:
    """`key` is the member of the row; `kind` decides how a file types it; `width` is in characters."""

    key: str
    title: Words
    kind: Kind = "text"
    width: int = 12


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose rows, at what moment, with which filters. `limit` None: all of them, for a file."""

    party_id: int
    now: datetime
    origin: str
    values: Mapping[str, Any] = field(default_factory=dict)
    after: Any = None
    limit: int | None = None

    @property
    def milliseconds(self) -> int:
        return milliseconds(self.now)


@dataclass(frozen=True, slots=True)
class Report:
    """`key` is the member of a row by which the next page begins; rows of one key are never torn apart."""

    name: str
    title: Words
    columns: tuple[Column, ...]
    key: str
    rows: Callable[[Connection, Asked], Iterator[Row]]


def milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def column(key: str, en: str, zh: str, kind: Kind = "text", width: int = 12) -> Column:
    return Column(key, Words(en, zh), kind, width)


ITEM = column("item", "Item", "物料")
LOT = column("lot", "Lot", "批号", width=16)
URI = column("uri", "Lot URI", "批次标识", width=30)
UNIT = column("unit", "Unit", "单位", width=6)
LOCATION = column("location", "Location", "库位", width=14)
EXPIRY = column("expiry_date", "Expiry date", "有效期至", "day", 12)
GOODS_STATUS = column("goods_status", "Goods status", "货物状态", width=12)
QUANTITY = column("quantity", "Quantity", "数量", "quantity", 12)
