"""The house of the API's tests, which a scraper visits too."""

from tests.service.api.conftest import (  # noqa: F401 - fixtures
    app,
    chain,
    client,
    maker,
    operator,
    owner,
    sequencing,
    settings,
    stranger,
    working,
)
