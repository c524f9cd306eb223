"""Answers of the EPCIS query interface: documents of events, collections of names, pages of both."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

import orjson
from flask import Response, current_app, request

from service.api.epcis_negotiation import Wanted
from service.epcis.contexts import STANDARD
from service.epcis.documents import write
from service.epcis.query.documents import query_document
from service.epcis.query.pages import Token, Tokens
from service.epcis.query.reading import Row
from service.epcis.translation import PrefixLength

SIMPLE_QUERY = "SimpleEventQuery"


@dataclass(frozen=True, slots=True)
class Next:
    """The token of the next page."""

    tokens: Tokens
    token: Token


def events(
    rows: Sequence[Row], wanted: Wanted, now: datetime, prefixes: PrefixLength, *, name: str = SIMPLE_QUERY,
    following: Next | None = None,
) -> Response:  # fmt: skip
    """An EPCISQueryDocument in the wanted syntax and spelling."""
    made = query_document(rows, now, name)
    body = write(made, wanted.media_type, wanted.epc_format, prefixes, cbv_urns=wanted.cbv_urns)
    return _answer(body, wanted.media_type, following)




def collection(members: Sequence[str], wanted: Wanted, following: Next | None = None) -> Response:
    body = orjson.dumps({"@context": STANDARD, "type": "Collection", "member": list(members)})
    return _answer(body, wanted.media_type, following)


def listed(value: Any, wanted: Wanted, following: Next | None = None, status: int = 200) -> Response:
    """Any other JSON, with the same headers."""
    return _answer(orjson.dumps(value, default=str, option=orjson.OPT_UTC_Z), wanted.media_type, following, status)


def _answer(body: bytes, media_type: str, following: Next | None, status: int = 200) -> Response:
    headers = {"Vary": "Accept, GS1-EPC-Format, GS1-CBV-XML-Format"}
    if following is not None:
        expires = datetime.fromtimestamp(following.token.until, UTC)
        headers["Link"] = f'<{_link(following.tokens.issue(following.token))}>; rel="next"'
        headers["GS1-Next-Page-Token-Expires"] = expires.isoformat().replace("+00:00", "Z")
    return Response(body, status, headers, content_type=media_type)


def _link(token: str) -> str:
    """The same question with the token: whoever follows it needs to remember nothing."""
    asked = [(name, value) for name, value in request.args.items(multi=True) if name != "nextPageToken"]
    return f"{_here()}?{urlencode([*asked, ('nextPageToken', token)])}"


def _here() -> str:
    """The address of this resource from outside. Who follows it sends his key there, so it is ours and not what `Host`
    says, nor http because a proxy did not tell of TLS.
    """
    public_url: str = current_app.extensions["lotproof"].settings.public_url
    return f"{(public_url or request.host_url).rstrip('/')}{quote(request.path, safe='/')}"
