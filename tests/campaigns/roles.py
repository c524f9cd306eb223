"""The door from everybody's hand: requests generated from the OpenAPI document, sent by every role and by nobody.

No answer is a fault or one that the document does not promise, and no party reads what another one wrote. The same as
the suite does with a few requests (`tests/service/api/fuzzing.py`), with MANY to each operation from each caller.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

from bench.rows import Row
from service import migrating
from service.app import create_app
from service.local import postgres
from service.settings import Settings, public_half
from tests.conftest import own_cluster
from tests.service.api import fuzzing
from tests.service.api.conftest import LOG_KEY, OPERATOR_KEY, ORIGIN, UNLIMITED, Caller
from tests.tools import databases, logins

from .campaign import Contradiction, Plan

MANY = 60
OPERATIONS = 100


def campaign(plan: Plan) -> Iterator[Row]:
    """Figures; raises Contradiction at the first answer that must not be."""
    with own_cluster() as (cluster, _), tempfile.TemporaryDirectory(prefix="lotproof-roles-") as files:
        postgres.create_database(cluster, "template")
        migrating.migrate(cluster.url("template"))
        logins.made(cluster)
        databases.copy(cluster, "roles", "template")
        app = create_app(Settings(
            logins.web_url(cluster, "roles"), ORIGIN, kek=bytes(32), operator_key=OPERATOR_KEY, web_threads=32,
            log_public_key=public_half(LOG_KEY), public_url="https://log.example.com", webhook_key=bytes(32),
            attachments_dir=str(Path(files)), **UNLIMITED,
        ))  # fmt: skip
        yield from _fuzzed(app, plan)


def _fuzzed(app, plan: Plan) -> Iterator[Row]:  # type: ignore[no-untyped-def]
    town, begun = fuzzing.town(Caller(app.test_client(), OPERATOR_KEY)), perf_counter()
    try:
        tried = fuzzing.fuzz(app, town, plan.many(MANY), plan.seed)
    except fuzzing.Broken as broken:
        raise Contradiction("an answer", "one of the document's, and nothing of another party", broken) from None
    yield Row("operations tried", tried.operations, "", "more", OPERATIONS)
    yield Row(f"requests of {len(town.callers)} callers", tried.requests, "", "more", tried.operations)
    yield Row("answers in which the owner read the mark", tried.marked, "", "more", 10)
    yield Row("faults, undocumented answers, marks read by others", 0, "", "less", 0)
    yield Row("requests a second", tried.requests / (perf_counter() - begun), "requests/s")
