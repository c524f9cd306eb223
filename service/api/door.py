"""The way of every request, and what the OpenAPI document says of it, from one declaration.

    @door.operation("GET", "/lots/proof", roles=READERS, query=LotQuery, answers={200: LotProof})
    def lot_proof(caller, query): ...

In order: who calls (401, 429, 403), the path, the query, the body (400, 413, 415, 422), the view, the answer as JSON.
Whatever is refused with 403 on this way goes on record.
A view gets typed values and returns a value, a (value, status) pair or a finished Response.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

import flask_smorest
import orjson
from flask import Response, request
from marshmallow import ValidationError
from werkzeug.exceptions import RequestEntityTooLarge

from service import standpoint
from service.api import examples, strict_json
from service.api.fields import Shape
from service.api.load import Reader, compiled, unreadable
from service.api.problem import MEDIA_TYPE, Problem, not_found, shown
from service.api.schemas import ProblemDocument
from service.auth import signed
from service.auth.keys import Caller
from service.auth.permissions import OPERATIONS, speaker_problem

BODY_LIMIT = 1_000_000
BULK_LIMIT = 4_000_000
_JSON = orjson.OPT_UTC_Z

View = Callable[..., Any]
Roles = tuple[str, ...]
PUBLIC: Roles = ()


class Gate(Protocol):
    """Knows who calls and who may do what; `service.auth.access.Access`."""

    def caller(self) -> Caller: ...

    def serving(self, caller: Caller, operation: str) -> AbstractContextManager[None]: ...

    def anybody(self, operation: str) -> None: ...

    def reading(self, caller: Caller | None) -> AbstractContextManager[None]: ...

    def admit(self, caller: Caller, roles: Roles, operation: str) -> None: ...

    def keep_refusal(self, caller: Caller, operation: str, problem: Problem) -> None: ...

    def hand(self, caller: Caller) -> AbstractContextManager[None]: ...


@dataclass(frozen=True, slots=True)
class Body:
    """A request body: how it is read, and the schema (or the name of a component) that documents it."""

    read: Reader
    schema: Any
    limit: int = BODY_LIMIT


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as the request body: the view gets its bytes. `media` are the content types it may come as; none: any."""

    limit: int
    media: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Parameters:
    """Query parameters of which there are families, not a list: the view gets pairs of name and text as they came, and
    refuses what it does not know. `documented` are OpenAPI parameter objects."""

    documented: tuple[Mapping[str, Any], ...]


def body_of(schema: type[Shape], limit: int = BODY_LIMIT) -> Body:
    return Body(compiled(schema), schema, limit)


@dataclass(frozen=True, slots=True)
class Operation:
    """What one endpoint takes and gives."""

    view: View
    roles: Roles
    path: Mapping[str, Any]
    query: type[Shape] | Parameters | None
    body: Body | Upload | None
    answers: Mapping[int, Any]
    problems: tuple[int, ...]
    gate: Gate = field(repr=False)
    read_query: Reader | None = field(repr=False)

    def runner(self) -> View:
        """The function that Flask calls."""

        def perform(caller: tuple[Caller, ...], arguments: Mapping[str, str]) -> Response:
            return answer(self._carried_out(caller, self._of_request(caller, arguments)))

        def open_to_all(**arguments: str) -> Response:
            self.gate.anybody(self.view.__name__)  # as often as an address may
            return perform((), arguments)

        def guarded(**arguments: str) -> Response:
            caller = self.gate.caller()
            return self._admitted(caller, lambda: perform((caller,), arguments))

        return guarded if self.roles else open_to_all

    def ask(self, caller: Caller, path: Mapping[str, str], query: Mapping[str, str], body: Any = None) -> Any:
        """What the view answers this caller, without a request of its own: a value or a Response. Raises Problem.

        For pages that stand on operations; `body` is what JSON would have said, bytes for a file.
        """

        def perform() -> Any:
            values = _read_path(self.path, path) if self.path else {}
            if self.read_query:
                values["query"] = _read(self.read_query, dict(query))
            elif self.query:
                values["query"] = tuple(query.items())
            if self.body:
                values["body"] = body if isinstance(self.body, Upload) else _read(self.body.read, body)
            result = self._carried_out((caller,), values)
            return result[0] if isinstance(result, tuple) else result

        return self._admitted(caller, perform)

    def _of_request(self, caller: tuple[Caller, ...], arguments: Mapping[str, str]) -> dict[str, Any]:
        values, body = _read_path(self.path, arguments) if self.path else {}, self.body
        if self.read_query:
            values["query"] = _read(self.read_query, _single_values())
        elif self.query:
            values["query"] = tuple(request.args.items(multi=True))
        if body:
            with self.gate.reading(caller[0] if caller else None):
                sent = _file_bytes(body) if isinstance(body, Upload) else _request_bytes(body.limit)
            values["body"] = sent if isinstance(body, Upload) else _read(body.read, strict_json.load(sent))
        return values

    def _carried_out(self, caller: tuple[Caller, ...], values: dict[str, Any]) -> Any:
        for said in (values.get("query"), values["body"]) if self.body else ():
            problem = speaker_problem(caller[0], said) if caller else None
            if problem is not None:
                raise problem
        return self.view(*caller, **values)

    def _admitted(self, caller: Caller, perform: Callable[[], Any]) -> Any:
        """The one place where a caller is let in or not, and where it is said whose rows the request sees."""
        gate, name = self.gate, self.view.__name__
        with gate.serving(caller, name), standpoint.taken(caller.standpoint):
            try:
                gate.admit(caller, self.roles, name)
                with gate.hand(caller):
                    return perform()
            except Problem as problem:
                if problem.status == 403:
                    gate.keep_refusal(caller, name, problem)
                raise


