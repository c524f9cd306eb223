"""Accept that the chain took back blocks that were final: the anchors in them are lost and will be made again.

For the alarm FINALITY VIOLATION, and only after a look at the chain by other means. Every node of LOTPROOF_RPC_URL is
asked; all must agree. Whoever holds a proof under a lost anchor needs a new one.
"""

import argparse
import time

from service.local import embedded
from service.local.errors import SetupError


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--reason", required=True, help="who decided it, and what was found; kept with the alarm")


def run(options: argparse.Namespace) -> None:
    import anchoring  # loads web3
    from service import db

    settings = embedded.load(["database_url", "origin", "rpc_urls"])
    if not options.reason.strip():
        raise SetupError("expected a reason: who decided it, and what was found")
    engine = db.engine_for(settings.database_url)
    try:
        with engine.begin() as connection:
            nodes, now = anchoring.rpcs(settings.rpc_urls), time.time_ns() // 1_000_000
            lost = anchoring.accept_reorg(connection, nodes, options.reason, now)
    except (anchoring.NotAgreed, anchoring.WrongChain, anchoring.Away) as told:
        raise SetupError(f"nothing was changed: {told}") from None
    finally:
        engine.dispose()
    print(f"{lost} anchors are lost; the worker anchors the newest checkpoint again")
