"""Refusals in the language of whoever reads them: the rules and the door speak English, and here it is said in Chinese.

    {"type": "urn:lotproof:problem:insufficient-stock", "detail": …, "expected": "12 EA", "seen": "5 EA", …}
      -> title 库存不足, detail 批次 L-1 在 SX/A-01（可用）：至少需要 12 EA，实有 5 EA。

Members that a program decides on (`type`, `expected`, `seen`) stay as they are.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from service.refusals.domain_words import DOMAIN
from service.refusals.door_words import DOOR
from service.refusals.phrases import in_chinese

SLUGS = DOOR.keys() | DOMAIN.keys()
MOST = 5  # wrong fields named in one sentence


class _Members(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "—"


def told_in_chinese(slug: str, members: Mapping[str, Any]) -> tuple[str, str] | None:
    """(title, sentence) with the numbers of the problem; None for a slug that has none."""
    found = DOMAIN.get(slug) or DOOR.get(slug)
    if found is None:
        return None
    title, sentence = found
    said = _Members({name: value_in_chinese(each) for name, each in members.items()})
    wrong = [f"{at}：{problem}" for at, problem in errors_in_chinese(members.get("errors", ()))]
    whole = sentence.format_map(said)
    return title, f"{whole[:-1]}：{'；'.join(wrong[:MOST])}。" if wrong else whole


def errors_in_chinese(errors: Iterable[Mapping[str, str]]) -> list[tuple[str, str]]:
    """Of a problem that names each wrong field: what it is called, and what is wrong with it."""
    return [(in_chinese(each["at"].rpartition("/")[2]), in_chinese(each["problem"])) for each in errors]


def value_in_chinese(value: Any) -> str:
    """Of what was expected or seen."""
    if isinstance(value, list | tuple):
        return "、".join(map(value_in_chinese, value)) or "无"
    return "无" if value is None else in_chinese(str(value))
