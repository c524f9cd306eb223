"""Tables that a narrow screen shows as cards: each cell carries the title of its column.

A style sheet can lay rows out below each other, but it knows no titles, and a table that is laid out otherwise is no
table any more to a screen reader unless its parts say what they are. Both is written into the finished page, so that
no template has to repeat it in each cell. What a cell holds is one box, or a narrow screen would lay each word of it
into a row of its own. It reads our own templates' tags; values in them are escaped.
"""

import re
from collections.abc import Iterator

_TABLE = re.compile(r"<table\b[^>]*>.*?</table>", re.S)
_HEAD = re.compile(r"<thead\b.*?</thead>", re.S)
_TITLE = re.compile(r"<th\b[^>]*>(.*?)</th>", re.S)
_ROW = re.compile(r"<tr\b[^>]*>.*?</tr>", re.S)
_CELL = re.compile(r"<(td|th)\b([^>]*)>(.*?)</\1>", re.S)
_TAG = re.compile(r"<[^>]+>")
_PARTS = (
    ("<table", '<table role="table"'), ("<thead", '<thead role="rowgroup"'), ("<tbody", '<tbody role="rowgroup"'),
    ("<tr", '<tr role="row"'), ('<th scope="col"', '<th role="columnheader" scope="col"'),
)  # fmt: skip


def labelled(page: str) -> str:
    """The page with every table that has a head made ready for narrow screens."""
    return _TABLE.sub(lambda found: _table(found.group()), page)


def _table(table: str) -> str:
    head = _HEAD.search(table)
    if head is None:
        return table
    titles = [_TAG.sub("", title).strip() for title in _TITLE.findall(head.group())]
    begin, end = head.span()
    rows = _ROW.sub(lambda found: _row(found.group(), titles), table[end:])
    made = table[:begin] + head.group() + rows
    for plain, said in _PARTS:
        made = made.replace(plain, said)
    return made


def _row(row: str, titles: list[str]) -> str:
    names: Iterator[str] = iter(titles)
    return _CELL.sub(lambda found: _cell(*found.groups(), next(names, "")), row)


def _cell(tag: str, attributes: str, held: str, title: str) -> str:
    label = f' data-label="{title}"' if title else ""
    box = f"<div>{held}</div>" if held.strip() else ""
    return f'<{tag} role="{"rowheader" if tag == "th" else "cell"}"{label}{attributes}>{box}</{tag}>'
