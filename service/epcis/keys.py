"""GS1 keys as URIs: what each application identifier (AI) holds, and how the URN of EPCIS 1 spelled the same key.

Source: GS1 Digital Link URI Syntax 1.2 and EPC Tag Data Standard 2.0, sections 6 and 7.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote

CANONICAL = "https://id.gs1.org"
_PLAIN = "-._~"


@dataclass(frozen=True, slots=True)
class Scheme:
    """One kind of EPC URN.

    `ai` is the key's; `digits` how many digits prefix and reference have together (None: the reference is free text);
    `shifted`: the first digit of the reference stands before the company prefix; `lead` comes before all digits;
    `checked`: a check digit follows them; `fixed`: how many further parts of two digits follow the reference;
    `serial`: the AI under which the last part stands (empty: it is written on to the key; None: there is no such part).
    """

    ai: str
    digits: int | None
    shifted: bool = False
    lead: str = ""
    checked: bool = True
    fixed: int = 0
    serial: str | None = None


SCHEMES: Mapping[str, Scheme] = {
    "id:sgtin": Scheme("01", 13, shifted=True, serial="21"),
    "class:lgtin": Scheme("01", 13, shifted=True, serial="10"),
    "id:upui": Scheme("01", 13, shifted=True, serial="235"),
    "id:itip": Scheme("8006", 13, shifted=True, fixed=2, serial="21"),
    "id:sscc": Scheme("00", 17, shifted=True),
    "id:sgln": Scheme("414", 12, serial="254"),
    "id:pgln": Scheme("417", 12),
    "id:grai": Scheme("8003", 12, lead="0", serial=""),
    "id:giai": Scheme("8004", None, checked=False),
    "id:gsrn": Scheme("8018", 17),
    "id:gsrnp": Scheme("8017", 17),
    "id:gdti": Scheme("253", 12, serial=""),
    "id:sgcn": Scheme("255", 12, serial=""),
    "id:cpi": Scheme("8010", None, checked=False, serial="8011"),
    "id:ginc": Scheme("401", None, checked=False),
    "id:gsin": Scheme("402", 16),
}
PATTERNS = {name.replace("id:", "idpat:", 1): name for name in SCHEMES
            if name.startswith("id:") and SCHEMES[name].serial is not None}  # fmt: skip
"""`urn:epc:idpat:sgtin:….*`: all serials of a class."""

NAMES: Mapping[str, str] = {
    "gtin": "01", "itip": "8006", "cpid": "8010", "gln": "414", "party": "417", "gsrnp": "8017", "gsrn": "8018",
    "gcn": "255", "sscc": "00", "gdti": "253", "ginc": "401", "gsin": "402", "grai": "8003", "giai": "8004",
    "cpv": "22", "lot": "10", "ser": "21",
}  # fmt: skip
"""Words that older Digital Links have in place of AIs."""

KEY_FORMS: Mapping[str, str] = {
    "00": r"\d{18}", "01": r"\d{14}", "253": r"\d{13}.{0,17}", "255": r"\d{13}\d{0,12}", "401": r".{1,30}",
    "402": r"\d{17}", "414": r"\d{13}", "417": r"\d{13}", "8003": r"\d{14}.{0,16}", "8004": r".{1,30}",
    "8006": r"\d{18}", "8010": r"[#\-/0-9A-Z]{1,30}", "8017": r"\d{18}", "8018": r"\d{18}",
}  # fmt: skip
QUALIFIERS: Mapping[str, tuple[str, ...]] = {"01": ("21", "10", "235"), "8006": ("21", "10"), "414": ("254",),
                                             "8010": ("8011",)}  # fmt: skip
"""Of what names a part of a key, the finest first: one is kept. AI 22 names a variant and is left out."""

QUALIFIER_FORM = re.compile(r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{1,28}")


def escaped(text: str) -> str:
    """As the ledger format spells a path segment: one way to write each key."""
    return quote(text, safe=_PLAIN)


def unescaped(text: str) -> str | None:
    """None where the bytes are no UTF-8."""
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        return None


def check_digit(digits: str) -> str:
    weighted = sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(reversed(digits)))
    return str(-weighted % 10)
