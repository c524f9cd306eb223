"""An EPCIS document that carries its lot proof: both are judged, and that they say the same (`--as epcis`).

    {"type": "EPCISDocument", "epcisHeader": {"lotproof:lotProof": base64 of the lot proof},
     "epcisBody": {"eventList": [...]}}

The proof is judged as any other. Then each event is held against the statement whose movement its
`eventID` names (check 4): every property must be one that the statement discloses, with the same
value. An event may say less than was signed, never more and never otherwise. The file is JSON; what
it says beside header and events is not looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from verifier.bundle import MAX_FILE, Bundle, parse_bundle
from verifier.disclosure import Disclosed, disclose
from verifier.encoding import array, load_json, string, unb64
from verifier.errors import Refuted, Unavailable
from verifier.report import Answer, Findings, Report, Verdict
from verifier.statement import read

PROOF = "lotproof:lotProof"
MAX_DOCUMENT = 3 * MAX_FILE  # the proof grows by a third in base64, and the events say it once more
MAX_EVENTS = 4096
_UNSIGNED = frozenset({"@context", "recordTime", "lotproof:proof"})
"""What a repository adds when it shows an event."""

Judge = Callable[[bytes], Report]
"""The report on a lot proof file."""


@dataclass(frozen=True, slots=True)
class Exchanged:
    """What an EPCIS document brought along."""

    proof: bytes
    events: Sequence[Mapping[str, Any]]


def verify_epcis(data: bytes, judge: Judge, origin: str) -> Report:
    """The report on the proof inside, with what the events say beside it; raises nothing."""
    form = Findings(1)
    exchanged = form.attempt(read_document, data)
    if exchanged is None:
        report = judge(b"")
        return replace(report, answers=(form.answer(), *report.answers[1:]))
    report = judge(exchanged.proof)
    if report.answer(3).verdict is Verdict.REFUTED or report.answer(1).verdict is not Verdict.YES:
        return report
    said = Findings(4)
    said.attempt(_compare, exchanged.events, parse_bundle(exchanged.proof), origin, said)
    return replace(report, answers=tuple(_joined(each, said) if each.check == 4 else each for each in report.answers))


def read_document(data: bytes) -> Exchanged:
    """Proof and events; raises Refuted."""
    if len(data) > MAX_DOCUMENT:
        raise Refuted("file", f"at most {MAX_DOCUMENT} bytes", len(data))
    said = load_json(data)
    if not isinstance(said, dict) or said.get("type") != "EPCISDocument":
        raise Refuted("file", "an EPCISDocument in JSON", type(said).__name__)
    header, body = said.get("epcisHeader"), said.get("epcisBody")
    if not isinstance(header, dict) or not isinstance(body, dict) or PROOF not in header:
        raise Refuted("EPCIS document", f"a header with {PROOF} and a body", "none")
    proof = unb64(string(header[PROOF], PROOF, 2 * MAX_FILE))
    events = array(body.get("eventList"), "eventList", MAX_EVENTS)
    if not all(isinstance(event, dict) for event in events):
        raise Refuted("eventList", "objects", "other values")
    return Exchanged(proof, events)


def _compare(events: Sequence[Mapping[str, Any]], bundle: Bundle, origin: str, found: Findings) -> None:
    signed = _disclosed(bundle, origin)
    for event in events:
        found.attempt(_check_event, event, signed)
    if not found.refuted and not found.unknown:
        found.remarks.append(f"{len(events)} events say what was signed")


def _disclosed(bundle: Bundle, origin: str) -> dict[str, Disclosed]:
    """What each statement of the proof that is shown discloses, by the id of its event."""
    signed = {}
    for item in bundle.history:
        if item.statement is not None:
            statement = read(item.statement.jwt, item.entry.kind, origin)
            signed[f"urn:uuid:{statement.id}"] = disclose(statement, item.statement.disclosures, bundle.lot)
    return signed


def _check_event(event: Mapping[str, Any], signed: Mapping[str, Disclosed]) -> None:
    name = event.get("eventID")
    disclosed = signed.get(name) if isinstance(name, str) else None
    if disclosed is None:
        raise Unavailable(f"event {ascii(name)[:80]}", "no statement that the proof shows is its")
    for property_, value in event.items():
        if property_ not in _UNSIGNED:
            _check_property(f"{property_} of event {name}", property_, value, disclosed)


def _check_property(what: str, name: str, value: Any, disclosed: Disclosed) -> None:
    if name in disclosed.properties:
        if disclosed.properties[name] != value:
            raise Refuted(what, ascii(disclosed.properties[name])[:120], ascii(value)[:120])
    elif name in disclosed.lists:
        _check_list(what, value, disclosed.lists[name].shown, disclosed.lists[name].whole)
    elif disclosed.hidden:
        raise Unavailable(what, "the proof does not show whether it was signed")
    else:
        raise Refuted(what, "nothing: it was not signed", ascii(value)[:120])


def _check_list(what: str, value: Any, shown: Sequence[Any], whole: bool) -> None:
    """Each member of the event's list is one that was signed."""
    if not isinstance(value, list):
        raise Refuted(what, "a list", type(value).__name__)
    for member in value:
        if member not in shown:
            if not whole:
                raise Unavailable(what, "the proof does not show all of its members")
            raise Refuted(what, "a member that was signed", ascii(member)[:120])


def _joined(answer: Answer, said: Findings) -> Answer:
    """The answer of check 4, and what the events add to it."""
    verdicts = (answer.verdict, said.verdict)
    worst = next(each for each in (Verdict.REFUTED, Verdict.UNKNOWN, Verdict.YES) if each in verdicts)
    return replace(
        answer,
        verdict=worst,
        refuted=(*answer.refuted, *said.refuted),
        unknown=(*answer.unknown, *said.unknown),
        remarks=(*answer.remarks, *said.remarks),
    )