class Door(flask_smorest.Blueprint):
    """A blueprint whose endpoints are declared as operations; `gate` is set by the wiring."""

    def __init__(self, name: str, prefix: str, description: str, gate: Gate) -> None:
        super().__init__(name, name, url_prefix=prefix, description=description)
        self.gate = gate
        self.operations: dict[str, Operation] = {}

    def operation(
        self,
        method: str,
        rule: str,
        *,
        roles: Roles,
        answers: Mapping[int, Any],
        path: Mapping[str, Any] | None = None,
        query: type[Shape] | Parameters | None = None,
        body: Body | Upload | None = None,
        problems: tuple[int, ...] = (),
        upload: Upload | None = None,
    ) -> Callable[[View], View]:
        def declare(view: View) -> View:
            read_query = compiled(query) if query and not isinstance(query, Parameters) else None
            declared = Operation(view, roles, path or {}, query, body, answers, problems, self.gate, read_query)
            self.operations[view.__name__] = declared
            run = declared.runner()
            run.__name__, run.__doc__ = view.__name__, view.__doc__
            run._apidoc = _documentation(declared, rule if method == "POST" else "")  # type: ignore[attr-defined]
            self.add_url_rule(rule, view.__name__, run, methods=[method], parameters=_path_documentation(path or {}))
            return view

        return declare


def answer(result: Any) -> Response:
    """JSON of a value or of a (value, status) pair; a Response passes as it is."""
    if isinstance(result, Response):
        return result
    value, status = result if isinstance(result, tuple) else (result, 200)
    return Response(dumps(value), status, content_type="application/json")


def dumps(value: Any) -> bytes:
    return orjson.dumps(value, default=str, option=_JSON)


def _read(reader: Reader, value: Any) -> Any:
    try:
        return reader(value)
    except ValidationError as error:
        raise unreadable(error) from None


def _read_path(fields: Mapping[str, Any], arguments: Mapping[str, str]) -> dict[str, Any]:
    """A name in a path that could not exist is simply not there."""
    try:
        return {name: fields[name].read(text) for name, text in arguments.items()}
    except ValidationError:
        raise not_found("resource", request.path) from None


def _single_values() -> dict[str, str]:
    """Query parameters; one given twice has two readings and is refused."""
    for name, values in request.args.lists():
        if len(values) > 1:
            raise Problem(422, "wrong-shape", f"expected parameter {shown(name)} once, got it {len(values)} times")
    return request.args.to_dict()


def _request_bytes(limit: int) -> bytes:
    if request.mimetype != "application/json" or request.mimetype_params.get("charset", "utf-8").lower() != "utf-8":
        seen = shown(request.content_type or "nothing")
        raise Problem(415, "not-json", f"expected application/json, got {seen}", expected="application/json", seen=seen)
    return _plain_bytes(limit)


def _file_bytes(upload: Upload) -> bytes:
    if upload.media and request.mimetype not in upload.media:
        expected, seen = " or ".join(upload.media), shown(request.content_type or "nothing")
        raise Problem(415, "wrong-media-type", f"expected {expected}, got {seen}", expected=expected, seen=seen)
    return _plain_bytes(upload.limit)


