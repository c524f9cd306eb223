"""Print fresh keys for a new installation, as lines for an `.env` file. Nothing is stored here.

The key of the guardian belongs elsewhere, offline: it alone can replace a stolen anchorer key.
"""

import argparse
import secrets

from service.local import embedded

VARIABLES = {**embedded.SECRETS, **embedded.PUBLIC}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--origin", default="lotproof.localhost/log", help="the name of the log, never to be changed")


def run(options: argparse.Namespace) -> None:
    made = embedded.new_secrets()
    print(f"LOTPROOF_ORIGIN={options.origin}")
    for name, variable in VARIABLES.items():
        print(f"{variable}={made[name]}")
    print(f"POSTGRES_PASSWORD={secrets.token_urlsafe(24)}")
    print(f"# Take this line away and keep it offline; it is the key of LOTPROOF_GUARDIAN:\n# {made['guardian.key']}")
