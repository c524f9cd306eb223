"""What each column is to an audit: evidence, derived, or operational (`columns.toml` says why)."""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

FILE = Path(__file__).with_name("columns.toml")


class Columns(NamedTuple):
    """The columns of one table by class; `why` says what the operational ones are instead of evidence.

    `key` is the primary key; `optional` are checked columns that may be empty. `named`: only rows that a movement names
    are evidence; a query for the first column of their keys.
    """

    key: Sequence[str] = ()
    optional: Sequence[str] = ()
    named: str = ""
    evidence: Sequence[str] = ()
    derived: Sequence[str] = ()
    operational: Sequence[str] = ()
    why: str = ""

    @property
    def checked(self) -> Sequence[str]:
        """What an audit answers for."""
        return [*self.evidence, *self.derived]


@cache
def columns() -> Mapping[str, Columns]:
    """By `schema.table`."""
    return {table: Columns(**classes) for table, classes in tomllib.loads(FILE.read_text("utf-8")).items()}