def _plain_bytes(limit: int) -> bytes:
    if request.content_encoding not in (None, "", "identity"):
        seen = shown(request.content_encoding)
        raise Problem(415, "encoded-body", f"expected an unencoded body, got {seen}", seen=seen)
    request.max_content_length = limit + 1
    body = request.get_data(cache=False, parse_form_data=False)
    if len(body) > limit:  # werkzeug cuts a chunked body off at its limit without a word
        raise RequestEntityTooLarge
    signed.check_body(body)
    return body


def _documentation(operation: Operation, posted: str) -> dict[str, Any]:
    """In the words of flask-smorest, which turns schemas into references and collects the tags."""
    responses: dict[int, list[Any]] = {}
    for status, schema in operation.answers.items():
        responses[status] = [_response(each) for each in (schema if isinstance(schema, tuple) else (schema,))]
    for status in sorted({*_own_problems(operation), *operation.problems}):
        responses[status] = [{"schema": ProblemDocument, "description": _MEANING[status], "content_type": MEDIA_TYPE}]
    documented: dict[str, Any] = {"response": {"responses": responses}, "manual_doc": {}}
    parameters: list[dict[str, Any]] = []
    if isinstance(operation.query, Parameters):
        documented["manual_doc"]["parameters"] = [dict(each) for each in operation.query.documented]
    elif operation.query:
        parameters.append({"in": "query", "schema": operation.query})
    shown_by = examples.of_operation(posted)
    if isinstance(operation.body, Upload):
        types = operation.body.media or ("application/octet-stream",)
        content: dict[str, Any] = {media: {"schema": {"type": "string", "format": "binary"}} for media in types}
        if shown_by:
            content["application/json"]["examples"] = shown_by
        documented["manual_doc"]["requestBody"] = {"required": True, "content": content}
    elif operation.body:
        parameters.append({"in": "json", "required": True, "schema": operation.body.schema})
        if shown_by:
            documented["manual_doc"]["requestBody"] = {"content": {"application/json": {"examples": shown_by}}}
    if parameters:
        documented["arguments"] = {"parameters": parameters}
    documented["manual_doc"]["operationId"] = operation.view.__name__
    documented["manual_doc"]["security"] = _security(operation.roles)
    if operation.roles:
        documented["manual_doc"]["x-roles"] = list(operation.roles)
        if "party" in operation.roles:
            documented["manual_doc"]["x-people"] = sorted(OPERATIONS.get(operation.view.__name__, ()))
    return documented


def _security(roles: Roles) -> list[dict[str, list[str]]]:
    """Of whoever may call, a key or a person who signed in."""
    keys = [{"apiKey": list[str]()}] if roles and "session" not in roles else []
    return [*keys, {"session": []}] if {"party", "session"} & set(roles) else keys


def _response(schema: Any) -> dict[str, Any]:
    if isinstance(schema, str):  # another media type, or JSON whose form another document describes
        form = {} if schema.endswith("json") else {"type": "string"}
        return {"description": "Success", "content_type": schema, "schema": form}
    return {"description": "Success", "content_type": "application/json", "schema": schema}


def _own_problems(operation: Operation) -> set[int]:
    """What every operation of this form can answer, besides what its view adds."""
    return (
        ({401, 403} if operation.roles else set())
        | ({404} if operation.path else set())
        | ({422} if operation.query else set())
        | ({400, 408, 413, 415, 422} if operation.body else set())
        | {429, 500, 503}
    )


def _path_documentation(fields: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"in": "path", "name": name, "required": True, "schema": field.documentation()}
        for name, field in fields.items()
    ]


_MEANING = {
    400: "Not strict JSON",
    401: "No valid API key or session; a session may have to prove itself (`prove-yourself`)",
    403: "This key or session may not do that",
    404: "Not there, or not visible to this key",
    406: "Not in a form, or a version, that was asked for",
    408: "The body came too slowly",
    409: "A rule of the warehouse refuses it; the problem holds the numbers",
    413: "Body too large",
    414: "URL too long",
    415: "Not application/json",
    422: "Wrong shape; `errors` names each field",
    429: "Too many requests; see Retry-After",
    500: "A fault of the service, logged under `incident`",
    501: "Not supported",
    503: "Not now; see Retry-After",
}
