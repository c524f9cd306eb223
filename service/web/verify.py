"""The public page: anyone looks up a lot, and his own browser checks it. No key, no cookie, nothing of another host.

    /verify  /verify?lot=…          the page; without a lot it waits for a file; with `size`, of that state of the log
    ... Accept: application/json    leads to the file
    /01/<gtin>/10/<lot>             the same, as the Digital Link on a package leads here
    /lot/<party>/<item>/<lot>       the same, for a lot whose item has no GTIN
    ... ?linkType=…                 for machines: the links of it (`service.web.resolver`)
    /verify/proof?lot=…             the file as everybody may see it, or the proof that there is no such lot
    /verify/<what>-<hash>.js, .css  the page's script, the verifier for its worker, the style
    /verify/offline.html            all of it as one file that needs no network

The server says of no check that it went well: before the script ran, every line says *not checked*.
"""

import base64
from collections.abc import Callable
from functools import cache, partial
from gzip import compress
from hashlib import sha256
from json import dumps
from typing import Any
from urllib.parse import unquote, urlencode

from flask import Blueprint, Response, render_template, request

from service import standpoint
from service.api.house import House
from service.api.problem import Problem, not_found, shown
from service.budgets.desk import address
from service.papers import symbols
from service.proof.proofs import Part, Wanted, check_lot
from service.publish import policy
from service.web import assembled, resolver, verify_words, words
from verifier.errors import Refuted
from verifier.uri import lot_uri, own_lot_uri

FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}
# A visitor names nodes of his own, so the page may ask any; nothing else may leave or enter it.
POLICY = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self' https: http:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
MADE = ("goods_", "step_", "did_", "ref_", "handoff_", "state_", "visit_", "all_", "by_", "no_", "bad_")
"""How words begin whose keys the scripts put together, or that only one of the two scripts says."""
FILES = {
    "page.js": ("text/javascript; charset=utf-8", lambda: assembled.script("online.js")),
    "check.js": ("text/javascript; charset=utf-8", lambda: assembled.script("worker.js")),
    "style.css": ("text/css; charset=utf-8", lambda: (assembled.MODULES / "verify.css").read_text("utf-8")),
}


def pages(house: House) -> Blueprint:
    blueprint = Blueprint("public", __name__, template_folder="templates")

    @blueprint.get("/verify")
    def verify() -> Response:
        lot = request.args.get("lot")
        if lot is not None and _asked_for_json():
            return Response(status=307, headers={"Location": _proof_path(lot), "Vary": "Accept"})
        return _of_lot(house, lot)

    @blueprint.get("/01/<gtin>/10/<path:lot>")
    @blueprint.get("/01/<gtin>/22/<variant>/10/<path:lot>")
    def digital_link(gtin: str, lot: str, variant: str = "") -> Response:
        if resolver.asked_for_links():
            uri = _checked(lambda: lot_uri(resolver.checked("01", gtin), lot))
            return resolver.answered(uri, resolver.links_of_lot(_root(house), uri, _path(uri)))
        return _of_lot(house, _named(lambda: lot_uri(gtin.rjust(14, "0"), lot)), 400)

    @blueprint.get("/lot/<party>/<item>/<path:lot>")
    def own_lot(party: str, item: str, lot: str) -> Response:
        host = house.settings.origin.partition("/")[0]
        if resolver.asked_for_links():
            uri = _checked(lambda: own_lot_uri(host, party, item, lot))
            return resolver.answered(uri, resolver.links_of_lot(_root(house), uri, _path(uri)))
        return _of_lot(house, _named(lambda: own_lot_uri(host, party, item, lot)), 400)

    _keys(blueprint, house)

    @blueprint.get("/verify/proof")
    def public_proof() -> Response:
        return house.proofs.of_stranger(address(), _wanted())

    @blueprint.get("/verify/offline.html")
    def offline() -> Response:
        text = _offline(_catalogue(), _trusted(house))
        headers = {"Content-Disposition": 'attachment; filename="lotproof-verify.html"'}
        return Response(text, headers=headers, content_type="text/html; charset=utf-8")

    @blueprint.get("/verify/<name>")
    def asset(name: str) -> Response:
        known = {_address(file).rpartition("/")[2]: file for file in FILES}
        if name not in known:
            raise not_found("file", name)
        return _served(known[name])

    return blueprint


