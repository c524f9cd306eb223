"""What a client of EPCIS asks for in headers: media type, version, spelling of identifiers, prefixes of extensions."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from flask import request

from service.api.epcis_speech import VERSION as SUPPORTED
from service.api.problem import Problem, shown
from service.epcis.translation import FORMATS

JSON, JSON_LD, XML = "application/json", "application/ld+json", "application/xml"
CBV_FORMATS = ("No_Preference", "Always_Web_URI", "Always_URN", "Never_Translates")
_VERSION = re.compile(r"\d{1,4}(\.\d{1,4}){0,3}", re.ASCII)
_DECLARED = re.compile(r"([A-Za-z][\w.-]{0,50})=([a-z][a-z0-9+.-]{1,30}:[!-+\--~]{1,500})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Wanted:
    """How the answer is to be written, and the namespaces of the prefixes in the question."""

    media_type: str
    epc_format: str
    cbv_urns: bool
    namespaces: Mapping[str, str]


def wanted(*media: str) -> Wanted:
    """What the current request asks for; `media` are the types that there are. Raises Problem 400 or 406."""
    for name in ("EPCIS", "CBV"):
        _check_version(name)
    epc_format = _choice("GS1-EPC-Format", FORMATS, FORMATS[0])
    cbv = _choice("GS1-CBV-XML-Format", CBV_FORMATS, "No_Preference")
    return Wanted(_media_type(media or (JSON, JSON_LD, XML)), epc_format, cbv == "Always_URN", namespaces())


def _media_type(media: tuple[str, ...]) -> str:
    aliases = {"text/xml": XML} if XML in media else {}
    best = request.accept_mimetypes.best_match([*media, *aliases]) if request.accept_mimetypes else media[0]
    if best is None:
        raise _not_acceptable("Accept", " or ".join(media), request.headers.get("Accept", ""))
    return aliases.get(best, best)


def _check_version(name: str) -> None:
    """We speak one version: it must lie in the range that the client speaks."""
    for end, outside in (("Min", lambda said: said > _read(SUPPORTED)), ("Max", lambda said: said < _read(SUPPORTED))):
        header = f"GS1-{name}-{end}"
        said = request.headers.get(header)
        if said is not None and (not _VERSION.fullmatch(said) or outside(_read(said))):
            raise _not_acceptable(header, f"a range that {SUPPORTED} lies in", said)
    said = request.headers.get(f"GS1-{name}-Version")
    if said is not None and (not _VERSION.fullmatch(said) or _read(said)[0] != 2):
        raise _not_acceptable(f"GS1-{name}-Version", "2.0.0", said)


def _read(version: str) -> tuple[int, ...]:
    parts = [int(part) for part in version.split(".")]
    return tuple(parts + [0] * (4 - len(parts)))


def _choice(header: str, options: tuple[str, ...], default: str) -> str:
    said = request.headers.get(header, default)
    if said not in options:
        raise _not_acceptable(header, " or ".join(options), said)
    return said


def namespaces() -> dict[str, str]:
    """The prefixes that `GS1-Extensions` declares, `prefix=https://…`, separated by commas; raises Problem 400."""
    said = [each.strip() for each in request.headers.get("GS1-Extensions", "").split(",")]
    found = [_DECLARED.fullmatch(each) for each in said if each]
    if not all(found):
        detail = f"GS1-Extensions: expected prefix=namespace, …, got {shown(', '.join(said))}"
        raise Problem(400, "wrong-shape", detail, expected="prefix=namespace", seen=shown(", ".join(said)))
    return {match[1]: match[2] for match in found if match}


def _not_acceptable(header: str, expected: str, seen: str) -> Problem:
    detail = f"{header}: expected {expected}, got {shown(seen)}"
    return Problem(406, "not-acceptable", detail, expected=expected, seen=shown(seen))
