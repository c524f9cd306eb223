"""EPCIS 2.0 XML to the JSON form, before anything is judged.

Read by an expander that knows no entities, no DTD and no network (defusedxml); depth and size are limited. Wrappers of
EPCIS 1.2 (`extension`, `baseExtension`) are opened. An extension is its text, or an object of its children and
attributes, with `#text` beside attributes; what occurs twice is a list. Its text is a number or a truth value where
`xsi:type` says so, which XML Schema allows on any element.
"""

import io
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from service.epcis.contexts import FIXED, STANDARD
from service.epcis.documents.canonical import with_words
from service.epcis.documents.document import Unreadable
from service.epcis.documents.json_bytes import DEEPEST
from service.epcis.documents.xml_names import INSTANCE, SCHEMA
from service.epcis.identifiers import EPC_LISTS, QUANTITY_LISTS
from service.epcis.words import LISTED

EPCIS, QUERY = "urn:epcglobal:epcis:xsd:2", "urn:epcglobal:epcis-query:xsd:2"
_OURS = {EPCIS, QUERY, "urn:epcglobal:epcis:xsd:1", "urn:epcglobal:epcis-query:xsd:1"}
_QUIET = (INSTANCE, SCHEMA, *_OURS)
_TYPED = {**dict.fromkeys(("decimal", "integer", "int", "long", "double", "float"), "number"), "boolean": "boolean"}
_WRAPPERS = ("extension", "baseExtension")
NUMBERS = ("quantity", "value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue")
_DECIMAL = re.compile(r"[+-]?([0-9]{1,38}(\.[0-9]{0,38})?|\.[0-9]{1,38})([eE][+-]?[0-9]{1,2})?")
_TRUTH: dict[str, Any] = {"true": True, "1": True, "false": False, "0": False}
_PREFIX = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")


def document_of_xml(body: bytes) -> tuple[dict[str, Any], dict[str, str]]:
    """The document in its JSON form, and the prefixes that it declares. Raises Unreadable."""
    root, names = _parsed(body)
    reader = _Reader(names)
    return reader.document(root), names.prefixes


class _Names:
    """One prefix for each namespace, whatever the document calls it where."""

    def __init__(self) -> None:
        self.prefixes: dict[str, str] = {}
        self.of_schema: set[str] = set()
        self._of: dict[str, str] = {}

    def declare(self, prefix: str, namespace: str) -> None:
        if namespace == SCHEMA:
            self.of_schema.add(prefix)
        if namespace in _QUIET or namespace in self._of:
            return
        if ":" not in namespace:
            raise Unreadable(f"expected the URI of a namespace, got {namespace[:60]!r}")
        taken = {**FIXED, **self.prefixes}
        if not _PREFIX.fullmatch(prefix) or taken.get(prefix, namespace) != namespace:
            prefix = next(f"ns{n}" for n in range(1, 10_000) if f"ns{n}" not in taken)
        self.prefixes[prefix] = namespace
        self._of[namespace] = prefix

    def name(self, tag: str) -> str:
        if not tag.startswith("{"):
            return tag
        namespace, _, local = tag[1:].partition("}")
        return f"{self._of[namespace]}:{local}" if namespace in self._of else local


def _parsed(body: bytes) -> tuple[Element, _Names]:
    names, root, depth = _Names(), None, 0
    try:
        events = ("start-ns", "start", "end")
        for kind, what in ElementTree.iterparse(io.BytesIO(body), events, forbid_dtd=True):
            if kind == "start-ns":
                names.declare(*what)
            elif kind == "start":
                root, depth = what if root is None else root, depth + 1
                if depth > DEEPEST:
                    raise Unreadable(f"expected at most {DEEPEST} levels of nesting, got more")
            else:
                depth -= 1
    except DefusedXmlException:
        raise Unreadable("expected XML without DTD and entities") from None
    except (ParseError, ValueError, LookupError) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(f"expected XML, got {str(error)[:100]}") from None
    if root is None:
        raise Unreadable("expected XML, got nothing")
    return root, names


