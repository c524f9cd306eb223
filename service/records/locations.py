"""A location as a record describes it: business name, phone, street, city, region, postal code, country; never one
cell, so that a sheet can be sorted by each (21 CFR 1.1310, "location description").
"""

from collections.abc import Collection, Mapping
from typing import Any

from service.papers.words import Words
from service.records.cards import Card
from service.records.record import Field, Fix, Needed, field

PARTS: Mapping[str, Words] = {
    "name": Words("name", "名称"), "phone": Words("phone", "电话"), "street": Words("street", "地址"),
    "city": Words("city", "城市"), "region": Words("state or region", "省、州"),
    "postal_code": Words("postal code", "邮编"), "country": Words("country", "国家"),
}  # fmt: skip
_WIDTHS = {"name": 18, "street": 18, "country": 5}


def location(
    prefix: str, en: str, zh: str, source: str, needed: Needed | None, unknown: Fix | None = None,
    parts: Collection[str] = tuple(PARTS),
) -> tuple[Field, ...]:  # fmt: skip
    """Its fields. `unknown` is where it is said which location it is, if that may be missing altogether."""
    asked = {part: needed and _asked(needed, prefix, part) for part in parts}
    return tuple(
        field(f"{prefix}_{part}", f"{en}: {title.en}", f"{zh}：{title.zh}", source, asked[part],
              needed and Fix("address", f"_{prefix}", part, unknown), width=_WIDTHS.get(part, 10))
        for part, title in PARTS.items() if part in parts
    )  # fmt: skip


def described(prefix: str, card: Card) -> dict[str, Any]:
    """The members of a row; coordinates take the place of a street where there is none."""
    return card.kept(prefix, _members)


def _members(prefix: str, card: Card) -> dict[str, Any]:
    facts = {f"{prefix}_{part}": card[part] for part in PARTS}
    if facts[f"{prefix}_street"] is None:
        facts[f"{prefix}_street"] = card["coordinates"]
    return facts | {f"_{prefix}": card.key or None}


def _asked(needed: Needed, prefix: str, part: str) -> Needed:
    """Where nobody has said which location it is, one finding says so, and not seven."""
    return lambda row: (part == "name" or row.get(f"_{prefix}") is not None) and needed(row)
