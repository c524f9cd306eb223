"""Sign for your party with a key that the service never sees: ./lotproof sign new-key FILE, then … sign -- --help"""

import argparse

PASSES_ON = True


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.usage = "./lotproof sign [the signer's own arguments, see ./lotproof sign -- --help]"


def run(options: argparse.Namespace) -> int:
    from signer.cli import main

    return main([argument for argument in options.rest if argument != "--"])