class _Reader:
    def __init__(self, names: _Names) -> None:
        self._names = names

    def document(self, root: Element) -> dict[str, Any]:
        kind = _local(root.tag)
        said: dict[str, Any] = {"@context": [STANDARD, self._names.prefixes], "type": kind}
        said |= {self._names.name(name): value for name, value in root.items() if not name.startswith("{")}
        body = next((each for each in root if _local(each.tag) == "EPCISBody"), root)
        for child in root:
            if _local(child.tag) == "EPCISHeader":
                said |= self._header(child)
            elif ":" in self._names.name(child.tag):
                name = self._names.name(child.tag)
                said[name] = [self._names.name(e.tag) for e in child] if name.endswith(":ignoreFields") else (
                    self._extension(child))  # fmt: skip
        events = [self._event(each) for each in _list_of_events(body)]
        results = {**_query(body), **_moved(said), "resultsBody": {"eventList": events}}
        said["epcisBody"] = {"queryResults": results} if kind == "EPCISQueryDocument" else {"eventList": events}
        return said

    def _header(self, header: Element) -> dict[str, Any]:
        said: dict[str, Any] = {}
        for child in _opened(header):
            name = self._names.name(child.tag)
            if _local(child.tag) == "EPCISMasterData":
                said["epcisMasterData"] = {"vocabularyList": [_vocabulary(each) for each in child.iter("Vocabulary")]}
            elif ":" in name:
                said[name] = self._extension(child)
        return {"epcisHeader": said} if said else {}

    def _event(self, element: Element) -> dict[str, Any]:
        event: dict[str, Any] = {"type": self._names.name(element.tag)}
        for child in _opened(element):
            name = self._names.name(child.tag)
            _add(event, name, self._property(name, child), lists=name == "certificationInfo")
        _drop_empty(event)
        return with_words(event)

    def _property(self, name: str, element: Element) -> Any:
        if name in EPC_LISTS:
            return [_text(each) for each in element]
        if name in QUANTITY_LISTS:
            return [{self._names.name(e.tag): _simple(_local(e.tag), _text(e)) for e in each} for each in element]
        if name in LISTED:
            inner = LISTED[name][0]
            return [{**dict(each.items()), inner: _text(each)} for each in element]
        if name == "persistentDisposition":
            return _grouped((_local(each.tag), _text(each)) for each in element)
        if name == "sensorElementList":
            return [self._sensed(each) for each in element]
        if name == "errorDeclaration":
            return self._declared(element)
        if name in ("readPoint", "bizLocation", "ilmd"):
            return self._children(element)
        return self._extension(element) if ":" in name else _text(element)

    def _sensed(self, element: Element) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for child in _opened(element):
            name = self._names.name(child.tag)
            if name == "sensorReport":
                made.setdefault(name, []).append(self._report(child))
            else:
                told = self._report(child) if name == "sensorMetadata" else self._extension(child)
                _add(made, name, told, lists=True)
        return made

    def _report(self, element: Element) -> dict[str, Any]:
        return {self._names.name(name): _simple(self._names.name(name), value) for name, value in element.items()}

    def _declared(self, element: Element) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for child in _opened(element):
            name = self._names.name(child.tag)
            if name == "correctiveEventIDs":
                made[name] = [_text(each) for each in child]
            else:
                made[name] = self._extension(child) if ":" in name else _text(child)
        return made

    def _children(self, element: Element) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for child in _opened(element):
            _add(made, self._names.name(child.tag), self._extension(child), lists=True)
        return made

    def _extension(self, element: Element) -> Any:
        attributes = {self._names.name(name): value for name, value in element.items() if _told(name)}
        children = self._children(element)
        text = _text(element)
        if not attributes and not children:
            return self._valued(text, element.get(f"{{{INSTANCE}}}type", ""))
        return {**attributes, **children, **({"#text": text} if text else {})}


    def _valued(self, text: str, kind: str) -> Any:
        """Text that is not spelled like its type stays text."""
        prefix, _, local = kind.strip().rpartition(":")
        known = _TYPED.get(local) if prefix in self._names.of_schema else None
        if known == "boolean":
            return _TRUTH.get(text, text)
        return Decimal(text) if known == "number" and _DECIMAL.fullmatch(text) else text


def _drop_empty(event: dict[str, Any]) -> None:
    """XML must have an empty list where JSON has none; an event that is of no thing at all keeps it."""
    if event.get("childEPCs") == []:
        del event["childEPCs"]
    sensed = event["type"] == "ObjectEvent" and event.get("sensorElementList") and "readPoint" in event
    of_something = event.get("quantityList") or sensed
    if event.get("epcList") == [] and of_something:
        del event["epcList"]


def _told(name: str) -> bool:
    return not name.startswith(f"{{{INSTANCE}}}")


def _add(into: dict[str, Any], name: str, value: Any, *, lists: bool) -> None:
    if name not in into:
        into[name] = value
    elif not lists and ":" not in name:
        raise Unreadable(f"expected {name} once, got it twice")
    elif isinstance(into[name], list):
        into[name].append(value)
    else:
        into[name] = [into[name], value]


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    made: dict[str, list[str]] = {}
    for name, value in pairs:
        made.setdefault(name, []).append(value)
    return made


def _opened(element: Element) -> Iterator[Element]:
    for child in element:
        if child.tag in _WRAPPERS:
            yield from _opened(child)
        else:
            yield child


def _list_of_events(body: Element) -> Iterator[Element]:
    for listed in body.iter("EventList"):
        yield from _opened(listed)


def _moved(said: dict[str, Any]) -> dict[str, Any]:
    """Where the JSON form has them."""
    return {name: said[name] for name in said if name.endswith(":ignoreFields")}


def _query(body: Element) -> dict[str, str]:
    names = ("queryName", "subscriptionID")
    return {name: _text(found) for name in names if (found := next(body.iter(name), None)) is not None}


def _vocabulary(element: Element) -> dict[str, Any]:
    return {"type": element.get("type", ""), "vocabularyElementList": [
        {"id": each.get("id", ""),
         "attributes": [{"id": a.get("id", ""), "attribute": _text(a)} for a in each.findall("attribute")],
         "children": [_text(child) for child in each.findall("children/id")]}
        for each in element.iter("VocabularyElement")
    ]}  # fmt: skip


def _simple(name: str, text: str) -> Any:
    """A typed value of the standard; one that is not spelled like its type stays text and fails the schema."""
    if name in NUMBERS and _DECIMAL.fullmatch(text):
        try:
            return Decimal(text)
        except InvalidOperation:
            return text
    if name == "booleanValue":
        return _TRUTH.get(text, text)
    return text


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _text(element: Element) -> str:
    return (element.text or "").strip()
