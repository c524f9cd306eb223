"""A door that speaks EPCIS: its headers on every answer, its exceptions on every refusal, discovery by OPTIONS.

What our other doors refuse with a problem of ours is here an `epcisException:…` (section 12 and the official OpenAPI);
the member `problem` still has our name for it.
"""

from collections.abc import Mapping
from typing import Any

import orjson
from flask import Response, request

from service.api.door import Door
from service.api.epcis_negotiation import NAMESPACES, SUPPORTED
from service.api.errors import domain_problem
from service.api.house import House
from service.api.problem import MEDIA_TYPE, Problem
from service.domain.errors import DomainError
from service.epcis.query.faults import QueryFault

PREFIX = "/epcis"
_EXCEPTIONS: Mapping[int, str] = {
    400: "ValidationException", 401: "SecurityException", 403: "SecurityException", 404: "NoSuchNameException",
    406: "NotAcceptableException", 409: "ResourceAlreadyExistsException", 413: "QueryTooLargeException",
    414: "URITooLongException", 415: "UnsupportedMediaTypeException", 501: "ImplementationException",
}  # fmt: skip
DISCOVERY = {
    "GS1-EPCIS-Min": SUPPORTED, "GS1-EPCIS-Max": SUPPORTED, "GS1-CBV-Min": SUPPORTED, "GS1-CBV-Max": SUPPORTED,
    "GS1-EPC-Format": "No_Preference, Always_GS1_Digital_Link, Always_EPC_URN, Never_Translates",
    "GS1-Vendor-Version": "lotproof 1",
}  # fmt: skip


def epcis_door(house: House, name: str, description: str) -> Door:
    door = house.door(name, description)
    door.register_error_handler(Problem, exception_of)
    door.register_error_handler(DomainError, lambda error: exception_of(domain_problem(error)))
    door.register_error_handler(QueryFault, exception_of_fault)
    door.after_request(_with_headers)
    return door


def exception_of(problem: Problem) -> Response:
    """The same refusal by its name in EPCIS; a wrong shape is a ValidationException, and that has the status 400."""
    status = 400 if problem.status == 422 else problem.status
    said = problem.document()
    name = _EXCEPTIONS.get(status, "ImplementationException")
    members = {**said, "problem": said["type"], "title": problem.title if status == problem.status else "Bad Request"}
    return _document(status, name, members, problem.headers)


def exception_of_fault(fault: QueryFault) -> Response:
    told = {"title": fault.exception, "detail": fault.detail, "expected": fault.expected, "seen": fault.seen}
    return _document(fault.status, fault.exception, {name: value for name, value in told.items() if value is not None})


def _document(status: int, name: str, members: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    said = {**members, "type": f"epcisException:{name}", "status": status}
    body = orjson.dumps(said, default=str)
    return Response(body, status, {**(headers or {}), "Cache-Control": "no-store"}, content_type=MEDIA_TYPE)


def _with_headers(response: Response) -> Response:
    response.headers.setdefault("GS1-EPCIS-Version", SUPPORTED)
    response.headers.setdefault("GS1-CBV-Version", SUPPORTED)
    response.headers.setdefault("GS1-Extensions", NAMESPACES)
    if request.method == "OPTIONS":
        response.status_code = 204
        response.headers.update(DISCOVERY)
    return response
