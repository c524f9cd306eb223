"""The table that the web processes of one server share: a file whose path they inherit, gone with the server."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from service.budgets import table
from service.budgets.table import Table

VARIABLE = "LOTPROOF_BUDGETS_FILE"


@contextmanager
def buckets() -> Iterator[None]:
    """Every process that is started inside draws from the same buckets."""
    with tempfile.TemporaryDirectory(prefix="lotproof-budgets-") as folder:
        os.environ[VARIABLE] = str(Path(folder) / "table")
        table.make(Path(folder) / "table")
        yield


def opened() -> Table:
    """The table of this server; one of its own in a process that is alone."""
    shared = os.environ.get(VARIABLE)
    return Table(Path(shared) if shared else None)
