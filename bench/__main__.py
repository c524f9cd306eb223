"""Runs the parts named, or all of them, and prints their rows as they are found."""

import argparse
import importlib
import os
import platform
import sys

from bench.rows import QUICK, Scale, report

PARTS = {
    "roots": "roots of the tree beside pymerkle",
    "log": "sequencing, proofs, lot map and memory up to a million lots",
    "lot": "verifying a lot of 1,000 movements",
    "audit": "a whole log audited over HTTP, up to a million lots: seconds and memory",
    "gas": "gas of an anchor beside two plainer contracts",
    "allocation": "allocation over 10,000 lots of an item beside plain SQL",
    "stock": "movements through the ledger beside plain SQL with the same double entry",
    "signing": "a statement made and read beside Ed25519 alone",
    "watched": "movements with row-level security and permissions beside the same without",
    "http": "movements through HTTP beside raw PostgreSQL",
    "neighbours": "what a party waits while another floods the service, beside what it waits alone",
    "trace": "a full trace at 100,000 movements beside a query a lot",
    "records": "the FSMA 204 sheet of 100,000 events beside the same rows by openpyxl",
    "sensors": "readings exactly once beside one plain INSERT for each parcel; sealing, judging, a lot's health",
    "epcis": "EPCIS documents of 500 events captured beside raw inserts of the same JSON",
    "epcis_query": "EPCIS queries at 1,000,000 events beside plain SQL on the same JSON",
    "streams": "1,000 open streams of EPCIS events in one process: memory, and how soon each is told",
    "asof": "stock as of a past time at 1,000,000 movements",
    "console": "the first pages of the console at 1,000,000 movements beside plain SQL of the same figures",
}


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="./lotproof bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"one of {', '.join(PARTS)}; all if none is named")
    parser.add_argument("--quick", action="store_true", help="a tenth of the entries, shorter loads")
    options = parser.parse_args(argv)
    if unknown := [part for part in options.parts if part not in PARTS]:
        parser.error(f"unknown part {unknown[0]!r}: expected one of {', '.join(PARTS)}")
    print(f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    for part in options.parts or PARTS:
        print(f"\n{part}: {PARTS[part]}", flush=True)
        for line in report(importlib.import_module(f"bench.{part}").measure(QUICK if options.quick else Scale())):
            print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
