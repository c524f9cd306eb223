"""Deploy the anchor contract of this log, once. If it is there already, tell where.

`--again REASON` deploys another one, after the chain or the contract was lost: the old anchors stay visible as lost.
"""

import argparse

from service.local import embedded
from service.local.errors import SetupError
from service.settings import Settings


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--again", metavar="REASON", help="deploy another contract, and why")


def run(options: argparse.Namespace) -> None:
    found = deployed(embedded.load(["database_url", "rpc_urls", "anchorer_key", "guardian", "origin"]), options.again)
    print(f"contract 0x{found.contract.hex()} on chain {found.chain_id}, deployed in block {found.block}")


def deployed(settings: Settings, again: str | None = None, *, patient: bool = False):  # type: ignore[no-untyped-def]
    """The contract of this log, deployed now if there is none (or `again`, for that reason). `patient`: where there is
    one and the node is away, that is no reason to end."""
    import anchoring  # loads web3
    from service import db

    assert settings.anchorer_key and settings.guardian
    engine = db.engine_for(settings.database_url)
    given = (engine, settings.rpc_urls[0], settings.anchorer_key, settings.guardian)
    try:
        return anchoring.deploy.again(*given, reason=again) if again else anchoring.deploy.ensure(*given)
    except anchoring.Away as away:
        with engine.connect() as connection:
            known = anchoring.status(connection).deployment
        if known is None or not patient:
            raise SetupError(str(away)) from None
        return known
    except (anchoring.NeedsEther, anchoring.NotYet, anchoring.WrongChain) as told:
        raise SetupError(str(told)) from None
    finally:
        engine.dispose()
