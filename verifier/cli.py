"""lotproof-verify: check what a log handed out, against your own policy and your own nodes.

    lotproof-verify FILE... --policy regulator.toml [--as epcis|receipt|fraud|fork] [--rpc URL] [--json] [--offline]
    lotproof-verify audit URL --policy regulator.toml [--token T | --token-file FILE] [--resume FILE]
                          [--statements FOLDER]
    lotproof-verify monitor URL --policy partner.toml --state FILE [--once] [--webhook URL] ...
    lotproof-verify fraud RECEIPT FILE
    lotproof-verify fork CHECKPOINT CHECKPOINT

A FILE is a lot proof (or all parts of one); what else it may be has to be said, so that nobody passes a
receipt off as a lot proof. With --each, every FILE is a case of its own and --json prints an array of
reports. Nothing is asked of any network but the nodes and sources that the policy or --rpc names.
Exit: 0 all yes, 1 any refuted, 2 any could not check, 3 valid but not final or too old, 64 wrong use.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import traceback
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from verifier import audit, epcis, fork, fraud, monitor_command, receipt
from verifier.bundle import MAX_FILE, parse_bundle
from verifier.chain import Node, Source
from verifier.command import Parser, WrongUse, nodes_of, parser_of, policy_of, printable, show, sources_of, token_of
from verifier.encoding import load_document
from verifier.errors import MAX_SHOWN, Refuted
from verifier.files import content
from verifier.given import BadFolder, statements_in
from verifier.http import PATIENCE, Deadline
from verifier.monitor_state import BadState
from verifier.note import MAX_NOTE
from verifier.policy import Policy, PolicyError
from verifier.progress import Progress
from verifier.report import ALL_YES, ANY_REFUTED, ANY_UNKNOWN, USAGE, Answer, Report, Verdict, as_json
from verifier.resume import NotResumable, Resume
from verifier.timing import moment
from verifier.verify import verify

_SIGNS = {Verdict.YES: "yes", Verdict.REFUTED: "REFUTED", Verdict.UNKNOWN: "could not check"}
_SUMMARY = {
    0: "Every check says yes.",
    1: "REFUTED: do not rely on this.",
    2: "Not everything could be checked: neither proven nor refuted.",
    3: "Valid, but not final yet or too old.",
}
_MILLISECONDS = {"anchored_at": 1000, "recorded_at": 1}  # a block counts seconds, an entry milliseconds
_KINDS = {"receipt": receipt.FORMAT, "fraud": fraud.FORMAT, "fork": fork.FORMAT}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        command = _COMMANDS.get(given[0]) if given else None
        return command(given[1:]) if command else _verify(given)
    except (WrongUse, PolicyError, NotResumable, BadState, BadFolder, OSError) as mistake:
        print(f"lotproof-verify: {mistake}", file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        print("lotproof-verify: stopped before the end", file=sys.stderr)
        return ANY_UNKNOWN
    except Exception:
        # A mistake of ours is no finding about the file; 1, Python's own code, would say *refuted*.
        traceback.print_exc()
        return ANY_UNKNOWN


def _verify(arguments: list[str]) -> int:
    parser = parser_of("lotproof-verify", __doc__)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--lot", metavar="URI", help="the lot you mean: the file must be about it")
    parser.add_argument("--as", dest="kind", choices=("lot", "epcis", *_KINDS), help="what the FILE must be")
    parser.add_argument("--each", action="store_true", help="judge every file by itself, not as parts of one lot")
    given = parser.parse_args(arguments)
    policy = policy_of(given.policy)
    limit = epcis.MAX_DOCUMENT if given.kind == "epcis" else MAX_FILE
    if given.each:
        return _show_each([_judge([content(path, limit)], policy, given) for path in given.files], given.json)
    files = [content(path, limit) for path in given.files]
    return _show(_judge(files, policy, given), given.json)


def _judge(files: list[bytes], policy: Policy, given: argparse.Namespace) -> Report:
    if given.kind == "receipt":
        return receipt.verify_receipt(_only(files), policy, given.lot)
    if given.kind == "fraud":
        return fraud.verify_fraud(_only(files), policy)
    deadline = Deadline(given.timeout or PATIENCE)
    nodes = nodes_of(policy, given, deadline)
    sources = sources_of(policy, given, deadline)
    if given.kind == "fork":
        return fork.verify_fork(_only(files), policy, nodes, sources, int(time.time()))
    now = int(time.time())
    if given.kind == "epcis":
        judge = partial(_lot_proof, policy, nodes, sources, now, given.lot)
        return epcis.verify_epcis(_only(files), judge, policy.origin)
    _hint(files[0])
    return verify(files, policy, nodes, sources, now, given.lot)


def _lot_proof(
    policy: Policy, nodes: Sequence[Node], sources: Sequence[Source], now: int, lot: str | None, file: bytes
) -> Report:
    return verify([file], policy, nodes, sources, now, lot)


def _only(files: list[bytes]) -> bytes:
    if len(files) > 1:
        raise WrongUse(f"expected one file, or --each, got {len(files)} files")
    return files[0]


def _hint(data: bytes) -> None:
    """A file of another kind is refused in its form; whoever meant it is told how to ask."""
    value = _small(data)
    for kind, known in _KINDS.items():
        if value.get("format") == known:
            print(f"this is no lot proof but a {known}: say --as {kind} to have it judged as one", file=sys.stderr)
    if b'"EPCISDocument"' in data[:4096]:
        print("this is no lot proof but an EPCIS document: say --as epcis to have it judged as one", file=sys.stderr)
    if "format" not in value and isinstance(value.get("detail"), str):
        said = printable(value["detail"][:MAX_SHOWN])
        show(f"this is no lot proof but a service's answer that it gave none: {said}", sys.stderr)


def _small(data: bytes) -> dict[str, Any]:
    """The members of a small file; a lot proof is not parsed twice for the sake of a hint."""
    if len(data) > fraud.MAX_FRAUD:
        return {}
    try:
        value = load_document(data, fraud.MAX_FRAUD)
    except Refuted:
        return {}
    return value if isinstance(value, dict) else {}


def _audit(arguments: list[str]) -> int:
    parser = parser_of("lotproof-verify audit", __doc__)
    parser.add_argument("url", metavar="URL", help="where the log publishes /checkpoint and /tile/")
    parser.add_argument("--token", help="key for the entry bundles, which only auditors may read")
    parser.add_argument("--token-file", type=Path, help="a file with that key: no other user of this machine sees it")
    parser.add_argument("--statements", type=Path, metavar="FOLDER", help="lot proofs and SD-JWTs you hold: judge them")
    parser.add_argument("--resume", type=Path, metavar="FILE", help="keep here how far it is, and go on from there")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1), help="processes for the lot map")
    given = parser.parse_args(arguments)
    policy = policy_of(given.policy)
    statements = None if given.statements is None else statements_in(given.statements)
    deadline = Deadline(given.timeout or audit.PATIENCE)
    log = audit.HttpLog(given.url, deadline, given.token or token_of(given.token_file))
    progress = Progress(sys.stderr)
    work = audit.Work(given.jobs, _resume(given, policy), progress)
    try:
        report = audit.audit(log, policy, nodes_of(policy, given, deadline), int(time.time()), work, statements)
    finally:
        progress.end()
    return _show(report, given.json)


def _resume(given: argparse.Namespace, policy: Policy) -> Resume | None:
    if given.resume is None:
        return None
    if not given.resume.parent.is_dir():
        raise WrongUse(f"no folder {given.resume.parent} to keep the state in")
    return Resume(given.resume, sha256(repr((given.url, policy)).encode()).hexdigest())


def _fraud(arguments: list[str]) -> int:
    parser = Parser(prog="lotproof-verify fraud")
    parser.add_argument("receipt", type=Path, help="what the log promised")
    parser.add_argument("file", type=Path, help="a later lot proof of the same lot that denies it")
    given = parser.parse_args(arguments)
    try:
        promised = load_document(content(given.receipt, receipt.MAX_RECEIPT), receipt.MAX_RECEIPT)
        made = fraud.fraud_of(promised, parse_bundle(content(given.file, MAX_FILE)))
    except Refuted as honest:
        print(f"no fraud: {honest}", file=sys.stderr)
        return ANY_REFUTED
    print(json.dumps(made))
    print("who signed this was not checked: judge it with --as fraud and a --policy", file=sys.stderr)
    return ALL_YES


def _fork(arguments: list[str]) -> int:
    parser = Parser(prog="lotproof-verify fork")
    parser.add_argument("checkpoints", nargs=2, type=Path, metavar="CHECKPOINT", help="as the log signed it")
    given = parser.parse_args(arguments)
    try:
        notes = [content(path, MAX_NOTE).decode("utf-8", "replace") for path in given.checkpoints]
        made = fork.fork_of(notes)
    except Refuted as honest:
        print(f"no fork of one size: {honest}", file=sys.stderr)
        return ANY_REFUTED
    print(json.dumps(made))
    print("who signed this was not checked: judge it with --as fork and a --policy", file=sys.stderr)
    return ALL_YES


_COMMANDS = {"audit": _audit, "monitor": monitor_command.run, "fraud": _fraud, "fork": _fork}


def _show(report: Report, as_data: bool) -> int:
    if as_data:
        print(json.dumps(as_json(report), indent=1))
    else:
        show("\n".join(_lines(report)))
    return report.exit_code


def _show_each(reports: list[Report], as_data: bool) -> int:
    """The reports in the order of the files; the exit code is that of the worst, 1 before 2 before 3."""
    if as_data:
        print(json.dumps([as_json(report) for report in reports], indent=1))
    else:
        show("\n\n".join("\n".join(_lines(report)) for report in reports))
    return min((report.exit_code for report in reports if report.exit_code), default=0)


def _lines(report: Report) -> list[str]:
    lines = [printable(report.subject), ""]
    for answer in report.answers:
        lines.extend(_answer_lines(answer))
    lines += ["", *(line for name, value in report.facts.items() for line in _fact_lines(name, value)), ""]
    lines += [f"  {caveat}" for caveat in report.caveats]
    return [*lines, "", _SUMMARY[report.exit_code]]


def _answer_lines(answer: Answer) -> list[str]:
    lines = [f"  {answer.check} {answer.title:<18} {_SIGNS[answer.verdict]}"]
    reasons = [str(reason) for reason in (*answer.refuted, *answer.unknown)] + list(answer.remarks)
    return lines + [f"      {printable(reason)}" for reason in reasons]


def _fact_lines(name: str, value: Any) -> list[str]:
    if name == "not_agreed":
        return [f"  {name}:", *(f"    {printable(line)}" for line in value)]
    return [f"  {name}: {printable(_value(name, value))}"]


def _value(name: str, value: Any) -> str:
    if name in _MILLISECONDS:
        return moment(value * _MILLISECONDS[name])
    if name == "statements":
        return _counted(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{number} {what}" for what, number in value.items() if number)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _counted(rows: Sequence[Mapping[str, Any]]) -> str:
    """How many statements got which answer; each by itself stands in the JSON."""
    answers = Counter(row["answer"] for row in rows)
    return ", ".join([f"{len(rows)} given", *(f"{answers[verdict.value]} {verdict.value}" for verdict in Verdict)])


if __name__ == "__main__":
    sys.exit(main())
