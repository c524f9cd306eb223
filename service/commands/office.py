"""The contract's offices: see who holds them, hand them on, stop a thief, and open an epoch after a theft.

    ./lotproof office show                         who anchors, who guards, what is offered and proposed
    ./lotproof office rotate ADDRESS               the guardian gives the anchorer's office to another key, at once
    ./lotproof office pause                        ... to an address of which nobody has the key: nothing is anchored
    ./lotproof office offer ADDRESS | withdraw     the guardian offers its own office; takes the offer back
    ./lotproof office accept ADDRESS               ... and the key of ADDRESS accepts it
    ./lotproof office propose INDEX --reason TEXT  announce that the log goes on from anchor INDEX, in three days
    ./lotproof office cancel | open                take that back; carry it out when the three days are over

With --key-file the act is signed and sent, and the answer is what the contract then says. Without it nothing is sent:
what must be signed is printed, for a multisig or a device that holds the key. An act that the contract would refuse is
refused with its reason; one that is done already is not done again.

Exit code 0: done, or prepared; 1: refused, nothing changed; 2: not understood; 3: sent, and in no block yet: give the
same command again.
"""

import argparse
from hashlib import sha256
from pathlib import Path
from typing import Any

from service.local import embedded
from service.local.errors import SetupError

WAIT = 60.0
ADDRESSED = ("rotate", "offer", "accept")
ACTS = {
    "rotate": "another anchorer, at once",
    "pause": "no anchorer, at once",
    "offer": "offer the guardian's office",
    "withdraw": "take the offer back",
    "accept": "accept the guardian's office",
    "propose": "announce an epoch",
    "cancel": "take the announcement back",
    "open": "open the epoch",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    acts.add_parser("show", help="who holds what")
    for name, meaning in ACTS.items():
        act = acts.add_parser(name, help=meaning)
        if name in ADDRESSED:
            act.add_argument("address", help="0x and 40 hexadecimal digits")
        if name == "propose":
            act.add_argument("index", type=int, help="of the last anchor that is kept")
            act.add_argument("--reason", required=True, help="a text to publish; its SHA-256 stands on the chain")
        act.add_argument("--key-file", type=Path, metavar="FILE", help="the key that signs: 64 digits, or a keystore")
        act.add_argument("--passphrase-file", type=Path, metavar="FILE", help="what opens the keystore")


def run(options: argparse.Namespace) -> int:
    import anchoring  # loads web3
    from service import db

    settings = embedded.load(["database_url", "origin", "rpc_urls"])
    engine = db.engine_for(settings.database_url)
    told = anchoring.offices
    try:
        with engine.connect() as connection:
            desk = told.Desk.of(connection, settings.rpc_urls[0])
        if options.act == "show":
            _show(desk)
            return 0
        return _act(desk, _wanted(desk, engine, options), options)
    except (anchoring.NotYet, told.NotAllowed, anchoring.WrongChain, anchoring.Away, anchoring.NeedsEther) as why:
        if isinstance(why, anchoring.NotYet):
            print(f"{why}; give the same command again")
            return 3
        raise SetupError(f"nothing was changed: {why}") from None
    finally:
        engine.dispose()


def _wanted(desk: Any, engine: Any, options: argparse.Namespace) -> Any:
    from anchoring import offices

    if options.act in ADDRESSED:
        act = {"rotate": desk.replace, "offer": desk.offer, "accept": desk.accept}[options.act]
        return act(offices.address(options.address))
    if options.act == "propose":
        return desk.propose(options.index, sha256(options.reason.encode()).digest())
    if options.act == "open":
        return desk.open(engine)
    return {"pause": desk.pause, "withdraw": lambda: desk.offer(None), "cancel": desk.cancel}[options.act]()


def _act(desk: Any, act: Any, options: argparse.Namespace) -> int:
    if desk.is_done(act):
        print(f"already so: {act.words}")
        return 0
    if options.key_file is None:
        _prepared(desk, act)
        return 0
    receipt = desk.carry_out(act, _key(options.key_file, options.passphrase_file), wait=WAIT)
    print(f"done in block {receipt.block}: {act.words}")
    _show(desk)
    return 0


def _prepared(desk: Any, act: Any) -> None:
    gas = desk.rehearse(act)
    print(f"nothing was sent. So that {act.words}, have 0x{act.by.hex()} send:")
    print(f"chain  {desk.known.chain_id}\nto     0x{desk.known.contract.hex()}\nvalue  0")
    print(f"gas    {gas * 13 // 10}\ndata   0x{act.calldata.hex()}")


def _show(desk: Any) -> None:
    from anchoring import offices

    now, head = desk.offices(), desk.offices().head
    nobody = " (nobody: paused)" if now.anchorer == offices.NOBODYS else ""
    print(f"contract   0x{desk.known.contract.hex()} on chain {desk.known.chain_id}")
    print(f"anchorer   0x{now.anchorer.hex()}{nobody}\nguardian   0x{now.guardian.hex()}")
    print(f"offered    {f'to 0x{now.offered.hex()}' if now.offered else '-'}")
    print(f"rotations  {head.rotations}   (a policy names this number; partners need a new one after each)")
    print(f"epoch      {head.epoch}   (likewise)")
    print(f"anchored   {head.size} entries, {head.count} anchors")
    proposed = now.proposal
    if proposed is None:
        print("proposed   -")
    else:
        ends = f"anchors 0 to {proposed.index} stay; it opens at {offices.moment(proposed.opens_at)}"
        print(f"proposed   {ends}; reason 0x{proposed.reason.hex()}")


def _key(path: Path, passphrase: Path | None) -> bytes:
    """From a file with 64 hexadecimal digits, or from a keystore."""
    from service.keys.keystores import KeystoreError, opened_anchorer_key

    try:
        content = path.read_bytes()
        if passphrase is not None:
            return opened_anchorer_key(content, passphrase.read_text().rstrip("\n"))
        key = bytes.fromhex(content.decode().strip().removeprefix("0x"))
    except (OSError, KeystoreError) as closed:
        raise SetupError(f"{path}: {closed}") from None
    except ValueError:
        raise SetupError(f"{path}: expected 64 hexadecimal digits (a keystore needs --passphrase-file)") from None
    if len(key) != 32:
        raise SetupError(f"{path}: expected a key of 32 bytes, got {len(key)}")
    return key
