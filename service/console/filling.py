"""What a form sent, as the operations take it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from flask import request

from service.api.problem import Problem

Said = dict[str, str]

MOST_ROWS = 100


def only(said: Mapping[str, str], *names: str) -> Said:
    """Of what a form sent, what is asked for and was filled in."""
    return {name: said[name] for name in names if name in said}


def rows(said: Mapping[str, str], *names: str, marks: Sequence[str] = (), most: int = MOST_ROWS) -> list[Said]:
    """Lines of a form, whose fields are called `item-1`, `lot-1`, …; a line in which nothing is filled in is none.

    `marks` are fields that a line carries whether or not anybody wrote into it: they alone make no line.
    """
    found = [{name: said[f"{name}-{at}"] for name in (*names, *marks) if f"{name}-{at}" in said}
             for at in range(1, most + 1)]  # fmt: skip
    return [line for line in found if any(name in line for name in names)]


class Sent(NamedTuple):
    name: str
    content: bytes
    type: str


def file_sent(field: str = "file") -> Sent:
    """The file of a form; raises Problem 422 if none was chosen."""
    file = request.files.get(field)
    if file is None or not file.filename:
        raise Problem(422, "no-file", "expected a file, got none", expected="a file", seen="none")
    name = "".join(letter for letter in file.filename if letter.isprintable()).strip()[:200]
    return Sent(name or field, file.read(), file.mimetype or "application/octet-stream")
