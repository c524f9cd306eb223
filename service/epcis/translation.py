"""EPC URN and GS1 Digital Link: two spellings of the same key.

    urn:epc:id:sgtin:0614141.107346.2017   <->   https://id.gs1.org/01/10614141073464/21/2017

A URN shows where the company prefix ends and a Digital Link does not: the way back needs that length. `canonical` also
takes Digital Links of any domain, with words in place of AIs, with a query, and with more than one qualifier, as the
CBV hash asks for. Check digits of Digital Links are not checked. Evidence: tests/service/epcis/test_translation.py.
"""

import re
from collections.abc import Callable
from functools import lru_cache

from service.epcis.keys import (
    CANONICAL,
    KEY_FORMS,
    NAMES,
    PATTERNS,
    QUALIFIER_FORM,
    QUALIFIERS,
    SCHEMES,
    Scheme,
    check_digit,
    escaped,
    unescaped,
)

FORMATS = ("Always_GS1_Digital_Link", "Always_EPC_URN", "No_Preference", "Never_Translates")
"""Values of `GS1-EPC-Format`; the first is the standard's default."""

PrefixLength = Callable[[str], int | None]
"""How many of these digits, at their beginning, are a company prefix; None if that is not known."""

_URN = re.compile(r"urn:epc:((?:id|class|idpat):[a-z]+):(.+)")
_PREFIX = re.compile(r"[0-9]{6,12}")
_SERIAL = re.compile(r"(?:%[0-9A-Fa-f]{2}|[!'()*+,\-.0-9:;=A-Z_a-z]){1,28}")
_PLAIN = re.compile(
    r"https://id\.gs1\.org/(?:00/[0-9]{18}|417/[0-9]{13}|414/[0-9]{13}(?:/254/[\w.~-]{1,20})?"
    r"|01/[0-9]{14}(?:/(?:10|21)/[\w.~-]{1,20})?)", re.ASCII)  # fmt: skip
"""What is canonical already, at a glance: most of what is read."""

_WEB = re.compile(r"https?://[^/?#]+(/[^?#]*)")


@lru_cache(maxsize=65_536)
def canonical(uri: str) -> str:
    """The canonical Digital Link of a GS1 key, however it is spelled; any other URI as it is."""
    if uri.startswith("urn:epc:"):
        return _link_of_urn(uri) or uri
    if uri.startswith(("https://", "http://")):
        return uri if _PLAIN.fullmatch(uri) else _canonical_link(uri) or uri
    return uri


def to_urn(link: str, prefix_length: PrefixLength, *, of_class: bool = False) -> str:
    """The EPC URN of a canonical Digital Link; the link itself where there is none, or no prefix length is known.

    `of_class`: a key without a serial is meant as a class (`urn:epc:idpat:…*`), as in quantity lists.
    """
    if not link.startswith(CANONICAL + "/"):
        return link
    ai, key, *rest = link[len(CANONICAL) + 1 :].split("/")
    plain = unescaped(key)
    for name, scheme in SCHEMES.items():
        if scheme.ai == ai and plain is not None:
            urn = _urn_of_link(name, scheme, plain, rest, prefix_length, of_class)
            if urn is not None:
                return urn
    return link


def known_prefix(urn: str) -> str | None:
    """The company prefix that an EPC URN shows."""
    found = _URN.fullmatch(urn)
    return found[2].partition(".")[0] if found and _scheme_of(found[1]) else None


def _scheme_of(name: str) -> Scheme | None:
    return SCHEMES.get(name) or SCHEMES.get(PATTERNS.get(name, ""))


def _link_of_urn(urn: str) -> str | None:
    found = _URN.fullmatch(urn)
    scheme = _scheme_of(found[1]) if found else None
    if found is None or scheme is None:
        return None
    parts = found[2].split(".", 1 + scheme.fixed + (scheme.serial is not None))
    if len(parts) != 2 + scheme.fixed + (scheme.serial is not None) or not _PREFIX.fullmatch(parts[0]):
        return None
    key = _key_of(scheme, parts[0], parts[1], parts[2 : 2 + scheme.fixed])
    if key is None or scheme.serial is None:
        return key and f"{CANONICAL}/{scheme.ai}/{key}"
    return _with_serial(scheme, key, parts[-1], pattern=found[1] in PATTERNS)


