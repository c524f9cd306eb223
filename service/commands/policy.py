"""Print the policy file with which a regulator begins: what this service claims of itself, to be compared first."""

import argparse

from service.local import embedded


def arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(_: argparse.Namespace) -> None:
    from service import db, standpoint
    from service.publish import policy

    settings = embedded.load(["database_url", "origin", "rpc_urls", "log_public_key"])
    engine = db.engine_for(settings.database_url)
    try:
        with standpoint.on("directory"), engine.connect() as connection:
            print(policy.draft(policy.claims(connection, settings)), end="")
    finally:
        engine.dispose()
