"""Sequence, sign, anchor, send webhooks. Any number of workers may run; one works, the others wait to take over."""

import argparse
import logging
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any

from service.local import embedded
from service.local.errors import SetupError
from service.roles import starting
from service.settings import Settings


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--deploy", action="store_true", help="deploy the contract first if there is none")
    parser.add_argument(
        "--ready-file", type=Path, help="file to make once database and chain were compared (or contradict)"
    )


def run(options: argparse.Namespace) -> None:
    import anchoring  # loads web3
    from service.commands import deploy
    from service.db import driver_url

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    settings = embedded.load(["database_url", "origin", "rpc_urls", "log_key", "anchorer_key"])
    starting.called("lotproof worker", settings.database_url)
    if options.ready_file:
        options.ready_file.unlink(missing_ok=True)  # of an earlier run
    chain = _pace(settings)
    assert settings.log_key and settings.anchorer_key
    given = anchoring.WorkerSettings(
        database_url=driver_url(settings.database_url),
        origin=settings.origin,
        log_key=settings.log_key,
        rpc_urls=settings.rpc_urls,
        anchorer_key=settings.anchorer_key,
        chain=chain,
        lastsigned_dir=Path(settings.lastsigned_dir) if settings.lastsigned_dir else None,
        log_key_before=settings.log_key_before,
    )
    # A database that is not what was signed last gets no new contract: that would hide it.
    if options.deploy and not anchoring.contradicted(given):
        deploy.deployed(settings, patient=True)
    try:
        with _delivering(settings):
            anchoring.run_worker(given, ready=lambda: options.ready_file and options.ready_file.touch())
    except anchoring.LogKeyChanged as changed:
        raise SetupError(f"{changed}. {anchoring.AlarmKind.LOG_KEY.advice}") from None


def _pace(settings: Settings):  # type: ignore[no-untyped-def]
    """A checkpoint is not late before a few intervals between anchors have gone by."""
    import anchoring

    return anchoring.ChainSettings(
        finality=settings.finality,
        min_interval=round(settings.anchor_interval * 1000),
        late_after=round(max(settings.late_after, 3 * settings.anchor_interval) * 1000),
        bump_after=round(settings.bump_after * 1000),
        fee_cap=round(settings.fee_cap * 1e9),
        gas_cap=settings.gas_cap,
        few_anchors=settings.few_anchors,
    )


@contextmanager
def _delivering(settings: Settings) -> Iterator[None]:
    """Webhooks, subscriptions to EPCIS events and partners, in threads of their own, until the worker has ended: a slow
    receiver delays no checkpoint. Events get their places in any case: streams are told by them.
    """
    from service.db import engine_for
    from service.epcis.partners.courier import Courier
    from service.epcis.subscriptions.placing import Placer
    from service.epcis.subscriptions.teller import Teller
    from service.webhooks.deliverer import THREADS, Deliverer

    engine, stop = engine_for(settings.database_url, pool_size=THREADS + 2, max_overflow=0), Event()
    senders: list[Any] = [Placer(engine)]
    if settings.webhook_key is None:
        logging.getLogger(__name__).info("no LOTPROOF_WEBHOOK_KEY: webhooks are not sent")
    else:
        senders = [
            made(engine, settings.webhook_key, local=settings.webhooks_local, now=lambda: datetime.now(UTC),
                 dice=random.random) for made in (Deliverer, Teller, Courier)
        ]  # fmt: skip
    crew = [Thread(target=each.run, args=(stop,), name=type(each).__name__) for each in senders]
    for thread in crew:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in crew:
            thread.join()
        engine.dispose()
