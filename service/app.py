"""The web process: every part of the door and how it hangs together, on one page.

    granian --interface wsgi --factory service.app:create_app       # ./lotproof web puts `service.line` before it

`create_app()` reads the settings from the environment; it asks neither database nor chain, so a web process starts,
and says 503, also while they are away.
"""

import os
from datetime import UTC, datetime
from functools import partial

import orjson
from flask import Flask, Response
from flask.json.provider import JSONProvider
from sqlalchemy import Engine

from service import db, settings
from service.api import (
    addresses,
    api_keys,
    attachments,
    cases,
    clients,
    counts,
    customers,
    epcis_capture,
    epcis_events,
    epcis_exchange,
    epcis_partners,
    epcis_queries,
    epcis_speech,
    epcis_subscriptions,
    erasures,
    errors,
    figures,
    handoffs,
    imports,
    invitations,
    items,
    labels,
    logbook,
    lot_papers,
    lots,
    movements,
    notices,
    numbers,
    openapi,
    openid,
    orders,
    orders_production,
    parties,
    party_keys,
    people,
    picking,
    places,
    policy,
    products,
    recalls,
    records,
    reports,
    scans,
    sensor_readings,
    sensors,
    session,
    shares,
    signatures,
    status,
    stock,
    supplements,
    trace,
    trace_codes,
    webhooks,
)
from service.api.door import BODY_LIMIT, Operation
from service.api.house import Halting, House
from service.auth.access import Access
from service.auth.cookies import Cookies
from service.auth.own_hand import Hands
from service.budgets import public
from service.budgets import shared as shared_buckets
from service.budgets.desk import Budgets
from service.console import pages as console
from service.epcis.capture.crew import Crew
from service.keys.hand import clocked, diced, watch
from service.keys.keyring import Keyring
from service.ledger.gather import Gather
from service.ledger.requests import Scribe
from service.line import application as line
from service.metrics import page as metrics
from service.proof.proofs import Proofs
from service.publish import log, printed, shared
from service.sensors.watching import Watcher
from service.settings import Settings
from service.signin.enrolment import Enrolment
from service.signin.entrance import Entrance
from service.signin.federation import Federation
from service.signin.openid import Providers
from service.trail.binder import Binder
from service.web import headers, pages
from service.web import people as people_pages
from service.web import verify as verify_page

NEEDED = ("database_url", "origin", "kek")
DOORS = (
    parties, api_keys, clients, party_keys, items, places, movements, handoffs, lots, lot_papers, labels,
    stock, status, policy,
    numbers, scans, customers, orders, picking, orders_production, people, invitations, session, openid,
    webhooks,
    imports,
    trace, shares, reports, figures, addresses, products, supplements, trace_codes, records,
    sensors, sensor_readings,
    cases, attachments, counts, recalls, notices, erasures, signatures,
    logbook,
    epcis_capture, epcis_exchange, epcis_events, epcis_queries, epcis_subscriptions, epcis_partners,
)  # fmt: skip
WRITERS = 2  # connections that stay open for recording; bulk requests may add one for each thread
POOL_SPARE = 8  # connections beside one for each thread: the gathering writer and the waiter for receipts


def create_app(given: Settings | None = None) -> Flask:
    """The WSGI application; `given` in tests, else the environment."""
    house = build(given or settings.load(os.environ, NEEDED))
    app = Flask("lotproof", static_folder=None)
    app.json = OrJson(app)
    app.config.update(MAX_CONTENT_LENGTH=BODY_LIMIT + 1, TRAP_HTTP_EXCEPTIONS=False, PROPAGATE_EXCEPTIONS=False)
    app.extensions["lotproof"] = house
    errors.install(app)
    api = openapi.document(app, house.settings)
    operations: dict[str, Operation] = {}
    for room in DOORS:
        door = room.door(house)
        operations |= door.operations
        api.register_blueprint(door)
    app.register_blueprint(console.pages(house, operations))
    app.register_blueprint(log.pages(house))
    app.register_blueprint(shared.pages(house))
    app.register_blueprint(printed.pages(house))
    app.register_blueprint(clients.pages(house))
    app.register_blueprint(people_pages.pages(house))
    app.register_blueprint(pages.pages(house, api.spec.to_dict()))
    app.register_blueprint(verify_page.pages(house))
    metrics.install(app, house)
    public.install(app, house)
    line.install(app)
    app.after_request(epcis_speech.spoken)
    app.after_request(headers.secured)
    app.get("/healthz", endpoint="healthz")(partial(_alive, house))
    return app


def _alive(house: House) -> Response:
    """A process that is asked after takes up what another left when it died."""
    house.captures.wake()
    return Response("ok\n", content_type="text/plain; charset=utf-8")


def build(chosen: Settings, engine: Engine | None = None) -> House:
    """The parts of the house for these settings."""
    engine = engine or db.engine_for(chosen.database_url, pool_size=chosen.web_threads + POOL_SPARE, max_overflow=0)
    assert chosen.kek is not None, "a web process needs the key-encryption key"
    keyring = Keyring(chosen.kek, chosen.kek_before)
    scribe = Scribe(chosen.origin, keyring, clocked(_now), diced(os.urandom))
    hands, cookies = Hands(keyring, _now, os.urandom), Cookies(chosen.public_url)
    budgets = Budgets(chosen, shared_buckets.opened())
    access = Access(engine, chosen.operator_key, _now, hands, cookies, budgets, chosen.public_url)
    entrance = Entrance(engine, keyring, access.refusals, _now, os.urandom)
    providers = Providers(chosen.webhooks_local)
    federation = Federation(engine, keyring, entrance, providers, chosen.public_url, _now, os.urandom)
    writer = db.engine_for(chosen.database_url, pool_size=WRITERS, max_overflow=chosen.web_threads, by_key=True)
    watch(writer)
    halting = Halting(engine)
    return House(
        chosen, engine, writer, access, scribe, Gather(writer, scribe), halting, Proofs(engine, chosen.origin),
        entrance, Enrolment(engine, entrance, _now, os.urandom), federation, Binder(engine, scribe),
        Watcher(engine, writer, scribe),
        Crew(engine, writer, scribe, halting.check),
    )


def _now() -> datetime:
    return datetime.now(UTC)


class OrJson(JSONProvider):
    """JSON for whatever Flask itself answers; twice to five times as fast as the default on lists."""

    def dumps(self, obj: object, **_: object) -> str:
        return orjson.dumps(obj, default=str).decode()

    def loads(self, s: str | bytes, **_: object) -> object:
        return orjson.loads(s)
