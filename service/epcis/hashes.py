"""The event hash id of CBV 2.0, section 8.9: `ni:///sha-256;<hex>?ver=CBV2.0`.

    prehash = "eventType=" type, then every property in a fixed order as name=value, without anything between

What the order does not name comes last, sorted: `bizTransactionList`, `sourceList` and `destinationList` too, as the
published vectors have it against the prose. Left out: recordTime, eventID, errorDeclaration, comments.

The id is not a commitment: names and values run together without a mark, so that two events can share it (`doubtful`
finds identifiers that are made for that), and it does not cover all of an event. Evidence: the vectors of the reference
implementation, in tests/service/epcis/test_hashes.py.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

from service.epcis import words
from service.epcis.contexts import prefixes_of
from service.epcis.identifiers import identifiers_of
from service.epcis.order import IGNORED, ORDER, Order
from service.epcis.translation import canonical

Node = tuple[Any, str, list[Any]]
"""Name, text, children; a member of a list of documents or owners is a pair of nodes."""

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_ELEMENTS = {"inputEPC": "epc", "outputEPC": "epc", "inputQuantity": "quantityElement",
             "outputQuantity": "quantityElement", "childQuantity": "quantityElement"}  # fmt: skip
_COMMENTS = ("rdfs:comment", "comment", "#text", "@context")


def digest(event: Mapping[str, Any], ignored: Collection[str] = (), *, xml: bool = False) -> bytes:
    """The 32 bytes of the id; `ignored` are names of extensions that the document says not to hash.

    `xml`: the event came as XML, where prefixes in values stay as they are but for `gs1:` and `cbv:`.
    """
    return sha256(prehash(event, ignored, xml=xml).encode("utf-8", "surrogatepass")).digest()


def hash_id(digest: bytes) -> str:
    return f"ni:///sha-256;{digest.hex()}?ver=CBV2.0"


def prehash(event: Mapping[str, Any], ignored: Collection[str] = (), *, xml: bool = False) -> str:
    prefixes = prefixes_of(event.get("@context"))
    names = {**prefixes, **dict.fromkeys(_COMMENTS)}
    values = {} if xml else prefixes
    children = [node for node in _nodes(event, names, values) if node[0] not in ignored]
    return f"eventType={event['type']}" + _ordered(children, ORDER) + _left(children)


def doubtful(event: Mapping[str, Any]) -> Iterator[str]:
    """Identifiers of things and classes that are no GS1 keys and hold `=`: the prehash of another event could be in
    them.
    """
    for _, value in identifiers_of(event):
        if "=" in canonical(value):
            yield value


def _nodes(value: Mapping[str, Any], names: Mapping[str, str | None], prefixes: Mapping[str, str]) -> list[Any]:
    nodes: list[Any] = []
    for name, each in value.items():
        if name in _COMMENTS:
            continue
        spelled = _name(name, names)
        if isinstance(each, list):
            nodes += _listed(name, spelled, each, names, prefixes)
        else:
            nodes.append(_node(spelled, each, names, prefixes))
    return nodes


def _listed(
    name: str, spelled: str, members: list[Any], names: Mapping[str, str | None], prefixes: Mapping[str, str]
) -> list[Any]:
    """The JSON form leaves out the element that each member of a list is in XML."""
    if name in words.LISTED:
        inner, vocabulary = words.LISTED[name]
        return [(spelled, "", [_pair(member, inner, vocabulary, names, prefixes) for member in members])]
    if name == "childEPCs":
        return [(spelled, "", [_node("epc", member, names, prefixes) for member in members])]
    if spelled.endswith("List"):
        inner = spelled[:-4]
        inner = _ELEMENTS.get(inner, inner)
        made = [_node(inner, member, names, prefixes) for member in members]
        return [(spelled, "", [("quantityElement", *node[1:]) if inner == "quantity" and node[2] else node
                               for node in made])]  # fmt: skip
    return [_node(spelled, member, names, prefixes) for member in members]


def _pair(
    member: Mapping[str, Any], inner: str, vocabulary: words.Vocabulary, names: Mapping[str, str | None],
    prefixes: Mapping[str, str],
) -> tuple[Node, ...]:  # fmt: skip
    kind = [_node("type", words.uri(vocabulary, member["type"]), names, prefixes)] if "type" in member else []
    return (*kind, _node(inner, member[inner], names, prefixes))


def _node(name: str, value: Any, names: Mapping[str, str | None], prefixes: Mapping[str, str]) -> Node:
    if isinstance(value, Mapping):
        return name, _text(value.get("#text", ""), prefixes), _nodes(value, names, prefixes)
    if isinstance(value, list):
        return name, "", [_node("", each, names, prefixes) for each in value]
    vocabulary = _VOCABULARIES.get(name)
    return name, _text(words.uri(vocabulary, value) if vocabulary else value, prefixes), []


_VOCABULARIES = {
    "bizStep": words.BIZ_STEP, "disposition": words.DISPOSITION, "set": words.DISPOSITION, "unset": words.DISPOSITION,
    "reason": words.ERROR, "component": words.COMPONENT, "exception": words.ALERT, "type": words.MEASUREMENT,
}  # fmt: skip


def _name(name: str, prefixes: Mapping[str, str | None]) -> str:
    prefix, colon, local = name.partition(":")
    namespace = prefixes.get(prefix) if colon else None
    return f"{{{namespace}}}{local}" if namespace else name


def _text(value: Any, prefixes: Mapping[str, str]) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str):
        return format(value, "f") if isinstance(value, Decimal) else str(value)
    value = words.expanded(value)
    prefix, colon, local = value.partition(":")
    return prefixes[prefix] + local if colon and prefix in prefixes else value


def _ordered(children: list[Any], order: Order) -> str:
    """The properties of `order`, taken out of `children`; what stays there is for the end of the whole."""
    own = _own_extensions(children)
    told = ""
    for name, below in order:
        found = []
        for child in [child for child in children if child[0] == name]:
            found.append(_told(child, below))
            if not child[2]:
                children.remove(child)
        told += "".join(sorted(found))
    return told + (_sorted(own) if own else "")


def _told(child: Node, below: Order | None) -> str:
    name, text, children = child
    inner = _ordered(children, below) if below else ""
    value = _value(name, text)
    return name + value + inner if value or inner else ""


def _own_extensions(children: list[Any]) -> list[Any]:
    """Extensions within a property of the standard follow it, where it holds anything else; the event's end it."""
    if len(children) <= 1 or any(isinstance(c[0], str) and ("eventTime" in c[0] or "action" in c[0]) for c in children):
        return []
    own = [child for child in children if isinstance(child[0], str) and "{" in child[0] and "/}" in child[0]]
    for child in own:
        children.remove(child)
    return own


