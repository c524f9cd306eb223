"""GET /metrics: who may read it, what it tells, and what it never tells."""

import dataclasses

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import event, text

import anchoring
from anchoring import alarms
from anchoring.alarms import Kind
from anchoring.onchain import Address
from anchoring.pace import ChainSettings
from anchoring.rpc import rpcs
from anchoring.wallet import Wallet, purse
from service.app import create_app
from service.metrics import page
from service.metrics.page import LedgerCollector
from service.webhooks.backlog import backlog

KEY = "lpk_" + "metrics-" * 4
OPENMETRICS = "application/openmetrics-text; version=1.0.0"


@pytest.fixture(scope="module")
def scraped(settings):
    """`scraped()`: every series that an application tells now, by name and labels in the order of their names."""
    app = create_app(dataclasses.replace(settings, metrics_key=KEY))
    client, house = app.test_client(), app.extensions["lotproof"]

    def scrape():
        answer = client.get("/metrics", headers={"Authorization": f"Bearer {KEY}"})
        assert answer.status_code == 200, answer.get_data(as_text=True)
        families = text_string_to_metric_families(answer.get_data(as_text=True))
        return {(s.name, *s.labels.values()): s.value for family in families for s in family.samples}

    scrape.client, scrape.house = client, house
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page, "FRESH", -1.0)  # nothing is remembered from the scrape before
        yield scrape
    house.gather.close()
    house.engine.dispose()
    house.writer.dispose()


def test_the_scrapers_key_opens_this_and_nothing_else(scraped, operator, maker, stranger):
    def asks(key, path="/metrics"):
        return scraped.client.get(path, headers={"Authorization": f"Bearer {key}"} if key else {}).status_code

    assert (asks(KEY), asks(operator.key), asks(maker.key), asks(None)) == (200, 200, 403, 401)
    assert asks(KEY + "x") == asks(KEY[:-1]) == 401
    assert asks(KEY, "/api/v1/parties") == 401


def test_where_no_key_is_set_only_the_operator_reads(client, operator):
    for key in ("", "None", KEY):
        assert client.get("/metrics", headers={"Authorization": f"Bearer {key}"}).status_code == 401
    assert client.get("/metrics", headers={"Authorization": f"Bearer {operator.key}"}).status_code == 200


def test_every_alarm_is_a_series_that_says_whether_it_stands(scraped, owner):
    engine = owner
    before = scraped()
    assert {key[2] for key in before if key[0] == "lotproof_alarm"} == {kind.title for kind in Kind}
    assert sum(value for key, value in before.items() if key[0] == "lotproof_alarm") == 0
    with engine.begin() as conn:
        alarms.raise_alarm(conn, Kind.NO_MONEY, "CANARY in the detail", 1)
        alarms.raise_alarm(conn, Kind.FORK, "CANARY in the detail", 1)
        conn.execute(text("INSERT INTO ledger.heartbeat VALUES ('sequencer', 1, '')"))
    seen = scraped()
    standing = {key[2] for key, value in seen.items() if key[0] == "lotproof_alarm" and value}
    assert standing == {"NO MONEY", "FORK", "WORKER AWAY"}
    assert seen["lotproof_alarm", "true", "FORK"] == 1 and seen["lotproof_read_only",] == 1
    assert seen["lotproof_worker_heartbeat_age_seconds", "sequencer"] > 1e9
    with engine.begin() as conn:
        for kind in (Kind.NO_MONEY, Kind.FORK):
            alarms.clear(conn, kind, "test", 2)
        conn.execute(text("DELETE FROM ledger.heartbeat"))
    assert scraped()["lotproof_read_only",] == 0


def test_the_log_grows_from_queued_to_final_before_the_scrapers_eyes(scraped, maker, chain, sequencing):
    maker.receive("L-METER")
    chain.anchor()
    seen = scraped()
    sizes = {seen["lotproof_log_entries", state] for state in ("signed", "anchored", "final")}
    assert len(sizes) == 1 and sizes.pop() >= 1
    assert (seen["lotproof_queue_statements",], seen["lotproof_unanchored_entries",]) == (0, 0)
    assert (seen["lotproof_anchors",], seen["lotproof_anchors_in_flight",], seen["lotproof_admitted",]) == (1, 0, 1)
    assert 0 <= seen["lotproof_checkpoint_age_seconds", "signed"] < 60


def test_what_waits_is_counted_and_its_oldest_is_told(engine):
    with engine.begin() as conn:
        for at in (7_000, 2_000):
            conn.execute(text("INSERT INTO ledger.submission (kind, statement_hash, recorded_at, subjects) VALUES"
                              " (1, sha256(CAST(:at AS text)::bytea), (extract(epoch FROM now()) * 1000)::bigint - :at,"
                              " sha256('x'))"), {"at": at})  # fmt: skip
        known = anchoring.figures(conn)
        assert known.queued == 2 and 7 <= known.oldest < 60
        assert backlog(conn).waiting == 0


