"""Bring in history from another system: lots, stock or past movements, from a CSV or XLSX file.

    ./lotproof import stock.csv --kind stock               (the key in LOTPROOF_API_KEY; judges, records if all is well)
    ./lotproof import stock.csv --kind stock --dry-run

Exit code 0: recorded (or, in a dry run, nothing wrong); 1: rows are wrong, each is named.
"""

import argparse
import os
from pathlib import Path
from typing import Any

from service.local.errors import SetupError


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("file", type=Path)
    parser.add_argument("--kind", required=True, choices=("lots", "stock", "movements"))
    parser.add_argument("--url", default="http://127.0.0.1:8080", help="where the service is")
    parser.add_argument("--dry-run", action="store_true", help="only judge the file")


def run(options: argparse.Namespace) -> int:
    key = os.environ.get("LOTPROOF_API_KEY")
    if not key:
        raise SetupError("LOTPROOF_API_KEY is not set: expected the API key of an integrator")
    try:
        content = options.file.read_bytes()
    except OSError as error:
        raise SetupError(f"{options.file}: {error.strerror}") from None
    service = _Service(f"{options.url}/api/v1/imports", key)
    kind = "application/octet-stream" if content[:2] == b"PK" else "text/csv"
    made = service.ask("POST", "", content, {"kind": options.kind, "name": options.file.name[:200]}, kind)
    print(f"{made['rows']} rows, {made['bad']} bad; would record {made['summary']['movements']}")
    if made["state"] != "bad" and not options.dry_run:
        made = _record(service, made)
    return service.tell_problems(made)


def _record(service: "_Service", made: dict[str, Any]) -> dict[str, Any]:
    while True:
        made = service.ask("POST", f"/{made['id']}/run")
        print(f"\r{made['done']} of {made['rows']} recorded", end="", flush=True)
        if made["state"] == "done":
            print()
            return made


class _Service:
    def __init__(self, url: str, key: str) -> None:
        self._url, self._key = url, key

    def ask(
        self, method: str, path: str, content: bytes | None = None, query: dict[str, Any] | None = None, kind: str = ""
    ) -> dict[str, Any]:
        import requests

        headers = {"Authorization": f"Bearer {self._key}"} | ({"Content-Type": kind} if kind else {})
        try:
            answer = requests.request(
                method, self._url + path, data=content, params=query, headers=headers, timeout=300
            )
        except requests.RequestException as error:
            raise SetupError(f"{self._url} does not answer: {type(error).__name__}") from None
        if answer.status_code != 200:
            raise SetupError(answer.json().get("detail", answer.text) if answer.content else str(answer.status_code))
        told: dict[str, Any] = answer.json()
        return told

    def tell_problems(self, made: dict[str, Any]) -> int:
        """Every one, page by page."""
        page, found = made, False
        while page["problems"]:
            found = True
            for each in page["problems"]:
                expected = f": expected {each['expected']}, got {each['seen']}" if each["expected"] else ""
                print(f"row {each['row']}, {each['column'] or 'row'}: {each['problem']}{expected}")
            if page["next"] is None:
                break
            page = self.ask("GET", f"/{made['id']}", query={"after": page["next"]})
        return 1 if found else 0
