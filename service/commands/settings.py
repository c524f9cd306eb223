"""List the environment variables and what they mean."""

import argparse
import textwrap

from service import settings
from service.local import embedded
from service.variables import VARIABLES


def arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(_: argparse.Namespace) -> None:
    for variable in VARIABLES:
        _tell(settings.named(variable), f"{variable.meaning}. Expects {variable.kind.expects}")
    print("\nOf the embedded stack only:\n")
    for name, meaning in embedded.VARIABLES:
        _tell(name, meaning)


def _tell(name: str, text: str) -> None:
    print(name)
    print(textwrap.fill(text, 100, initial_indent="    ", subsequent_indent="    "))