def _key_of(scheme: Scheme, prefix: str, reference: str, fixed: list[str]) -> str | None:
    """The key's own digits, with check digit; of a key that ends in free text, that text escaped."""
    if scheme.digits is None:
        plain = unescaped(reference)
        return escaped(prefix + plain) if plain and _SERIAL.fullmatch(reference) else None
    if not re.fullmatch(r"[0-9]*", reference) or len(prefix + reference) != scheme.digits:
        return None
    digits = reference[:1] + prefix + reference[1:] if scheme.shifted else prefix + reference
    if any(not re.fullmatch(r"[0-9]{2}", part) for part in fixed):
        return None
    digits = scheme.lead + digits
    return digits + (check_digit(digits) if scheme.checked else "") + "".join(fixed)


def _with_serial(scheme: Scheme, key: str, serial: str, *, pattern: bool) -> str | None:
    stem = f"{CANONICAL}/{scheme.ai}/{key}"
    if pattern:
        return stem if serial == "*" else None
    plain = unescaped(serial)
    if not plain or not _SERIAL.fullmatch(serial):
        return None
    if scheme.serial == "254" and plain == "0":  # a location without extension
        return stem
    return f"{stem}/{scheme.serial}/{escaped(plain)}" if scheme.serial else stem + escaped(plain)


def _canonical_link(uri: str) -> str | None:
    found = _WEB.fullmatch(uri.partition("#")[0].partition("?")[0])
    if found is None:
        return None
    segments = [unescaped(each) for each in found[1].strip("/").split("/")]
    for at in range(len(segments) - 1):
        ai = NAMES.get(segments[at] or "", segments[at])
        if ai in KEY_FORMS and len(segments[at:]) % 2 == 0:
            link = _link_of_pairs(ai, segments[at + 1], segments[at + 2 :])
            if link is not None:
                return link
    return None


def _link_of_pairs(ai: str, key: str | None, rest: list[str | None]) -> str | None:
    if key is None or not re.fullmatch(r"\d{4}.*", key):  # four digits of a company prefix at least
        return None
    if ai == "01" and len(key) in (8, 12, 13):
        key = key.zfill(14)
    if not re.fullmatch(KEY_FORMS[ai], key, re.ASCII):
        return None
    named = {NAMES.get(name or "", name): value for name, value in zip(rest[::2], rest[1::2], strict=True)}
    if None in named.values() or not named.keys() <= {"22", *QUALIFIERS.get(ai, ())}:
        return None
    stem = f"{CANONICAL}/{ai}/{escaped(key)}"
    for qualifier in QUALIFIERS.get(ai, ()):
        value = named.get(qualifier)
        if value is not None:
            return f"{stem}/{qualifier}/{escaped(value)}" if QUALIFIER_FORM.fullmatch(value) else None
    return stem


def _urn_of_link(
    name: str, scheme: Scheme, key: str, rest: list[str], prefix_length: PrefixLength, of_class: bool
) -> str | None:
    serial = _serial_of(scheme, key, rest, of_class)
    if serial is None:
        return None
    split = _split(scheme, key, prefix_length)
    if split is None:
        return None
    kind = name.replace("id:", "idpat:", 1) if serial == ".*" else name
    return f"urn:epc:{kind}:{split}{serial}"


def _serial_of(scheme: Scheme, key: str, rest: list[str], of_class: bool) -> str | None:
    """What follows the key in the URN, with its dot; None if this scheme does not name this link."""
    if scheme.serial is None:
        return None if rest else ""
    if scheme.serial == "":
        ending = key[len(scheme.lead) + (scheme.digits or 0) + 1 :]
        return "." + _urn_text(ending) if ending else ".*" if of_class else None
    if not rest:
        if scheme.serial == "254":
            return ".0"
        return ".*" if scheme.serial == "21" or scheme.serial == "8011" else None
    return "." + _urn_text(unescaped(rest[1]) or "") if rest[0] == scheme.serial else None


def _split(scheme: Scheme, key: str, prefix_length: PrefixLength) -> str | None:
    """Company prefix, reference and the parts of two digits, with dots."""
    digits = key[len(scheme.lead) :]
    first, digits = (digits[:1], digits[1:]) if scheme.shifted else ("", digits)
    length = prefix_length(digits)
    if length is None or not 6 <= length <= 12:
        return None
    if scheme.digits is None:
        return f"{digits[:length]}.{_urn_text(digits[length:])}" if len(digits) > length else None
    end = scheme.digits - len(first)
    fixed = digits[end + 1 :] if scheme.fixed else ""
    tail = "".join(f".{fixed[at : at + 2]}" for at in range(0, 2 * scheme.fixed, 2))
    return f"{digits[:length]}.{first}{digits[length:end]}{tail}"


def _urn_text(text: str) -> str:
    """EPC Tag Data Standard, section 6: these seven are escaped in a URN, all else stands."""
    return "".join(f"%{ord(each):02X}" if each in "\"%&/<>?#" else each for each in text)
