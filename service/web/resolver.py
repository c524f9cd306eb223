"""Digital Links as a resolver answers them: GS1 Digital Link, resolution 1.2, and RFC 9264 for sets of links.

    GET /01/<gtin>/10/<lot>                          the page, with a Link header that leads to all links
    ... ?linkType=linkset, Accept: application/linkset+json      all links
    ... ?linkType=gs1:epcis                          307 to the link of that type; 404 if there is none
    GET /.well-known/gs1resolver                     what this resolver is

No answer depends on what is kept here: whoever asks for the links of a lot does not learn whether there is one. What
the links lead to says that under its own rules (`service.web.verify`, permissions of the interface).
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

import orjson
from flask import Response, request

from service.api.problem import Problem, shown
from service.domain import identifiers
from service.domain.errors import BadName
from service.epcis.translation import canonical
from verifier.uri import GS1_HOST

VOCABULARY = "https://gs1.org/voc/"
KEYS = {"01": "21", "00": "", "414": "254", "417": ""}
"""The primary keys, each with the qualifier that names one thing or place of it; lots have a page beside."""

LINKSET = "application/linkset+json"
_ANYBODY = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Link", "Vary": "Accept"}


class Link(NamedTuple):
    """One link of a thing: `type` is a word of the GS1 Web Vocabulary."""

    type: str
    href: str
    media: str
    title: str
    title_zh: str


def links_of_lot(root: str, uri: str, path: str) -> list[Link]:
    """The links of the lot `uri`, whose page is at `path`; the first is the default. `root` is our own address."""
    page, named = f"{root}{path}", quote(uri, safe="")
    proof, events = f"{root}/verify/proof?lot={named}", f"{root}/api/v1/epcis/epcs/{named}/events"
    return [
        Link("defaultLink", page, "text/html", "The lot and its record", "批次及其记录"),
        Link("verificationService", page, "text/html", "Check the record in your browser", "在您的浏览器中核验记录"),
        Link("verificationService", proof, "application/json", "The record with its proof", "带证明的记录文件"),
        Link("recallStatus", page, "text/html", "Whether the lot is recalled", "批次是否被召回"),
        Link("traceability", page, "text/html", "What happened to the lot", "批次经历"),
        Link("epcis", events, "application/json", "EPCIS events, for partners", "EPCIS 事件（供合作方）"),
    ]


def links_of_key(root: str, uri: str) -> list[Link]:
    """Of another key: what partners may ask about it."""
    events = f"{root}/api/v1/epcis/epcs/{quote(uri, safe='')}/events"
    return [Link("epcis", events, "application/json", "EPCIS events, for partners", "EPCIS 事件（供合作方）")]


def asked_for_links() -> bool:
    """Whether the current request is of a machine that wants links, and not of somebody who wants the page."""
    kinds = ["text/html", LINKSET, "application/json"]
    return "linkType" in request.args or request.accept_mimetypes.best_match(kinds, "text/html") != "text/html"


def answered(anchor: str, links: Sequence[Link]) -> Response:
    """The links, or the one that was asked for; raises Problem 404."""
    wanted = request.args.get("linkType", "linkset")
    if wanted in ("linkset", "all"):
        body = orjson.dumps(linkset(anchor, links))
        return Response(body, headers={**_ANYBODY, "Link": header(links)}, content_type=LINKSET)
    found = [link for link in links if link.type == _word(wanted)]
    if not found:
        known = ", ".join(dict.fromkeys(f"gs1:{link.type}" for link in links))
        detail = f"linkType: expected linkset, {known}, got {shown(wanted)}"
        raise Problem(404, "no-such-link", detail, expected=f"linkset, {known}", seen=shown(wanted))
    best = request.accept_mimetypes.best_match([link.media for link in found], found[0].media)
    chosen = next(link for link in found if link.media == best)
    return Response(status=307, headers={**_ANYBODY, "Location": chosen.href, "Link": header(links)})


def linkset(anchor: str, links: Sequence[Link]) -> dict[str, Any]:
    """RFC 9264, section 4.2."""
    made: dict[str, Any] = {"anchor": anchor}
    for link in links:
        titles = [{"value": link.title, "language": "en"}, {"value": link.title_zh, "language": "zh"}]
        target = {"href": link.href, "type": link.media, "title": link.title, "title*": titles}
        made.setdefault(VOCABULARY + link.type, []).append(target)
    return {"linkset": [made]}


def header(links: Sequence[Link]) -> str:
    """For every answer about a thing: where all its links are, and what the first is."""
    here = f"<{quote(request.path, safe='/')}?linkType=linkset>; rel=\"linkset\"; type=\"{LINKSET}\""
    first = links[0]
    return f'{here}, <{first.href}>; rel="{VOCABULARY}{first.type}"; type="{first.media}"'


def checked(ai: str, key: str) -> str:
    """A primary key of a Digital Link; raises Problem 400 with what its check digit should be."""
    try:
        return _CHECKS[ai](key)
    except BadName as wrong:
        raise Problem(400, "bad-digital-link", str(wrong), **wrong.members()) from None


def described(root: str, name: str) -> Response:
    """The resolver description file (GS1 Digital Link, resolution 1.2, section 9)."""
    body = {
        "name": name, "resolverRoot": root, "supportedPrimaryKeys": list(KEYS),
        "linkTypeDefaultCanBeLinkset": False, "supportedContextValuesEnumerated": [],
        "supportedLinkType": [{"namespace": VOCABULARY, "prefix": "gs1:", "profile": "https://www.gs1.org/voc/?show=linktypes"}],
    }  # fmt: skip
    return Response(orjson.dumps(body), headers=_ANYBODY, content_type="application/json")


def anchor_of(ai: str, *rest: str) -> str:
    """The canonical Digital Link of a key with its qualifiers, as names and values by turns."""
    return canonical(f"https://{GS1_HOST}/{ai}/" + "/".join(quote(each, safe="-._~") for each in rest))


def _word(said: str) -> str:
    return said.removeprefix(VOCABULARY).removeprefix("gs1:")


def _gtin(digits: str) -> str:
    return identifiers.check_gtin(digits.rjust(14, "0") if len(digits) in (8, 12, 13) else digits)


_CHECKS: Mapping[str, Any] = {
    "01": _gtin, "00": identifiers.check_sscc, "414": identifiers.check_gln, "417": identifiers.check_gln,
}  # fmt: skip

