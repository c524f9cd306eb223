"""Print fresh keys for a new installation, as lines for an `.env` file; nothing is stored. Or, by a word more:

  log FILE        make the log key in an encrypted file of its own (PKCS#8)
  anchorer FILE   make the anchor key in a keystore (Web3 Secret Storage)
  kek FILE        make a key-encryption key
  rewrap          seal every party's key under the new key-encryption key

The key of the guardian belongs elsewhere, offline: it alone can replace a stolen anchorer key.
docs/operations.md tells how each key is replaced.
"""

import argparse
import base64
import os
import secrets
from pathlib import Path

from service.local import embedded
from service.local.errors import SetupError

VARIABLES = {**embedded.SECRETS, **embedded.PUBLIC}
ORIGIN = "lotproof.localhost/log"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--origin", default=ORIGIN, help="the name of the log, never to be changed")
    words = parser.add_subparsers(dest="word", metavar="WORD")
    for word, meaning in (("log", "the log key"), ("anchorer", "the anchor key")):
        made = words.add_parser(word, help=f"make {meaning} in an encrypted file", description=_FILES[word])
        made.add_argument("file", type=Path, help="where to write it; must not exist")
        made.add_argument(
            "--passphrase-file", type=Path, required=True, help="a line of at least 20 characters; made if it is absent"
        )
        made.add_argument("--take", action="store_true", help="put the key of now into it, rather than a new one")
    kek = words.add_parser("kek", help="make a key-encryption key", description="Make one, of 32 bytes.")
    kek.add_argument("file", type=Path, help="where to write it; must not exist")
    words.add_parser("rewrap", help="seal every party's key under the new key-encryption key", description=_REWRAP)


_FILES = {
    "log": "Make the key with which checkpoints are signed, in a PKCS#8 file that opens with a passphrase.",
    "anchorer": "Make the key that signs and pays for anchors, in a Web3 Secret Storage file (version 3).",
}
_REWRAP = (
    "Seal every party's key, and the secrets of second factors and OpenID providers, which lie under "
    "LOTPROOF_KEK_BEFORE, under LOTPROOF_KEK; in one transaction, so that a "
    "crash leaves them as they were. Web processes must already have both."
)


def run(options: argparse.Namespace) -> None:
    words = {None: _fresh, "log": _log, "anchorer": _anchorer, "kek": _kek, "rewrap": _rewrap}
    words[options.word](options)


def _fresh(options: argparse.Namespace) -> None:
    made = embedded.new_secrets()
    print(f"LOTPROOF_ORIGIN={options.origin}")
    for name, variable in VARIABLES.items():
        print(f"{variable}={made[name]}")
    for of in ("", "WEB_", "WORKER_"):
        print(f"POSTGRES_{of}PASSWORD={secrets.token_urlsafe(24)}")
    print(f"# Take this line away and keep it offline; it is the key of LOTPROOF_GUARDIAN:\n# {made['guardian.key']}")


def _log(options: argparse.Namespace) -> None:
    from service.keys.keystores import sealed_log_key
    from service.settings import public_half

    now = embedded.load(["log_key"] if options.take else [])
    seed = (now.log_key if options.take else None) or secrets.token_bytes(32)
    _keep(options, seed, sealed_log_key)
    _tell("LOTPROOF_LOG", options)
    print(f"LOTPROOF_LOG_PUBLIC_KEY={_base64(public_half(seed))}")
    if now.log_public_key and now.log_public_key != public_half(seed):
        print(f"LOTPROOF_LOG_KEY_BEFORE={_base64(now.log_public_key)}")


def _anchorer(options: argparse.Namespace) -> None:
    from eth_keys.datatypes import PrivateKey

    from service.keys.keystores import sealed_anchorer_key

    now = embedded.load(["anchorer_key"] if options.take else [])
    key = (now.anchorer_key if options.take else None) or secrets.token_bytes(32)
    _keep(options, key, sealed_anchorer_key)
    _tell("LOTPROOF_ANCHORER", options)
    print(f"# its account, which pays: {PrivateKey(key).public_key.to_checksum_address()}")


def _kek(options: argparse.Namespace) -> None:
    _write(options.file, _base64(secrets.token_bytes(32)).encode() + b"\n")
    print(f"LOTPROOF_KEK_FILE={options.file.absolute()}")


def _rewrap(_: argparse.Namespace) -> None:
    from service import db, standpoint
    from service.keys.keyring import Keyring
    from service.keys.rewrap import DoesNotOpen, rewrap

    now = embedded.load(["database_url", "kek", "kek_before"])
    assert now.kek and now.kek_before
    if now.kek == now.kek_before:
        raise SetupError("LOTPROOF_KEK and LOTPROOF_KEK_BEFORE are the same key: expected the new one and the old one")
    engine = db.engine_for(now.database_url)
    try:
        with standpoint.on("reseal"), engine.begin() as connection:
            done = rewrap(connection, Keyring(now.kek_before), Keyring(now.kek))
    except DoesNotOpen as told:
        raise SetupError(str(told)) from None
    finally:
        engine.dispose()
    print(f"{done.anew} keys sealed under the new key, {done.before} were already")
    print(
        "run it once more when every web process has both keys; then LOTPROOF_KEK_BEFORE may go"
        if done.anew
        else "all of them: LOTPROOF_KEK_BEFORE may go from the settings, not from where backups are kept"
    )


def _keep(options: argparse.Namespace, key: bytes, sealed) -> None:  # type: ignore[no-untyped-def]
    """Write the keystore, and before it a passphrase that is not there yet; nothing that exists is replaced."""
    from service.keys.keystores import KeystoreError

    if options.file.exists():
        raise SetupError(f"{options.file} exists: a key is never replaced in place; name another file")
    try:
        content = sealed(key, _passphrase(options.passphrase_file))
    except KeystoreError as told:
        raise SetupError(f"{options.passphrase_file}: {told}") from None
    _write(options.file, content)


def _passphrase(path: Path) -> str:
    from service.keys.keystores import new_passphrase

    if not path.exists():
        _write(path, new_passphrase().encode() + b"\n")
    try:
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError) as unreadable:
        raise SetupError(f"{path}: expected a readable text file, got {type(unreadable).__name__}") from None


def _write(path: Path, content: bytes) -> None:
    """A file for its owner's eyes, on disk when this returns."""
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
    except OSError as refused:
        raise SetupError(f"cannot write {path}: {refused.strerror}") from None


def _tell(name: str, options: argparse.Namespace) -> None:
    print(f"{name}_KEYSTORE={options.file.absolute()}")
    print(f"{name}_PASSPHRASE_FILE={options.passphrase_file.absolute()}")


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
