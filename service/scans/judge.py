"""Judges what was read against what the party has and what the screen waits for; changes and chooses nothing.

    is it readable     -> unreadable, bad-check-digit
    is it one reading  -> missing-separator, several-meanings, several-lots
    does it agree      -> expiry-conflict, production-conflict     (quality's business; the lot stays as it is)
    is it expected     -> mismatch
    is it known        -> unknown-item, unknown-lot, ...; looks-like names lots that it could be
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date

from service.domain.scans import Expectation, Finding, Outcome
from service.numbers.lookup import LotFound
from service.scans.elements import Element
from service.scans.found import Found, Looking
from service.scans.reading import Reading


@dataclass(frozen=True, slots=True)
class Judged:
    """`choices` are all readings that make sense, where there is more than one."""

    reading: Reading
    found: Found
    findings: tuple[Finding, ...]
    choices: tuple[tuple[Element, ...], ...] = field(default=())

    @property
    def scanned(self) -> str:
        """In words for the person at the scanner."""
        found = self.found
        if self.choices:
            return "a code without a separator that it needs"
        said = [f"item {found.item_code}" if found.item_code else f"GTIN {found.gtin}" if found.gtin else ""]
        if found.lots or (found.gtin and found.number):
            said.append(f"lot {found.lots[0].number if len(found.lots) == 1 else found.number}")
        said += [f"location {found.location}" if found.location else f"GLN {found.gln}" if found.gln else ""]
        said += [f"pallet {found.sscc}" if found.sscc else ""]
        return ", ".join(filter(None, said)) or ascii(self.reading.text)[1:-1][:100]


def judge(reading: Reading, looking: Looking, expected: Expectation | None, site: str | None) -> Judged:
    if (choices := _choices(reading, looking)) and len(choices) > 1:
        return _ambiguous(reading, looking, choices)
    if reading.problem or any(element.problem for element in reading.elements):
        return Judged(reading, Found(), tuple(_unreadable(reading)))
    found = _found(reading, looking, expected, site)
    findings = [*_plainness(reading), *_meanings(found, reading, expected), *_conflicts(reading, found),
                *_expected(found, expected), *_unknown(reading, found, expected)]
    return Judged(reading, found, tuple(findings))


def is_expected(found: Found, expected: Expectation) -> bool:
    """Whether what was read is what the screen waits for; a value may be new here, then its spelling decides."""
    wanted = expected.value
    of = expected.item in (None, found.item_code, *(each.item for each in found.lots))
    if expected.kind == "item":
        return found.item_code is not None and wanted in (None, found.item_code)
    if expected.kind == "lot":
        named = wanted == found.number or any(wanted in (each.number, each.uri) for each in found.lots)
        return of and (bool(found.lots) if wanted is None else named)
    if expected.kind == "location":
        place = found.location or found.pallet  # a pallet is a place too
        return place is not None and wanted in (None, place)
    return bool(found.pallet) if wanted is None else wanted in (found.sscc, found.number)


def _found(reading: Reading, looking: Looking, expected: Expectation | None, site: str | None) -> Found:
    if reading.kind in ("gs1", "gtin"):
        return looking.of_elements(reading)
    if reading.kind == "digital_link":
        return looking.of_link(reading.text) or looking.of_elements(reading)
    found = looking.of_text(reading.text, site)
    if expected is not None and expected.kind in found.kinds:
        return _as_kind(found, expected)
    return found


def _as_kind(found: Found, expected: Expectation) -> Found:
    """Of several meanings of a plain code the one that the screen asked for."""
    if expected.kind == "lot":
        lots = tuple(each for each in found.lots if expected.item in (None, each.item))
        return Found(number=found.number, lots=lots, alike=found.alike)
    if expected.kind == "item":
        return Found(item=found.item, number=found.number)
    return replace(found, item=None, lots=(), **({"sscc": None, "pallet": None} if expected.kind == "location" else {}))


def _choices(reading: Reading, looking: Looking) -> tuple[tuple[Element, ...], ...]:
    """All readings, if more than one has something to say for itself.

    By the standard a value goes on to the separator. Another reading is taken seriously if the standard's is none, or
    if what would follow checks itself (a date, a check digit) or names a lot that exists; but not against a lot that
    exists by the standard's reading while the other's does not.
    """
    if not reading.splits:
        return ()
    literal = None if reading.problem else reading.elements
    if literal is None:
        return reading.splits if len(reading.splits) > 1 else (reading.splits[0], ())
    known = _names_known_lot(literal, looking)
    serious = any(
        names or (not known and any(each.checks_itself for each in split if each not in literal))
        for split in reading.splits
        for names in [_names_known_lot(split, looking)]
    )
    return (literal, *reading.splits) if serious else ()


def _names_known_lot(elements: tuple[Element, ...], looking: Looking) -> bool:
    said = Reading("gs1", None, "", elements)
    gtin, number = said.first("01", "02"), said.first("10")
    item = looking.item_of_gtin(gtin.value) if gtin else None
    return bool(item and number and looking.lot_exists(item, number.value))


def _ambiguous(reading: Reading, looking: Looking, choices: tuple[tuple[Element, ...], ...]) -> Judged:
    """Only what all readings have in common is looked up."""
    real = tuple(choice for choice in choices if choice)
    common = tuple(element for element in real[0] if all(element in other for other in real))
    found = looking.of_elements(replace(reading, elements=common))
    shown = " or ".join("".join(f"({each.ai}){each.value}" for each in choice) for choice in real)
    finding = Finding("missing-separator", "a separator is missing after a value: which reading is on the label?",
                      "ambiguous", "a separator (GS) after each value of variable length", shown)
    return Judged(replace(reading, elements=common), found, (finding,), real)


def _unreadable(reading: Reading) -> Iterator[Finding]:
    if reading.problem:
        yield Finding("unreadable", reading.problem, "unreadable", seen=ascii(reading.text)[1:-1][:200])
    for element in reading.elements:
        if element.problem:
            yield Finding("bad-check-digit", element.problem, "unreadable", seen=f"({element.ai}){element.value}")


def _plainness(reading: Reading) -> Iterator[Finding]:
    if reading.kind == "plain":
        yield Finding("not-gs1", "no symbology id or Digital Link says GS1, so it was looked up as a plain code")


def _meanings(found: Found, reading: Reading, expected: Expectation | None) -> Iterator[Finding]:
    if reading.kind == "plain" and len(found.kinds) > 1:
        yield Finding("several-meanings", "the code names more than one thing here",
                      None if expected else "ambiguous", "one", ", ".join(found.kinds))
    if len(found.lots) > 1:
        settled = expected is not None and (
            expected.kind == "item" or (expected.value is not None and is_expected(found, expected))
        )
        yield Finding("several-lots", "the label stands for more than one lot here", None if settled else "ambiguous",
                      "one lot", ", ".join(each.uri for each in found.lots))


def _conflicts(reading: Reading, found: Found) -> Iterator[Finding]:
    """The same GTIN and lot with another date."""
    for name, ais in (("expiry", ("17", "7003")), ("production", ("11",))):
        read = reading.first(*ais)
        for lot in found.lots:
            stored: date | None = getattr(lot, f"{name}_date")
            if read and read.day and stored and stored != read.day:
                detail = f"lot {lot.number} has {name} date {stored}, its label says {read.day}"
                yield Finding(f"{name}-conflict", detail, "conflict", stored.isoformat(), read.day.isoformat())


def _expected(found: Found, expected: Expectation | None) -> Iterator[Finding]:
    if expected is None or is_expected(found, expected):
        return
    wrong_kind = bool(found.kinds) and expected.kind not in found.kinds and not (expected.kind == "lot" and found.item)
    wrong_item = expected.item is not None and found.item_code not in (None, expected.item)
    if expected.value is not None or wrong_kind or wrong_item:
        yield Finding("mismatch", "this is not what was asked for", "mismatch", str(expected))
    else:
        yield Finding("not-recognised", f"it names no {expected.kind} that is here", "unknown", str(expected))


def _unknown(reading: Reading, found: Found, expected: Expectation | None) -> Iterator[Finding]:
    """What was named and is not here. Where the screen waits for something, only that decides (`_expected`)."""
    counts: Outcome | None = None if expected else "unknown"
    beside: Outcome | None = None if found.kinds else counts
    if found.gtin and not found.item:
        yield Finding("unknown-item", f"no item here has the GTIN {found.gtin}", counts, seen=found.gtin)
    if found.item and found.number and not found.lots and reading.kind != "plain":
        detail = f"item {found.item.code} has no lot {found.number} here"
        yield Finding("unknown-lot", detail, counts, seen=found.number)
    if found.gln and not found.location:
        yield Finding("unknown-location", f"no one place here has the GLN {found.gln}", beside, seen=found.gln)
    if found.sscc and not found.pallet:
        yield Finding("unknown-pallet", f"no pallet here has the SSCC {found.sscc}", beside, seen=found.sscc)
    if not found.kinds and not (found.gtin or found.gln or found.sscc):
        yield Finding("unknown-code", "it names no item, lot, location or pallet here", counts)
    if found.alike and not found.lots:
        yield _looks_like(found.alike)


def _looks_like(alike: tuple[LotFound, ...]) -> Finding:
    return Finding("looks-like", "lots that it could be, if it was misread; none was chosen",
                   seen=", ".join(f"{each.item} {each.number}" for each in alike[:10]))
