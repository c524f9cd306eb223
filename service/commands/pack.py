"""Write the verifier as one file that runs with plain Python where the package cryptography is installed."""

import argparse
import hashlib
from pathlib import Path


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("out", nargs="?", type=Path, default=Path("lotproof-verify.pyz"), help="lotproof-verify.pyz")


def run(options: argparse.Namespace) -> None:
    from verifier.pack import pack

    with options.out.open("wb") as out:
        pack(out)
    options.out.chmod(0o755)
    print(f"{options.out}  SHA-256 {hashlib.sha256(options.out.read_bytes()).hexdigest()}")
