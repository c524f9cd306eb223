"""The first pages of the console in a house of a million movements: server time beside plain SQL of the same figures.

The house is filled as `bench.asof` fills one, up to this moment, with goods on hold, some of them under three hundred
quarantine cases.
The application runs in this process as the web process does, with its login and row-level security, and is asked as a
browser asks; what it takes is what a server takes, without network. Plain SQL reads as superuser, has no policies, no
words and no page around it.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from statistics import quantiles
from time import perf_counter
from uuid import uuid4

from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, text

from bench import asof, stand
from bench.rows import Row, Scale
from service import db
from service.app import create_app
from service.local.postgres import Cluster
from service.roles import making
from service.roles.grants import WEB
from service.roles.logins import WEB_LOGIN
from service.settings import Settings

ORIGIN = "log.example.com/lotproof"
OPERATOR = "lpk_" + "operator-" * 4
GOALS = {"figures of 30 days": 3_000.0}  # asked for on Mondays, not at each look
GOAL, TIMES, CASES = 100.0, 40, 300  # milliseconds; how often each page is asked for

# One lot in twenty-five is partly on hold.
_HOUSE = """
    INSERT INTO warehouse.movement SELECT :count + lot.id, party_id, gen_random_uuid(), 'hold', 'bench',
        (extract(epoch FROM now()) * 1000)::bigint - lot.id * 3600000, sha256(uri::bytea), sha256(uri::bytea), '{}',
        ARRAY[uri] FROM warehouse.lot WHERE id % 25 = 1 ORDER BY id;
    INSERT INTO warehouse.leg SELECT lot.id, :count + lot.id, side.line, l.first,
        (CASE side.line WHEN 0 THEN 'available' ELSE 'hold' END)::warehouse.stock_status, (2 * side.line - 1) * 5
        FROM warehouse.lot CROSS JOIN generate_series(0, 1) AS side(line)
        JOIN (SELECT party_id, min(id) AS first FROM warehouse.location GROUP BY 1) l USING (party_id)
        WHERE lot.id % 25 = 1;
"""

# As if the last of them were of now; goods that left were not expired when they did.
_NEAR = """
    ALTER TABLE warehouse.movement DISABLE TRIGGER USER;
    UPDATE warehouse.movement SET recorded_at = recorded_at - (SELECT max(recorded_at) FROM warehouse.movement)
        + (extract(epoch FROM now()) * 1000)::bigint;
    ALTER TABLE warehouse.movement ENABLE TRIGGER USER
