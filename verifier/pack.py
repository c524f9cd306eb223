"""The verifier as one file that runs with plain Python where `cryptography` is installed.

    python -m verifier.pack lotproof-verify.pyz
    python lotproof-verify.pyz FILE --policy regulator.toml

The same sources give the same bytes: names sorted, times fixed, nothing compressed (compressors
differ between machines). So whoever packs this version compares a hash instead of trusting a server.
"""

from __future__ import annotations

import sys
import zipfile
from importlib.resources import files
from pathlib import Path
from typing import BinaryIO

INTERPRETER = b"#!/usr/bin/env python3\n"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_PLAIN_FILE = 0o100644 << 16
_MAIN = """\
import sys

if sys.version_info < (3, 11):
    sys.exit("lotproof-verify: needs Python 3.11 or newer, this is %d.%d" % sys.version_info[:2])
try:
    import cryptography
except ImportError:
    sys.exit("lotproof-verify: needs the package cryptography (pip install cryptography)")

from verifier.cli import main

sys.exit(main())
"""


def pack(target: BinaryIO) -> None:
    """Write the verifier into `target`."""
    target.write(INTERPRETER)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(_name("__main__.py"), _MAIN)
        for name, source in sorted(_sources().items()):
            archive.writestr(_name(f"verifier/{name}"), source)


def _sources() -> dict[str, bytes]:
    room = files("verifier")
    return {file.name: file.read_bytes() for file in room.iterdir() if file.name.endswith(".py")}


def _name(path: str) -> zipfile.ZipInfo:
    named = zipfile.ZipInfo(path, _EPOCH)
    named.create_system = _UNIX
    named.external_attr = _PLAIN_FILE
    return named


def main(arguments: list[str] | None = None) -> int:
    """Write the file that the one argument names."""
    names = sys.argv[1:] if arguments is None else arguments
    if len(names) != 1:
        print("usage: python -m verifier.pack OUT", file=sys.stderr)
        return 64
    path = Path(names[0])
    with path.open("wb") as target:
        pack(target)
    path.chmod(0o755)
    return 0


if __name__ == "__main__":
    sys.exit(main())
