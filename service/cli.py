"""The command line: `./lotproof COMMAND …`. Each command is one small module in `service.commands`, loaded only when
it is asked for.

A command module has a docstring (its help), `arguments(parser)` and `run(options) -> exit code`.
"""

import argparse
import importlib
import os
import signal
import sys

from service.local.errors import SetupError
from service.settings import SettingsError

COMMANDS = {
    "up": "start everything on this machine and serve until Ctrl-C",
    "test": "lint and run the whole test suite",
    "campaign": "try to break it, for minutes or hours",
    "bench": "measure speed, size and gas beside the alternatives",
    "web": "serve HTTP",
    "worker": "sequence, sign, anchor",
    "chain": "run the embedded chain alone",
    "migrate": "bring the database to the newest schema",
    "deploy": "deploy the anchor contract, once",
    "policy": "print the policy file with which a regulator begins",
    "office": "hand on the contract's offices, stop a thief, open an epoch",
    "accept-reorg": "accept that the chain took back what was final",
    "recover": "bring back what a restored database lacks of its log",
    "scrub": "let no file of the database hold what was erased",
    "audit": "derive everything that is stored again, and name what differs",
    "status": "tell what is recorded, anchored and final",
    "verify": "check a proof file with the standalone verifier",
    "sign": "sign for your party with a key that the service never sees",
    "pack": "write the verifier as one file",
    "import": "bring in history from another system",
    "api-key": "make, list and revoke API keys",
    "keys": "make keys, put them into keystores, replace them",
    "setup": "install what the lock files name, and nothing else",
    "sbom": "list what the lock files name, as CycloneDX (for developers)",
    "lock": "resolve the dependencies anew (for developers)",
    "settings": "list the environment variables and what they mean",
}


def main(argv: list[str] | None = None) -> int:
    argv = sys.argv[1:] if argv is None else argv
    if not argv or argv[0] in ("-h", "--help", "help"):
        print(_overview())
        return 0
    if argv[0] not in COMMANDS:
        print(f"lotproof: no command {argv[0]!r}\n\n{_overview()}", file=sys.stderr)
        return 2
    name = {"import": "import_"}.get(argv[0], argv[0].replace("-", "_"))  # a word of Python cannot name a module
    module = importlib.import_module(f"service.commands.{name}")
    parser = argparse.ArgumentParser(prog=f"./lotproof {argv[0]}", description=module.__doc__)
    module.arguments(parser)
    options, rest = parser.parse_known_args(argv[1:])
    if rest and not getattr(module, "PASSES_ON", False):
        parser.error(f"unknown argument {rest[0]!r}")
    options.rest = rest
    return _run(module, options)


def _run(module, options) -> int:  # type: ignore[no-untyped-def]
    try:
        return module.run(options) or 0
    except (SetupError, SettingsError) as told:
        print(f"lotproof: {told}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except Exception as trouble:
        if (type(trouble).__module__, type(trouble).__name__) != ("sqlalchemy.exc", "OperationalError"):
            raise  # a fault of ours: the whole story, please
        print(f"lotproof: the database does not answer (does ./lotproof up run?): {trouble.orig}", file=sys.stderr)  # type: ignore[attr-defined]
        return 1


def _overview() -> str:
    lines = [f"  {name:12} {meaning}" for name, meaning in COMMANDS.items()]
    return "usage: ./lotproof COMMAND …\n\n" + "\n".join(lines) + "\n\n./lotproof COMMAND --help tells more about each"


if __name__ == "__main__":
    sys.exit(main())
