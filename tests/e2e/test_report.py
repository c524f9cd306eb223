"""What the demo prints, and that nothing of the product stands on it."""

import re
from pathlib import Path

from service.demo.report import brief, table, width

ROOT = Path(__file__).parents[2]


def test_columns_stand_under_each_other_also_with_chinese_names() -> None:
    lines = table("Lots", ("party", "lot"), [("澄和制药", "A"), ("Qingye", "B")]).splitlines()
    ends = [width(line[: line.rindex(cell)]) for line, cell in zip(lines[3:], ("lot", "─", "A", "B"), strict=True)]
    assert ends[0] == ends[2] == ends[3]
    assert not any(line != line.rstrip() for line in lines)


def test_of_a_hash_a_table_shows_how_it_begins() -> None:
    assert brief(f"root: expected {'ab' * 32}, seen none") == "root: expected ababababab…, seen none"
    assert brief("number of entries: expected 15 (the map), seen 14 (the file)").endswith("14 (the file)")
    assert len(brief("word " * 100)) == 100


def test_the_product_does_not_stand_on_its_demo() -> None:
    demo = re.compile(r"^\s*(?:from|import) service\.demo", re.MULTILINE)
    rooms = [path for room in ("service", "anchoring", "verifier") for path in (ROOT / room).rglob("*.py")]
    assert [str(p) for p in rooms if "demo" not in p.parts and demo.search(p.read_text())] == []