def _left(children: list[Any]) -> str:
    return _sorted([child for child in children if child[0] not in IGNORED])


def _sorted(children: list[Any]) -> str:
    told = []
    for child in children:
        if isinstance(child[0], tuple):  # a document or an owner: its type first
            told.append("".join(name + _value(name, text) for name, text, _ in child))
        else:
            told.append(child[0] + _value(child[0], child[1]) + _sorted(child[2]))
    return "".join(sorted(told))


def _value(name: str, text: str) -> str:
    text = text.strip()
    if not text:
        return ""
    if "time" in name.lower() and "offset" not in name.lower():
        return "=" + _moment(text)
    return "=" + _canonical(text)


def _moment(text: str) -> str:
    """In UTC with three decimals, rounded half up; what is no moment stays."""
    found = _TIME.fullmatch(text)
    if found is None:
        return text
    try:
        whole = datetime.fromisoformat(text.replace(found[1] or "", "", 1) if found[1] else text).astimezone(UTC)
        milliseconds = int((Decimal(f"0{found[1] or ''}") * 1000).quantize(Decimal(1), "ROUND_HALF_UP"))
        moment = whole + timedelta(milliseconds=milliseconds)
    except (ValueError, OverflowError):
        return text
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def _canonical(text: str) -> str:
    if "urn:epcglobal:cbv:" in text:
        for old, new in _OLD_WORDS:
            text = text.replace(old, new)
    if _NUMBER.fullmatch(text):
        return _number(text)
    return canonical(text)


_OLD_WORDS = [
    (each.urn, each.stem) for each in (words.BIZ_STEP, words.DISPOSITION, words.TRANSACTION, words.OWNER, words.ERROR)
    if each.urn
]  # fmt: skip


def _number(text: str) -> str:
    """As the reference implementation prints it: a double, without a fraction that is zero."""
    value = float(text)
    return str(int(value)) if value == int(value) else str(value)