"""

Page = tuple[str, str, str]
_PLAIN: tuple[Page, ...] = (
    ("overview", "", """
        SELECT count(*), count(*) FILTER (WHERE held), count(*) FILTER (WHERE expiry_date < current_date),
            count(*) FILTER (WHERE expiry_date - current_date <= 90) FROM (
            SELECT lot.id, lot.expiry_date, bool_or(b.status = 'hold') AS held FROM warehouse.lot
            JOIN warehouse.balance b ON b.lot_id = lot.id AND b.place > 0 AND b.units > 0
            WHERE lot.party_id = 1 GROUP BY lot.id) lying"""),
    ("lots", "lots", """
        SELECT lot.uri, item.code, lot.number, lot.expiry_date FROM warehouse.lot
        JOIN warehouse.item ON item.id = lot.item_id WHERE lot.party_id = 1 ORDER BY lot.uri LIMIT 50"""),
    ("a lot", "lot?uri={uri}", """
        SELECT m.type, m.recorded_at, leg.place, leg.status, leg.units FROM warehouse.leg
        JOIN warehouse.movement m ON m.number = leg.movement JOIN warehouse.lot ON lot.id = leg.lot_id
        WHERE lot.uri = :uri ORDER BY m.number"""),
    ("figures of 30 days", "figures", """
        SELECT item_id, sum(leg.units) FROM warehouse.movement m JOIN warehouse.leg ON leg.movement = m.number
        JOIN warehouse.lot ON lot.id = leg.lot_id WHERE m.party_id = 1 AND leg.place > 0
            AND m.recorded_at > (extract(epoch FROM now()) * 1000)::bigint - 30 * 86400000::bigint GROUP BY 1"""),
    ("quarantine board", "quality", """
        SELECT c.id, c.words, c.state, c.opened_at FROM warehouse.quarantine_case c
        WHERE c.party_id = 1 AND c.state <> 'closed' ORDER BY c.number DESC LIMIT 300"""),
)  # fmt: skip


def measure(scale: Scale) -> Iterator[Row]:
    with stand.cluster() as server, _house(server, scale.entries) as (client, key, admin), admin.connect() as raw:
        uri = str(raw.execute(text(_A_LOT)).scalar())
        for name, path, plain in _PLAIN:
            pages = _milliseconds(_asker(client, key, path.format(uri=uri)))
            beside = _milliseconds(_reader(raw, plain, uri))
            yield Row(f"{name}, {scale.entries:,} movements, p50", pages[0], "ms", "less", None, ("SQL", beside[0]))
            goal = GOALS.get(name, GOAL)
            yield Row(f"{name}, {scale.entries:,} movements, p95", pages[1], "ms", "less", goal, ("SQL", beside[1]))


def _asker(client: FlaskClient, key: str, path: str) -> Callable[[], object]:
    def ask() -> None:
        answer = client.get(f"/console/{path}", headers={"Authorization": f"Bearer {key}"})
        assert answer.status_code == 200, answer.get_data(as_text=True)[-2000:]

    return ask


def _reader(raw: Connection, plain: str, uri: str) -> Callable[[], object]:
    values = {"uri": uri} if ":uri" in plain else {}
    return lambda: raw.execute(text(plain), values).all()


def _milliseconds(call: Callable[[], object]) -> tuple[float, float]:
    """p50 and p95; three calls before, for plans and caches."""
    for _ in range(3):
        call()
    taken = []
    for _ in range(TIMES):
        begun = perf_counter()
        call()
        taken.append((perf_counter() - begun) * 1e3)
    cuts = quantiles(taken, n=100, method="inclusive")
    return cuts[49], cuts[94]


@contextmanager
def _house(server: Cluster, count: int) -> Iterator[tuple[FlaskClient, str, Engine]]:
    """A browser, the key of the party that it asks for, and the database as its superuser sees it."""
    admin = db.engine_for(stand.writable(server, "console"))
    with server.connect() as connection:
        making.make_login(connection, WEB_LOGIN, WEB, None)
    settings = Settings(server.url("console", WEB_LOGIN), ORIGIN, kek=os.urandom(32), operator_key=OPERATOR,
                        public_url="https://log.example.com", rate_party=0.0, rate_key=0.0,
                        rate_costly=0.0, rate_proofs=0.0, rate_address=0.0)  # fmt: skip
    app = create_app(settings)
    try:
        client = app.test_client()
        keys = [_registered(client, name) for name in ("p1", "p2")]
        with admin.begin() as connection:
            asof.fill(connection, count)
            connection.execute(text(_NEAR))
            for statement in _HOUSE.split(";")[:-1]:
                connection.execute(text(statement), {"count": count} if ":count" in statement else {})
        with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM (FULL) warehouse.movement"))  # as if it had been written once
            connection.execute(text("VACUUM ANALYZE"))
        _open_cases(admin)
        yield client, keys[0], admin
    finally:
        house = app.extensions["lotproof"]
        house.gather.close()
        for engine in (house.engine, house.writer, admin):
            engine.dispose()


def _registered(client: FlaskClient, name: str) -> str:
    answer = client.post("/api/v1/parties", json={"id": name, "name": name},
                         headers={"Authorization": f"Bearer {OPERATOR}"})  # fmt: skip
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return str(answer.get_json()["api_key"])


def _open_cases(admin: Engine) -> None:
    """Waiting, under review, decided: a third of them each."""
    now = int(datetime.now(UTC).timestamp() * 1000)
    with admin.begin() as connection:
        for at, lot in enumerate(connection.execute(text(_HELD), {"limit": CASES}).all()):
            state = ("open", "under_review", "decided")[at % 3]
            values = {"id": uuid4(), "state": state, "ruling": "release" if state == "decided" else None,
                      "now": now - at, "lot": lot.lot_id, "place": lot.place}  # fmt: skip
            connection.execute(text(_CASE), values)


_A_LOT = "SELECT uri FROM warehouse.lot WHERE party_id = 1 AND id % 25 = 1 ORDER BY id LIMIT 1"
_HELD = """SELECT lot_id, place FROM warehouse.balance b JOIN warehouse.lot ON lot.id = b.lot_id
    WHERE b.status = 'hold' AND b.place > 0 AND b.units > 0 AND lot.party_id = 1 ORDER BY lot_id LIMIT :limit"""
_CASE = """
    WITH made AS (
        INSERT INTO warehouse.quarantine_case (party_id, id, scope, cause, words, state, ruling, opened_by, opened_at,
            content_hash)
        VALUES (1, :id, 'lot', 'damaged', 'Wet cartons', :state, :ruling, 'u-1', :now, sha256('x'))
        RETURNING number, opened_at
    ), act AS (
        INSERT INTO warehouse.case_act (case_number, sequence, act, round, person, at, words, detail)
        SELECT number, 1, 'open', 0, 'u-1', opened_at, 'Wet cartons', '{}' FROM made
    )
    INSERT INTO warehouse.case_cover (lot_id, place, case_number, units) SELECT :lot, :place, number, 5 FROM made
"""
