"""Make, list and revoke API keys, directly in the database: also when no key is left to ask the API with.

    ./lotproof api-key make party --party ACME --label "ERP of Acme"
    ./lotproof api-key list
    ./lotproof api-key revoke ID
"""

import argparse
import os
from datetime import UTC, datetime
from uuid import UUID

from service.local import embedded
from service.local.errors import SetupError


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    actions = parser.add_subparsers(dest="action", required=True)
    make = actions.add_parser("make", help="make a key; it is shown once")
    make.add_argument("role", choices=("party", "operator", "auditor", "regulator"))
    make.add_argument("--party", help="code of the company, for the role party")
    make.add_argument("--label", default="made on the command line", help="what the key is for")
    actions.add_parser("list", help="list all keys, without the secrets")
    revoke = actions.add_parser("revoke", help="end a key; takes effect within a second")
    revoke.add_argument("id", type=UUID)


def run(options: argparse.Namespace) -> None:
    from service import db, standpoint

    engine = db.engine_for(embedded.load(["database_url", "origin"]).database_url)
    try:
        with standpoint.on("operator"), engine.begin() as connection:
            {"make": _make, "list": _list, "revoke": _revoke}[options.action](connection, options)
    finally:
        engine.dispose()


def _make(connection, options: argparse.Namespace) -> None:  # type: ignore[no-untyped-def]
    from sqlalchemy import text

    from service.auth import keys

    if (options.role == "party") != bool(options.party):
        raise SetupError("a key of role party, and only that, needs --party CODE")
    known = text("SELECT 1 FROM warehouse.party WHERE code = :code")
    if options.party and not connection.execute(known, {"code": options.party}).first():
        raise SetupError(f"no party has the code {options.party!r}")
    secret, key = keys.issue(
        connection,
        role=options.role,
        party=options.party,
        label=options.label,
        now=datetime.now(UTC),
        random=os.urandom,
    )
    print(f"{secret}\nid {key.id}; the key is not shown again")


def _list(connection, _: argparse.Namespace) -> None:  # type: ignore[no-untyped-def]
    from service.auth import keys

    for key in keys.listed(connection, None):
        state = f"revoked {key.revoked_at:%Y-%m-%d}" if key.revoked_at else "valid"
        print(f"{key.id}  {key.role:9}  {key.party or '-':12}  {key.shown}…  {state:18}  {key.label}")


def _revoke(connection, options: argparse.Namespace) -> None:  # type: ignore[no-untyped-def]
    from service.auth import keys

    if keys.revoke(connection, options.id, None, datetime.now(UTC)) is None:
        raise SetupError(f"no key has the id {options.id}")
    print(f"{options.id} revoked")
