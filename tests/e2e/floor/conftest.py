"""One house, one browser and one phone for the tests of a file."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser

from service.settings import Settings
from tests.e2e.floor.hand import Phone, phone, served
from tests.service.api.conftest import (  # noqa: F401 - fixtures
    Caller,
    app,
    client,
    maker,
    operator,
    outsider,
    owner,
    settings,
    trader,
)
from tests.tools.browser import browser


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


@pytest.fixture(scope="module")
def url(settings: Settings, app: Flask) -> Iterator[str]:  # noqa: F811
    with served(settings, app) as here:
        yield here


@pytest.fixture(scope="module", autouse=True)
def dock(maker: Caller) -> None:  # noqa: F811
    maker.post("/locations", {"site": "SX", "code": "DOCK", "kind": "dock"})


@pytest.fixture(scope="module")
def hand(chromium: Browser, url: str, maker: Caller) -> Iterator[Phone]:  # noqa: F811
    with phone(chromium, url, maker, "operator") as held:
        yield held
