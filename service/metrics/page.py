"""GET /metrics, in the text format of Prometheus or, where asked for, as OpenMetrics.

Who may read it: the bearer of LOTPROOF_METRICS_KEY, which opens nothing else and is known without the database, so that
a scrape still tells that the database is away; and the operator. What the ledger says is asked for at most once a
second, however many ask.
"""

import hmac
import logging
from collections.abc import Iterator
from threading import Lock
from time import monotonic

import psycopg
from flask import Blueprint, Flask, Response, request
from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

import anchoring
from service import standpoint
from service.api.house import House
from service.budgets import early
from service.epcis.capture.backlog import captures
from service.metrics import ledger, shared
from service.metrics.requests import Meter
from service.webhooks.backlog import backlog

log = logging.getLogger(__name__)

FRESH = 1.0  # seconds
PATIENCE = "5s"  # of the database, for one question


class LedgerCollector(Collector):
    """The ledger's figures, from the database."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self._lock = engine, Lock()
        self._known: list[Metric] = []
        self._asked = float("-inf")

    def collect(self) -> Iterator[Metric]:
        """All families; one alone if the database does not answer."""
        with self._lock:
            if monotonic() - self._asked > FRESH:
                self._known, self._asked = self._ask(), monotonic()
            return iter(self._known)

    def _ask(self) -> list[Metric]:
        try:
            with standpoint.on("figures"), self._engine.connect() as connection:
                connection.execute(text(f"SET LOCAL statement_timeout = '{PATIENCE}'"))
                found = anchoring.figures(connection), backlog(connection), captures(connection)
        except (OperationalError, psycopg.OperationalError, NoConnection) as away:
            log.warning("no figures of the ledger: %s", type(away).__name__)
            return [ledger.database(False)]
        return [ledger.database(True), *ledger.families(*found)]


def install(app: Flask, house: House) -> None:
    """Measure the requests of `app`, and let it tell."""
    counted = CollectorRegistry()
    meter, figures = Meter(counted, {"read": house.engine, "write": house.writer}), LedgerCollector(house.engine)
    meter.install(app)
    early.install(app, meter.early.inc, house.access.budgets)
    app.register_blueprint(_page(house, meter, counted, figures))


def _page(house: House, meter: Meter, counted: CollectorRegistry, figures: LedgerCollector) -> Blueprint:
    blueprint = Blueprint("metrics", __name__)

    @blueprint.get("/metrics")
    def metrics() -> Response:
        _demand_key(house)
        meter.look()
        registry = _together(counted)
        registry.register(figures)
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return Response(encode(registry), content_type=content_type)

    return blueprint


def _together(counted: CollectorRegistry) -> CollectorRegistry:
    """What all processes of this server counted, or this one alone."""
    registry, place = CollectorRegistry(), shared.folder()
    if place is None:
        registry.register(counted)  # type: ignore[arg-type] - it collects
    else:
        shared.forget_the_dead(place)
        MultiProcessCollector(registry, str(place))
    return registry


def _demand_key(house: House) -> None:
    """Raises 401 or 403."""
    key, given = house.settings.metrics_key, request.headers.get("Authorization", "")
    if key is not None and hmac.compare_digest(given.encode(), f"Bearer {key}".encode()):
        return
    house.access.authenticate(("operator",))
