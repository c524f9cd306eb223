"""Names of JSON-LD as XML names: every namespace has one prefix, declared at the root, and every name is well formed.

    ex:field            ex: as its context declares it
    other:field         a prefix that nobody declared is a scheme: namespace `other:`
    https://x/ns#field  namespace `https://x/ns#`
    a b                 `a_x0020_b` (ISO/IEC 9075-14): nothing a name of JSON may hold is lost
"""

import re
from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element

from service.epcis.contexts import FIXED

_START, _REST = "A-Z_a-z\u00c0-\u02ff\u0370-\u1fff\u3001-\ud7ff", "\\-.0-9\u00b7"
_NAME = re.compile(f"[{_START}][{_START}{_REST}]*")
_BAD = re.compile(f"[^{_START}{_REST}]")
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
INSTANCE, SCHEMA = "http://www.w3.org/2001/XMLSchema-instance", "http://www.w3.org/2001/XMLSchema"
_RESERVED = ("epcis", "epcisq", "xsi", "xsd")


def legal(text: str) -> str:
    """The text with whatever XML cannot hold replaced."""
    return _ILLEGAL.sub("\ufffd", text)


class Names:
    """The names of one document; `enter` says what the prefixes mean from here on."""

    def __init__(self, root: Element) -> None:
        self._root = root
        self._of: dict[str, str] = {}
        self._meaning: dict[str, str] = {}

    def enter(self, declared: Mapping[str, Any]) -> None:
        self._meaning = {**FIXED, **{name: each for name, each in declared.items() if isinstance(each, str)}}
        for prefix, namespace in declared.items():
            if isinstance(namespace, str):
                self._prefix(namespace, prefix)

    def of(self, name: str) -> str:
        """A well-formed name with a declared prefix; a name without a colon has none."""
        prefix, colon, local = name.partition(":")
        if not colon:
            return _well_formed(name)
        if prefix in self._meaning:
            return f"{self._prefix(self._meaning[prefix], prefix)}:{_well_formed(local)}"
        if local.startswith("//"):
            end = max(name.rfind("/"), name.rfind("#")) + 1
            return f"{self._prefix(name[:end], 'ns')}:{_well_formed(name[end:])}"
        return f"{self._prefix(prefix + ':', prefix)}:{_well_formed(local)}"

    def typed(self, element: Element, kind: str) -> None:
        """Say of which type of XML Schema the element's text is."""
        self._root.set("xmlns:xsi", INSTANCE)
        self._root.set("xmlns:xsd", SCHEMA)
        element.set("xsi:type", f"xsd:{kind}")

    def _prefix(self, namespace: str, wanted: str) -> str:
        if namespace not in self._of:
            taken = {*self._of.values(), *_RESERVED}
            good = _NAME.fullmatch(wanted) and not wanted.lower().startswith("xml") and wanted not in taken
            made = wanted if good else next(f"ns{n}" for n in range(1, 100_000) if f"ns{n}" not in taken)
            self._of[namespace] = made
            self._root.set(f"xmlns:{made}", legal(namespace))
        return self._of[namespace]


def _well_formed(local: str) -> str:
    made = _BAD.sub(lambda found: f"_x{ord(found[0]):04X}_", local)
    return made if _NAME.fullmatch(made) else f"_{made}"
