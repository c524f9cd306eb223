"""Requests by route and status, how long they took, and connections to the database, as this process counts them."""

from collections.abc import Mapping
from time import perf_counter
from typing import Any

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from sqlalchemy import Engine, QueuePool, event

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
NO_ROUTE = "none"


class Meter:
    """Counts into `registry`; `pools` are engines by a name for people."""

    def __init__(self, registry: CollectorRegistry, pools: Mapping[str, Engine]) -> None:
        self._requests = Counter(
            "lotproof_http_requests", "Requests answered", ("method", "route", "status"), registry=registry
        )
        self._seconds = Histogram(
            "lotproof_http_request_seconds", "From a request's first line to its answer", ("method", "route"),
            buckets=BUCKETS, registry=registry,
        )  # fmt: skip
        self.early = Counter(
            "lotproof_http_early_refusals", "Asked again before Retry-After, and in no other figure", registry=registry
        )
        self._in_use = _gauge("lotproof_database_connections_in_use", "Connections lent out by a pool", registry)
        self._most = _gauge("lotproof_database_connections_most", "Connections that a pool may lend", registry)
        self._children: dict[tuple[str, str, int], tuple[Any, Any]] = {}
        self._pools = {name: engine for name, engine in pools.items() if isinstance(engine.pool, QueuePool)}
        for name, engine in self._pools.items():
            event.listen(engine, "checkout", self._look_at(name, engine))

    def install(self, app: Flask) -> None:
        """Measure every request of `app`."""
        app.before_request(self._begin)
        app.after_request(self._end)
        app.teardown_request(lambda _: self.look())

    def look(self) -> None:
        """The pools as they are; after each request, when its connections are back."""
        for name, engine in self._pools.items():
            self._look_at(name, engine)()

    def _begin(self) -> None:
        g.lotproof_begun = perf_counter()

    def _end(self, response: Response) -> Response:
        rule = NO_ROUTE if request.url_rule is None else request.url_rule.rule
        method = request.method if request.method in METHODS else "other"
        count, seconds = self._of(method, rule, response.status_code)
        count.inc()
        seconds.observe(perf_counter() - g.lotproof_begun)
        return response

    def _of(self, *labels: Any) -> tuple[Any, Any]:
        if labels not in self._children:
            method, rule, status = labels
            seconds = self._seconds.labels(method, rule)
            self._children[labels] = self._requests.labels(method, rule, str(status)), seconds
        return self._children[labels]

    def _look_at(self, name: str, engine: Engine) -> Any:
        in_use, most = self._in_use.labels(name), self._most.labels(name)

        def look(*_: object) -> None:
            pool = engine.pool
            assert isinstance(pool, QueuePool)
            in_use.set(pool.checkedout())
            most.set(pool.size() + max(0, pool._max_overflow))

        return look


def _gauge(name: str, meaning: str, registry: CollectorRegistry) -> Gauge:
    return Gauge(name, meaning, ("pool",), registry=registry, multiprocess_mode="livesum")
