"""Tile paths as C2SP tlog-tiles writes them: <https://c2sp.org/tlog-tiles>.

    tile/<L>/<N>[.p/<W>]          L = 0…63, or `entries`
    N = 1234067  is  x001/x234/067
    W = 1…255, only for a tile that is not full

A path has one spelling; anything else is no tile.
"""

import re
from dataclasses import dataclass

_PATH = re.compile(r"(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?", re.ASCII)
FULL_WIDTH = 256
MAX_LEVEL = 63
MAX_NUMBER = 2**53 // FULL_WIDTH


@dataclass(frozen=True, slots=True)
class TilePath:
    level: int | None  # None: an entry bundle
    number: int
    width: int


def parse_tile_path(text: str) -> TilePath | None:
    """The tile that `text` (without `tile/`) names, or None."""
    match = _PATH.fullmatch(text)
    if not match:
        return None
    level = None if match[1] == "entries" else int(match[1])
    number = int(match[2].replace("x", "").replace("/", ""))
    width = int(match[3]) if match[3] else FULL_WIDTH
    within = (level or 0) <= MAX_LEVEL and number <= MAX_NUMBER and (match[3] is None or width < FULL_WIDTH)
    parsed = TilePath(level, number, width)
    return parsed if within and format_tile_path(parsed) == text else None


def format_tile_path(tile: TilePath) -> str:
    digits = f"{tile.number:03d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[start : start + 3] for start in range(0, len(digits), 3)]
    number = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
    level = "entries" if tile.level is None else str(tile.level)
    return f"{level}/{number}" + (f".p/{tile.width}" if tile.width < FULL_WIDTH else "")
