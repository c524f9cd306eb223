"""Runs the campaigns named, or all of them, and prints their figures. Exit code 1 at the first contradiction."""

import argparse
import importlib
import secrets
import sys

from bench.rows import report
from tests.campaigns.campaign import Contradiction, Plan

CAMPAIGNS = {
    "alarms": "everything that an alarm is for happens once; how long until it stands where people look",
    "browser": "the same hostile files for the browser's verifier and for ours; they never contradict each other",
    "chain": "lives of the anchorer among faults, reorgs, lies and kills; it converges and never forks",
    "contract": "the contract against everybody: fuzzed, tried out for all small sizes, proved from any state",
    "coverage": "every branch of the verifier, and of the trees that the maker builds, is run by their tests",
    "crash": "parts of the running product are killed under load; nothing acknowledged is lost, nothing forks",
    "hostile": "proof files bent in every way; the verifier never raises, never says yes to a lie",
    "mutants": "the verifier changed in one small place at a time; a test fails, or it is said why none does",
    "restore": "backups of many moments; refused exactly where they are too old, brought back, audited",
    "roles": "requests generated from the document, by every role: no fault, and nothing of another party",
    "screens": "every page in both languages and three widths: rules of layout, axe-core, and kept pictures",
    "tamper": "an administrator changes everything that is stored; the audit finds it and names it",
}


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="./lotproof campaign", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(CAMPAIGNS)}; all if none is named")
    parser.add_argument("--seed", type=int, help="the same seed, the same cases; drawn if not given")
    parser.add_argument("--scale", type=float, default=1.0, help="0.1 is a tenth of the cases; 1 if not given")
    parser.add_argument("--minutes", type=float, help="end chain, contract, mutants after so long, whatever the scale")
    parser.add_argument("--of", metavar="MODULE", help="of `mutants` those of verifier/MODULE.py alone")
    parser.add_argument("--renew", action="store_true", help="of `screens`: write the kept pictures anew")
    options = parser.parse_args(argv)
    if unknown := [name for name in options.names if name not in CAMPAIGNS]:
        parser.error(f"unknown campaign {unknown[0]!r}: expected one of {', '.join(CAMPAIGNS)}")
    if not 0 < options.scale <= 1000:
        parser.error(f"--scale: expected more than 0 and at most 1000, got {options.scale}")
    seed = secrets.randbits(32) if options.seed is None else options.seed
    plan = Plan(seed, options.scale, options.minutes, options.of, options.renew)
    return max(_run(name, plan) for name in options.names or CAMPAIGNS)


def _run(name: str, plan: Plan) -> int:
    print(f"\n{name}: {CAMPAIGNS[name]} (seed {plan.seed})", flush=True)
    try:
        for line in report(importlib.import_module(f"tests.campaigns.{name}").campaign(plan)):
            print(line, flush=True)
    except Contradiction as found:
        again = f"./lotproof campaign {name} --seed {plan.seed} --scale {plan.scale:g}"
        print(f"  CONTRADICTION  {found}\n  see it again: {again}", flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
