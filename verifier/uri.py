"""Names of lots, parties and logs, and the subjects that stand for them in the log.

    lot    https://id.gs1.org/01/{GTIN-14}/10/{1-20 characters of GS1 set 82}
           https://{host}/lot/{party}/{item}/{lot}
    party  https://{host}/party/{id}
           https://id.gs1.org/417/{13 digits}
    log    https://{origin}

One spelling is legal: lower-case host, no port, query or trailing slash; a segment is NFC UTF-8 of
1-64 bytes without controls, never `.` or `..`; exactly the bytes outside ``A-Za-z0-9-._~`` are
percent-encoded, with upper-case hex.
"""

from __future__ import annotations

import re
import unicodedata
from hashlib import sha256
from urllib.parse import quote, unquote_to_bytes

from verifier.errors import Refuted
from verifier.hashing import Subject

LOT, PARTY, LOG = "lot", "party", "log"
GS1_HOST = "id.gs1.org"
MAX_URI = 1024
MAX_SEGMENT = 64

_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*")
_GTIN = re.compile(r"[0-9]{14}")
_GLN = re.compile(r"[0-9]{13}")
_SET_82 = re.compile(r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{1,20}")


def subject(type: str, origin: str, uri: str) -> Subject:
    """What stands in the log for the lot, party or log that `uri` names; does not check the URI."""
    name = f"lotproof/{type}/v1\0{origin}\0{uri}"
    return Subject(sha256(name.encode("utf-8")).digest())


def lot_uri(gtin: str, lot: str) -> str:
    """URI of a lot of a traded item: GTIN-14 and the lot number as it stands on the package."""
    return check_uri(LOT, f"https://{GS1_HOST}/01/{gtin}/10/{_quoted(lot)}")


def own_lot_uri(host: str, party: str, item: str, lot: str) -> str:
    """URI of a lot of an item that has no GTIN, named by its party."""
    return check_uri(LOT, f"https://{host}/lot/{_quoted(party)}/{_quoted(item)}/{_quoted(lot)}")


def party_uri(host: str, id: str) -> str:
    """URI of a party registered at this host."""
    return check_uri(PARTY, f"https://{host}/party/{_quoted(id)}")


def log_uri(origin: str) -> str:
    """URI of the log itself, subject of the log's own notices."""
    return check_uri(LOG, f"https://{origin}")


def check_uri(type: str, uri: str) -> str:
    """`uri`, if it is the one legal spelling of a lot, party or log; raises Refuted otherwise."""
    host, segments = _parts(uri)
    if not _SHAPES[type](host, segments):
        raise Refuted(f"{type} URI", f"a URI that names a {type}", uri)
    return uri


def check_gtin(gtin: str) -> str:
    """`gtin`, if it is 14 digits with a valid check digit (GS1 General Specifications, 7.9)."""
    if not _GTIN.fullmatch(gtin):
        raise Refuted("GTIN", "14 digits", gtin)
    total = sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(gtin[:13]))
    check = -total % 10
    if int(gtin[13]) != check:
        raise Refuted("GTIN check digit", check, gtin[13])
    return gtin


def check_origin(origin: str) -> str:
    """`origin`, if `https://{origin}` is a legal log URI."""
    log_uri(origin)
    return origin


def _parts(uri: str) -> tuple[str, list[str]]:
    """Host and decoded segments; every part spelled as `_quoted` spells it."""
    if len(uri) > MAX_URI or not uri.startswith("https://"):
        raise Refuted("URI", f"https:// and at most {MAX_URI} characters", uri)
    host, *segments = uri[len("https://") :].split("/")
    if not _HOST.fullmatch(host):
        raise Refuted("URI host", "a lower-case host name without port", host)
    return host, [_segment(spelled) for spelled in segments]


def _segment(spelled: str) -> str:
    try:
        text = unquote_to_bytes(spelled).decode("utf-8")
    except UnicodeError:
        raise Refuted("URI segment", "UTF-8", spelled) from None
    if _quoted(text) != spelled:
        raise Refuted("URI segment", _quoted(text), spelled)
    return text


def _quoted(text: str) -> str:
    """The one spelling of a segment; raises Refuted if there is none."""
    try:
        length = len(text.encode("utf-8"))
    except UnicodeEncodeError:
        raise Refuted("URI segment", "UTF-8", ascii(text)) from None
    if not 1 <= length <= MAX_SEGMENT or text in (".", ".."):
        raise Refuted("URI segment", f"1 to {MAX_SEGMENT} bytes, not . or ..", text)
    if not unicodedata.is_normalized("NFC", text):
        raise Refuted("URI segment", "Unicode normal form C", ascii(text))
    if any(unicodedata.category(character) == "Cc" for character in text):
        raise Refuted("URI segment", "no control characters", ascii(text))
    return quote(text, safe="-._~")


def _is_lot(host: str, segments: list[str]) -> bool:
    if len(segments) == 4 and segments[0] == "lot":
        return True
    if host != GS1_HOST or len(segments) != 4 or (segments[0], segments[2]) != ("01", "10"):
        return False
    return bool(check_gtin(segments[1]) and _SET_82.fullmatch(segments[3]))


def _is_party(host: str, segments: list[str]) -> bool:
    if len(segments) != 2:
        return False
    return segments[0] == "party" or (host == GS1_HOST and segments[0] == "417" and bool(_GLN.fullmatch(segments[1])))


def _is_log(host: str, segments: list[str]) -> bool:
    return len(segments) <= 8


_SHAPES = {LOT: _is_lot, PARTY: _is_party, LOG: _is_log}