def _keys(blueprint: Blueprint, house: House) -> None:
    """What has no page: machines get the links of it, people are told that there is nothing to see."""

    @blueprint.get("/.well-known/gs1resolver")
    def description() -> Response:
        return resolver.described(_root(house), "Lotproof")

    def other_key(ai: str, qualifier: str, key: str, rest: str = "") -> Response:
        uri = resolver.anchor_of(ai, resolver.checked(ai, key), *([qualifier, rest] if rest else []))
        if not resolver.asked_for_links():
            raise not_found("page of", uri)
        return resolver.answered(uri, resolver.links_of_key(_root(house), uri))

    for ai, qualifier in resolver.KEYS.items():
        asked = partial(other_key, ai, qualifier)
        blueprint.add_url_rule(f"/{ai}/<key>", f"key_{ai}", asked)
        if qualifier:
            blueprint.add_url_rule(f"/{ai}/<key>/{qualifier}/<path:rest>", f"key_{ai}_{qualifier}", asked)


def _root(house: House) -> str:
    return house.settings.public_url or request.host_url.rstrip("/")


def _checked(name: Callable[[], str]) -> str:
    """The URI that a path spells; raises Problem 400 where it is none."""
    try:
        return name()
    except Refuted as wrong:
        expected, seen = shown(str(wrong.expected)), shown(str(wrong.seen))
        detail = f"{wrong.what}: expected {expected}, got {seen}"
        raise Problem(400, "bad-digital-link", detail, expected=expected, seen=seen) from None


def _asked_for_json() -> bool:
    kinds = ["text/html", "application/json"]
    return request.accept_mimetypes.best_match(kinds, "text/html") == "application/json"


def _proof_path(lot: str) -> str:
    size = {"size": request.args["size"]} if "size" in request.args else {}
    return f"/verify/proof?{urlencode({'lot': lot, **size})}"


def _of_lot(house: House, lot: str | None, bad: int = 422) -> Response:
    """The page for a lot, or, where the name is none, the page that says so, with the status `bad`."""
    wrong = None
    try:
        if lot is not None:
            check_lot(lot)
            _number("size")
    except Problem as problem:
        lot, wrong = None, str(problem.detail)
    text = _page(house, _catalogue(), lot, wrong)
    answer = Response(text, bad if wrong else 200, headers={"Vary": "Accept, Accept-Language, Accept-Encoding"})
    answer.headers.update({"Content-Security-Policy": POLICY, "Cache-Control": "no-cache"})
    if lot is not None:
        answer.headers["Link"] = resolver.header(resolver.links_of_lot(_root(house), lot, _path(lot)))
    if "gzip" in request.accept_encodings:  # nothing on this page is secret, so its length may tell what it likes
        answer.set_data(compress(text.encode(), mtime=0))
        answer.headers["Content-Encoding"] = "gzip"
    return answer


def _page(house: House, catalogue: dict[str, str], lot: str | None, wrong: str | None) -> str:
    link = f"{house.settings.public_url}{_path(lot)}" if lot else None
    parts = lot.split("/") if lot else []
    other = f"{request.path}?{urlencode({**request.args.to_dict(), 'lang': catalogue['other_lang']})}"
    files = {name: _address(name) for name in FILES}
    assets = {"style": files["style.css"], "script": files["page.js"], "worker": files["check.js"]}
    return render_template(
        "verify.html", w=catalogue, lang=_lang(catalogue), words=_spoken(catalogue), lot=lot, wrong=wrong, other=other,
        gtin=parts[4] if parts[3:4] == ["01"] else None, number=unquote(parts[-1]) if parts else None,
        assets={**assets, "integrity": _integrity("page.js")}, offline=None, address=link,
        size=request.args.get("size") if lot else None, json=f"{_root(house)}/verify?{urlencode({'lot': lot or ''})}",
        qr=base64.b64encode(symbols.qr(link).encode()).decode() if link else None,
        take_hash=assembled.digest(_offline(catalogue, _trusted(house))),
    )  # fmt: skip


