"""The house of the HTTP interface, looked at through pages."""

from tests.service.api.conftest import (  # noqa: F401 - fixtures
    app,
    client,
    maker,
    operator,
    outsider,
    owner,
    settings,
    trader,
)
