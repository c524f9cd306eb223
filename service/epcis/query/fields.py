"""Where a parameter looks: SQL/JSON paths into the body of an event, in the terms of the JSON binding."""

import json

QUANTITY_LISTS = ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList")
_ELEMENT = "$.sensorElementList[*]"
METADATA, REPORT = f"{_ELEMENT}.sensorMetadata", f"{_ELEMENT}.sensorReport[*]"

# where extensions of a kind stand, and where what is nested in them does
PLACES: dict[str, tuple[str, str]] = {
    "": ("$", '$.keyvalue() ? (@.key like_regex ":").value.**'),
    "ILMD_": ("$.ilmd", "$.ilmd.*.**"),
    "ERROR_DECLARATION_": ("$.errorDeclaration", "$.errorDeclaration.*.**"),
    "SENSORELEMENT_": (_ELEMENT, f"{_ELEMENT}.*.**"),
    "SENSORMETADATA_": (METADATA, f"{METADATA}.*.**"),
    "SENSORREPORT_": (REPORT, f"{REPORT}.*.**"),
    "readPoint_": ("$.readPoint", "$.readPoint.*.**"),
    "bizLocation_": ("$.bizLocation", "$.bizLocation.*.**"),
}


def key(name: str) -> str:
    """A member's name as it stands in a path."""
    return json.dumps(name, ensure_ascii=False)


def quantities(uom: str | None) -> tuple[str, ...]:
    chosen = f" ? (@.uom == {key(uom)})" if uom else ""
    return tuple(f"$.{each}[*]{chosen}.quantity" for each in QUANTITY_LISTS)


def measured(name: str, uom: str | None) -> tuple[str, ...]:
    chosen = f" ? (@.uom == {key(uom)})" if uom else ""
    return (f"{REPORT}{chosen}.{name}",)


def both(name: str) -> tuple[str, ...]:
    """What stands in the metadata of a sensor element, or in each of its reports."""
    return f"{METADATA}.{name}", f"{REPORT}.{name}"


def transactions(type: str) -> tuple[str, ...]:
    return (f"$.bizTransactionList[*] ? (@.type == {key(type)}).bizTransaction",)


def ends(end: str, type: str) -> tuple[str, ...]:
    """`end`: source or destination."""
    return (f"$.{end}List[*] ? (@.type == {key(type)}).{end}",)
