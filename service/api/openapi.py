"""The OpenAPI 3.1 document, made from the operations themselves and served at /api/openapi.json."""

from typing import Any

import flask_smorest
from flask import Flask

from service.api import movement_schemas
from service.api.schemas import ProblemDocument
from service.auth.cookies import HEADER, HEADER_VALUE, Cookies
from service.settings import Settings

VERSION = "1"
DESCRIPTION = """Warehouse movements whose records nobody can quietly rewrite.

Every body is strict JSON; every refusal is `application/problem+json` (RFC 9457). Quantities are decimals as text.
A movement carries an id that you choose: send it again after a lost answer and you get the same answer."""


class Api(flask_smorest.Api):
    """Errors are problems, made in `service.api.errors` for the whole application."""

    ERROR_SCHEMA = ProblemDocument
    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        pass


def document(app: Flask, settings: Settings) -> Api:
    app.config.update(
        API_TITLE="Lotproof",
        API_VERSION=VERSION,
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/api",
        OPENAPI_JSON_PATH="openapi.json",
        API_SPEC_OPTIONS=_options(settings),
    )
    api = Api(app)
    for shape in movement_schemas.WIRE.values():
        api.spec.components.schema(shape.__name__, schema=shape)
    api.spec.components.schema("Movement", movement_schemas.ONE_OF)
    return api


_SESSION = (
    f"Of a person who signed in. What is not GET comes from the service's own origin, with `{HEADER}: {HEADER_VALUE}`"
)


def _options(settings: Settings) -> dict[str, Any]:
    scheme = {"type": "http", "scheme": "bearer", "description": "An API key, `lpk_…`"}
    cookies = Cookies(settings.public_url)
    session = {"type": "apiKey", "in": "cookie", "name": cookies.name, "description": _SESSION}
    return {
        "info": {"description": DESCRIPTION, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        "servers": [{"url": settings.public_url or "/"}],
        "components": {"securitySchemes": {"apiKey": scheme, "session": session}},
    }
