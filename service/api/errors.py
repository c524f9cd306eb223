"""Whatever goes wrong leaves as a problem: our own, the domain's, HTTP's, and the faults nobody foresaw.

The last kind tells the caller only an incident number; the log has the number and the traceback, and no header, body
or key.
"""

import logging
from typing import Any
from uuid import uuid4

import psycopg
from flask import Flask, Response, request
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from werkzeug.exceptions import HTTPException

from service.api.problem import Problem, shown, try_later
from service.domain.errors import BadName, BadText, DomainError
from service.ledger.gather import Closed

log = logging.getLogger("lotproof.door")

SHAPE_ERRORS = (BadName, BadText)
"""Domain errors about spelling: to the client they are of the same kind as a missing field."""


_RENAMED = {"status": "stock_status"}
"""RFC 9457 has taken the name."""


def install(app: Flask) -> None:
    app.register_error_handler(Problem, _answered)
    app.register_error_handler(DomainError, lambda error: _answered(domain_problem(error)))
    app.register_error_handler(HTTPException, _of_http)
    for away in (OperationalError, psycopg.OperationalError, NoConnection, Closed):
        app.register_error_handler(away, _of_absence)
    app.register_error_handler(psycopg.errors.RestrictViolation, _of_closed)
    app.register_error_handler(Exception, _of_fault)


def _answered(problem: Problem) -> Response:
    """In the language that was asked for (RFC 9457, section 3: title and detail may be localized)."""
    if request.accept_languages.best_match(["en", "zh"], "en") != "zh":
        return problem.response()
    answer = problem.in_chinese().response()
    answer.headers["Content-Language"] = "zh-CN"
    return answer


def domain_problem(error: DomainError) -> Problem:
    status = 422 if isinstance(error, SHAPE_ERRORS) else 409
    members: dict[str, Any] = {_RENAMED.get(name, name): value for name, value in error.members().items()}
    return Problem(status, error.slug, str(error), title=error.title, **members)


def _of_http(error: HTTPException) -> Response:
    status = error.code or 500
    headers = {}
    detail = error.description or error.name
    if allowed := getattr(error, "valid_methods", None):
        headers["Allow"] = ", ".join(sorted(allowed))
        detail = f"expected {headers['Allow']}, got {request.method}"
    if status == 413:
        detail = f"expected at most {(request.max_content_length or 1) - 1} bytes, got more"
    if status == 404:
        detail = f"no resource at {shown(request.path)}"
    if 300 <= status < 400:
        return error.get_response()  # type: ignore[return-value]
    return Problem(status, _SLUGS.get(status, "http"), detail, headers=headers).response()


def _of_absence(error: Exception) -> Response:
    """The database is away or full. Whether a movement was recorded is unknown; its id makes asking again safe."""
    cause = getattr(error, "orig", None) or error
    log.warning("%s in %s %s", type(cause).__name__, request.method, request.url_rule)
    why = "has no room" if isinstance(cause, psycopg.errors.DiskFull) else "does not answer"
    return try_later("not-now", f"the database {why}; send the same request again", 2).response()


def _of_closed(error: psycopg.errors.RestrictViolation) -> Response:
    """The ledger's own triggers refuse: entries about this lot came back after a restore without the warehouse's rows.
    Nothing of the request was recorded, nor of the others in a bulk."""
    if error.diag.context is None or "refuse_closed" not in error.diag.context:
        return _of_fault(error)
    detail = f"{error.diag.message_primary}; an operator settles them (./lotproof recover --list)"
    return Problem(409, "lot-closed", detail, expected="a lot that is accounted for", seen="closed").response()


def _of_fault(fault: Exception) -> Response:
    incident = str(uuid4())
    log.error("incident %s in %s %s", incident, request.method, request.url_rule, exc_info=fault)
    return Problem(500, "fault", "a fault of the service, not of the request", incident=incident).response()


_SLUGS = {400: "bad-request", 404: "not-found", 405: "method-not-allowed", 413: "too-large", 414: "uri-too-long"}
