"""An event in its canonical form, and back into the identifiers that a reader asked for."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from service.epcis import words
from service.epcis.contexts import FIXED, declared_in
from service.epcis.documents.document import Event, Spelling
from service.epcis.identifiers import EPC_LISTS, QUANTITY_LISTS
from service.epcis.translation import canonical

PLACES = ("readPoint", "bizLocation")
SINGLE = ("parentID", "transformationID")

Spell = Callable[[str, bool], str]
"""A URI, and whether it names a class, in another spelling."""


def canonical_event(event: Mapping[str, Any], declared: Mapping[str, Any]) -> tuple[Event, Spelling]:
    """The event, with what it uses of the document's declarations and of its own, and what was spelled otherwise.

    The event must be valid (`service.epcis.validation`). Raises UnknownContext.
    """
    spelled: dict[str, str] = {}

    def note(uri: str, of_class: bool) -> str:
        made = canonical(uri)
        if made != uri:
            spelled.setdefault(made, uri)
        return made

    own = dict(declared) | declared_in(event.get("@context"))
    made = with_words(respelled({name: value for name, value in event.items() if name != "@context"}, note))
    if isinstance(made.get("certificationInfo"), str):  # one or a list: XML has no difference
        made["certificationInfo"] = [made["certificationInfo"]]
    used = {name: own[name] for name in sorted(set(_names(made))) if name in own and FIXED.get(name) != own[name]}
    return ({"@context": [used]} if used else {}) | made, spelled


def without(event: Event, name: str) -> Event:
    """A canonical event without this property, and without what only that used of the context."""
    left = {each: value for each, value in event.items() if each not in (name, "@context")}
    names = set(_names(left))
    used = {each: value for part in event.get("@context", ()) for each, value in part.items() if each in names}
    return ({"@context": [used]} if used else {}) | left


def respelled(event: Mapping[str, Any], spell: Spell) -> Event:
    """A copy in which every identifier of things, places, parties and documents is spelled anew."""
    made = dict(event)
    for name in EPC_LISTS:
        if name in made:
            made[name] = [spell(epc, False) for epc in made[name]]
    for name in QUANTITY_LISTS:
        if name in made:
            made[name] = [{**each, "epcClass": spell(each["epcClass"], True)} for each in made[name]]
    for name in SINGLE:
        if name in made:
            made[name] = spell(made[name], False)
    for name in PLACES:
        if name in made:
            made[name] = {**made[name], "id": spell(made[name]["id"], False)}
    for name, (inner, _) in words.LISTED.items():
        if name in made:
            made[name] = [{**each, inner: spell(each[inner], False)} for each in made[name]]
    return made


def with_words(event: Event) -> Event:
    """CBV words bare, whatever way they were spelled; changes the event. Takes an event that was not judged yet."""
    for name, vocabulary in (("bizStep", words.BIZ_STEP), ("disposition", words.DISPOSITION)):
        if name in event:
            event[name] = words.bare(vocabulary, event[name])
    for name, (_, vocabulary) in words.LISTED.items():
        if name in event:
            event[name] = [_typed(each, vocabulary) for each in event[name]]
    if "persistentDisposition" in event:
        event["persistentDisposition"] = {
            name: [words.bare(words.DISPOSITION, each) for each in values]
            for name, values in event["persistentDisposition"].items()
        }
    if "reason" in event.get("errorDeclaration", {}):
        declared = event["errorDeclaration"]
        event["errorDeclaration"] = {**declared, "reason": words.bare(words.ERROR, declared["reason"])}
    if "sensorElementList" in event:
        event["sensorElementList"] = [_sensed(each) for each in event["sensorElementList"]]
    return event


def _typed(member: Mapping[str, Any], vocabulary: words.Vocabulary) -> dict[str, Any]:
    return {**member, "type": words.bare(vocabulary, member["type"])} if "type" in member else dict(member)


def _sensed(element: Mapping[str, Any]) -> dict[str, Any]:
    return {**element, "sensorReport": [
        {name: words.bare(words.REPORTED[name], value) if name in words.REPORTED else value
         for name, value in report.items()}
        for report in element.get("sensorReport", ())
    ]}  # fmt: skip


def _names(value: Any) -> Iterator[str]:
    """Whatever a context could speak of: names, and prefixes in names and values."""
    if isinstance(value, str):
        yield value.partition(":")[0]
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield name
            yield name.partition(":")[0]
            yield from _names(each)
    elif isinstance(value, list):
        for each in value:
            yield from _names(each)