def _named(name: Any) -> str:
    """The URI that a path spells; where it is none, the path itself, for the page to say so."""
    try:
        return str(name())
    except Refuted:
        return request.path


def _path(lot: str) -> str:
    """Where this service answers for a lot: the lot's own path."""
    return "/" + lot.removeprefix("https://").partition("/")[2]


def _wanted() -> Wanted:
    first, last = _number("first"), _number("last")
    if (first is None) != (last is None) or (first is not None and last is not None and not 1 <= first <= last):
        seen = f"first={first}, last={last}"
        detail = f"first, last: expected none or both, 1 <= first <= last, got {seen}"
        raise Problem(422, "unprocessable", detail, expected="1 <= first <= last", seen=seen)
    part = Part(first, last) if first is not None and last is not None else None
    return Wanted(request.args.get("lot", ""), size=_number("size"), part=part)


def _number(name: str) -> int | None:
    value = request.args.get(name)
    if value is None:
        return None
    if not (value.isascii() and value.isdecimal() and 1 <= len(value) <= 15):
        detail = f"{name}: expected a whole number, got {shown(value)}"
        raise Problem(422, "unprocessable", detail, expected="a whole number", seen=shown(value))
    return int(value)


def _catalogue() -> dict[str, str]:
    asked = words.chosen(request.args.get("lang"), request.headers.get("Accept-Language"))
    return verify_words.CATALOGUES["zh" if asked is words.ZH else "en"]


def _lang(catalogue: dict[str, str]) -> str:
    return "zh" if catalogue is verify_words.ZH else "en"


def _spoken(catalogue: dict[str, str]) -> str:
    """The words that the page's script says; those of the template stand in the page already."""
    text = assembled.script("page.js")
    return _data({key: words for key, words in catalogue.items() if key.startswith(MADE) or f'"{key}"' in text})


def _data(value: object) -> str:
    """JSON inside a script element: no `<` of it may end the element."""
    return dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _trusted(house: House) -> str:
    with standpoint.on("directory"), house.engine.connect() as connection:
        return policy.draft(policy.claims(connection, house.settings))


def _offline(catalogue: dict[str, str], trusted: str) -> str:
    """One file: style, words, policy and script inside, allowed by their hashes; it may ask nodes and nobody else."""
    style, script = FILES["style.css"][1](), assembled.script("offline.js")
    allowed = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; connect-src https: http:;"
        " base-uri 'none'; form-action 'none'"
    )
    inside = {"policy": allowed, "style": style, "script": script, "trusted": _data(trusted)}
    return render_template(
        "verify.html", w=catalogue, lang=_lang(catalogue), words=_spoken(catalogue), offline=inside, lot=None,
        wrong=None, number=None, qr=None,
    )  # fmt: skip


@cache
def _address(name: str) -> str:
    stem, dot, ending = name.partition(".")
    return f"/verify/{stem}-{assembled.digest(FILES[name][1]())[:16]}{dot}{ending}"


@cache
def _integrity(name: str) -> str:
    return _hash(FILES[name][1]())


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(sha256(text.encode()).digest()).decode()


@cache
def _compressed(name: str) -> bytes:
    return compress(FILES[name][1]().encode(), mtime=0)


def _served(name: str) -> Response:
    """The worker's own policy counts for what the worker may ask."""
    content_type, text = FILES[name]
    headers = {**FOREVER, "Content-Security-Policy": POLICY, "Vary": "Accept-Encoding"}
    if "gzip" in request.accept_encodings:
        return Response(_compressed(name), headers={**headers, "Content-Encoding": "gzip"}, content_type=content_type)
    return Response(text(), headers=headers, content_type=content_type)
