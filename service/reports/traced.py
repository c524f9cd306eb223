"""A trace as a file: one line for each way that goods went, from the suppliers to the customers."""

from collections.abc import Iterator

from sqlalchemy import Connection

from service.papers.words import Words
from service.reports.report import ITEM, LOT, QUANTITY, UNIT, Row, column
from service.trace.edges import Ends
from service.trace.trace import edge_stream

TITLE = Words("Trace", "追溯")
COLUMNS = (
    column("recorded_at", "Recorded", "记录时间", "moment", 15), column("kind", "Way", "方式", width=10),
    column("from", "From", "从", width=26), column("to", "To", "到", width=26), ITEM, LOT, QUANTITY, UNIT,
    column("state", "State", "状态", width=9), column("type", "Movement", "类型", width=9),
    column("movement", "Movement id", "移动编号", width=20),
)  # fmt: skip


def rows(connection: Connection, ends: Ends) -> Iterator[Row]:
    return edge_stream(connection, ends)
