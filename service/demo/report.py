"""What the demo prints: short lines of progress, and two calm tables."""

import os
import re
import sys
import time
import unicodedata
from collections.abc import Sequence

BEGINNING = 10
_LONG = re.compile(r"[A-Za-z0-9+/_-]{24,}=*")
_START = time.time()


def say(text: str) -> None:
    """One line of progress, with the seconds since ./lotproof was started."""
    started = float(os.environ.get("LOTPROOF_STARTED") or _START)
    print(f"{time.time() - started:6.1f} s  {text}", file=sys.stderr, flush=True)


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[object]], foot: str = "") -> str:
    """Columns as wide as their widest cell (a Chinese character takes two places); the last one is not padded."""
    cells = [list(head), *[[str(cell) for cell in row] for row in rows]]
    widths = [max(width(row[column]) for row in cells) for column in range(len(head) - 1)]
    lines = ["  ".join([*(_padded(cell, at) for cell, at in zip(row, widths, strict=False)), row[-1]]) for row in cells]
    rule = "─" * max(map(width, lines))
    parts = ["", title, "", lines[0], rule, *lines[1:]]
    return "\n".join([*(f"  {part}".rstrip() for part in parts), *(["", f"  {foot}"] if foot else []), ""])


def width(text: str) -> int:
    """Places on a terminal."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def brief(text: str, most: int = 100) -> str:
    """One line for a table: of hashes, keys and encoded texts only how they begin."""
    short = _LONG.sub(lambda found: found[0][:BEGINNING] + "…", " ".join(text.split()))
    return short if len(short) <= most else short[: most - 1] + "…"


def _padded(text: str, to: int) -> str:
    return text + " " * (to - width(text))
