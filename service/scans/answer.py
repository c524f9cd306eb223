"""What the scanner's screen is told, as JSON members."""

from collections.abc import Iterable
from typing import Any

from service.domain.scans import Expectation, Finding, Outcome
from service.numbers.lookup import LotFound
from service.scans.elements import Element
from service.scans.judge import Judged
from service.scans.reading import Reading

# The unit of AIs 310n to 316n and 320n, in UN/ECE Recommendation 20.
_UNITS = {"310": "KGM", "311": "MTR", "314": "MTK", "315": "LTR", "316": "MTQ", "320": "LBR"}
_NAMED = {"\x1d": "<GS>"}
_DATES = {"expiry_date": ("17", "7003"), "production_date": ("11",), "best_before_date": ("15",)}


def answer_of(judged: Judged, expected: Expectation | None, outcome: Outcome, do: str) -> dict[str, Any]:
    reading, found = judged.reading, judged.found
    readable = not judged.choices and outcome != "unreadable"
    return {
        "outcome": outcome,
        "kind": reading.kind,
        "symbology": reading.symbology,
        "text": _shown(reading.text),
        "elements": [_element(each) for each in reading.elements],
        "item": {"code": found.item.code, "name": found.item.name, "gtin": found.item.gtin} if found.item else None,
        "lot": found.number if reading.kind != "plain" and readable else None,
        "lots": _lots(found.lots),
        "look_alikes": _lots(found.alike),
        "location": found.location or found.pallet,
        "gln": found.gln,
        "sscc": found.sscc,
        "quantities": _quantities(reading.elements) if readable else [],
        **({name: _day(reading, ais) if readable else None for name, ais in _DATES.items()}),
        "findings": [_finding(each) for each in judged.findings],
        "choices": [[_element(each) for each in choice] for choice in judged.choices],
        "matches": None if expected is None else outcome == "ok",  # a screen that asks only this is safe
        "scanned": judged.scanned,
        "expected": str(expected) if expected else None,
        "do": do,
    }


def _element(element: Element) -> dict[str, Any]:
    return {"ai": element.ai, "title": element.title, "meaning": element.meaning, "value": element.value,
            "date": element.day.isoformat() if element.day else None, "problem": element.problem}


def _finding(finding: Finding) -> dict[str, Any]:
    return {"finding": finding.finding, "detail": finding.detail, "expected": finding.expected, "seen": finding.seen}


def _lots(lots: Iterable[LotFound]) -> list[dict[str, Any]]:
    return [
        {"uri": each.uri, "item": each.item, "lot": each.number, "manufacturer_lot": each.manufacturer_lot,
         "expiry_date": each.expiry_date.isoformat() if each.expiry_date else None}
        for each in lots
    ]  # fmt: skip


def _quantities(elements: Iterable[Element]) -> list[dict[str, Any]]:
    return [{"ai": each.ai, "value": each.number, "unit": _UNITS.get(each.ai[:3])} for each in elements if each.number]


def _day(reading: Reading, ais: tuple[str, ...]) -> str | None:
    element = reading.first(*ais)
    return element.day.isoformat() if element and element.day else None


def _shown(text: str) -> str:
    """GS and other characters that nobody sees become visible."""
    return "".join(each if each.isprintable() else _NAMED.get(each, f"<U+{ord(each):04X}>") for each in text)
