"""JSON-LD contexts of EPCIS documents: which may be named, and the prefixes that they declare.

No context is ever fetched: a URL in a partner's document is not a reason for our server to open a connection. The
standard's own context is known by name; prefixes are declared in the document, as the standard asks.
"""

from collections.abc import Iterator, Mapping
from typing import Any

STANDARD = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
KNOWN = (
    STANDARD,
    "https://ref.gs1.org/standards/epcis/epcis-context.jsonld",
    "https://gs1.github.io/EPCIS/epcis-context.jsonld",
    "https://id.gs1.org/epcis-context.jsonld",
)
"""The standard's context, by the addresses under which it was published."""

FIXED: Mapping[str, str] = {
    "epcis": "https://ref.gs1.org/epcis/",
    "cbv": "https://ref.gs1.org/cbv/",
    "gs1": "https://gs1.org/voc/",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "dcterms": "http://purl.org/dc/terms/",
}
"""Prefixes of the standard's context: in every document, declared or not."""


class UnknownContext(ValueError):
    """A context that is not on the list, or a declaration that is more than a prefix."""

    def __init__(self, seen: str) -> None:
        super().__init__(f"expected the EPCIS 2.0 context or a prefix with its namespace, got {seen}")
        self.seen = seen


def prefixes_of(context: Any) -> dict[str, str]:
    """The prefixes that are declared, later declarations last. Raises UnknownContext."""
    return {name: value for name, value in declared_in(context).items() if isinstance(value, str)}


def declared_in(context: Any) -> dict[str, Any]:
    """The prefixes, and of which type the values of single names are (`{"x:made": {"@type": "xsd:date"}}`)."""
    return dict(_declared(context))


def _declared(context: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(context, list):
        for each in context:
            yield from _declared(each)
    elif isinstance(context, str):
        if context not in KNOWN:
            raise UnknownContext(context)
    elif isinstance(context, Mapping):
        for name, value in context.items():
            yield from _declaration(name, value)
    elif context is not None:
        raise UnknownContext(type(context).__name__)


def _declaration(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        plain = all(key in ("@id", "@type", "@container") and isinstance(each, str) for key, each in value.items())
        if not plain or ":" not in name:
            raise UnknownContext(f"{name} in @context")
        yield name, dict(value)
    elif not isinstance(value, str) or ":" not in value or (name.startswith("@") and name != "@vocab"):
        raise UnknownContext(f"{name} in @context")
    elif name != "@vocab":
        yield name, value
