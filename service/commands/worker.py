"""Sequence, sign and anchor. Any number of workers may run; one at a time works, the others wait to take over."""

import argparse
import logging
from pathlib import Path

from service.local import embedded


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--deploy", action="store_true", help="deploy the contract first if there is none")
    parser.add_argument("--ready-file", type=Path, help="file to make once the worker works")


def run(options: argparse.Namespace) -> None:
    import anchoring  # loads web3
    from service.commands import deploy
    from service.db import driver_url

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    settings = embedded.load(["database_url", "origin", "rpc_urls", "log_key", "anchorer_key"])
    if options.deploy:
        deploy.deployed(settings)
    chain = anchoring.ChainSettings(finality=settings.finality, min_interval=round(settings.anchor_interval * 1000))
    assert settings.log_key and settings.anchorer_key
    given = anchoring.WorkerSettings(
        database_url=driver_url(settings.database_url),
        origin=settings.origin,
        log_key=settings.log_key,
        rpc_urls=settings.rpc_urls,
        anchorer_key=settings.anchorer_key,
        chain=chain,
    )
    anchoring.run_worker(given, ready=lambda: options.ready_file and options.ready_file.touch())
