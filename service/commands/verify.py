"""Check a proof file with the standalone verifier: ./lotproof verify FILE --policy POLICY.toml"""

import argparse

PASSES_ON = True


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.usage = "./lotproof verify [the verifier's own arguments, see ./lotproof verify -- --help]"


def run(options: argparse.Namespace) -> int:
    from verifier.cli import main

    return main([argument for argument in options.rest if argument != "--"])