def test_money_is_told_as_the_worker_saw_it(scraped, chain, working):
    """One anchor is final: its gas and its price, by the chain's own receipt, counted once."""
    engine, node = working, chain.node
    with engine.connect() as conn:
        anchor = anchoring.anchored(conn)
        sender = Address(bytes(conn.execute(text("SELECT sender FROM ledger.intent")).scalar_one()))
    for _ in range(2):
        Wallet(engine, rpcs((node.url,))[0], sender, ChainSettings()).look()
    receipt = node.rpc("eth_getTransactionReceipt", "0x" + anchor.tx_hash.hex())
    gas = int(receipt["gasUsed"], 16)
    with engine.connect() as conn:
        seen = purse(conn)
    assert (seen.account, seen.gas) == (sender, gas)
    assert seen.spent == gas * int(receipt["effectiveGasPrice"], 16)
    assert seen.balance == int(node.rpc("eth_getBalance", "0x" + sender.hex(), "latest"), 16)
    told = scraped()
    assert told["lotproof_wallet_ether",] == pytest.approx(seen.balance / 1e18)
    assert told["lotproof_wallet_anchors",] == seen.anchors > 0
    assert told["lotproof_anchor_gas_total",] == gas


def test_requests_are_counted_by_template_and_no_label_holds_what_was_asked(scraped, operator, maker):
    """Whatever a caller, a party or the settings hold: none of it appears."""
    client = scraped.client
    party = {"Authorization": f"Bearer {maker.key}"}
    client.get("/api/v1/movements/CANARY-1", headers=party)
    client.get("/api/v1/lots/proof?lot=CANARY-2", headers=party)
    client.get("/CANARY-3/CANARY-4")
    client.open("/CANARY-5", method="CANARY")
    client.get("/tile/CANARY-6", headers={"User-Agent": "CANARY-7"})
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {KEY}"}).get_data(as_text=True)
    known = scraped.house.settings
    secrets = {KEY, known.operator_key, maker.key, known.kek.hex(), known.database_url}
    assert not [each for each in {*secrets, maker.party, "AMX", "L-METER", "CANARY"} if each in answer]
    seen = scraped()
    assert seen["lotproof_http_requests_total", "GET", "/api/v1/movements/<id>", "404"] == 1
    assert seen["lotproof_http_requests_total", "GET", "none", "404"] == 1
    assert seen["lotproof_http_requests_total", "other", "none", "404"] == 1
    assert seen["lotproof_http_request_seconds_count", "GET", "/tile/<path:name>"] == 1


def test_openmetrics_is_spoken_where_it_is_asked_for(scraped):
    answer = scraped.client.get("/metrics", headers={"Authorization": f"Bearer {KEY}", "Accept": OPENMETRICS})
    assert answer.content_type.startswith("application/openmetrics-text")
    names = {family.name for family in openmetrics(answer.get_data(as_text=True))}
    assert {"lotproof_alarm", "lotproof_http_requests", "lotproof_anchor_gas"} <= names


def test_a_scrape_takes_a_few_questions_and_a_second_one_none(scraped, monkeypatch):
    asked = []
    listen = (scraped.house.engine, "before_cursor_execute", lambda *call: asked.append(call[2]))
    monkeypatch.setattr(page, "FRESH", 60.0)
    event.listen(*listen)
    try:
        collector = LedgerCollector(scraped.house.engine)
        assert len(list(collector.collect())) > 10
        first = len(asked)
        assert 5 < first < 30
        list(collector.collect())
        assert len(asked) == first
    finally:
        event.remove(*listen)


def test_without_the_database_the_scrape_says_so(settings):
    away = "postgresql://nobody@127.0.0.1:9/none"
    app = create_app(dataclasses.replace(settings, metrics_key=KEY, database_url=away))
    answer = app.test_client().get("/metrics", headers={"Authorization": f"Bearer {KEY}"})
    said = answer.get_data(as_text=True)
    assert answer.status_code == 200 and "lotproof_database_up 0.0" in said and "lotproof_alarm" not in said
    app.extensions["lotproof"].gather.close()


def test_the_pools_are_told(scraped):
    seen = scraped()
    assert seen["lotproof_database_connections_most", "read"] == 40
    with scraped.house.engine.connect():
        assert scraped()["lotproof_database_connections_in_use", "read"] == 1
    assert scraped()["lotproof_database_connections_in_use", "read"] == 0
