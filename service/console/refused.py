"""A refusal as a page shows it: what it is, what was expected, what was seen, in the language of who reads."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from service.api.problem import Problem
from service.console.words import W
from service.papers.words import Language
from service.refusals import errors_in_chinese, told_in_chinese, value_in_chinese

_PLAIN = {
    "unreadable": "条码无法识别", "not-gs1": "没有码制标识或 Digital Link 表明为 GS1，已按普通码查找",
    "mismatch": "不是应扫的内容", "not-recognised": "此处没有所指的内容",
}  # fmt: skip
"""What the floor says by its outcome alone."""


def finding_in_words(language: Language, finding: Mapping[str, Any]) -> str:
    """What is wrong with a code that was scanned."""
    code = finding["finding"]
    if language == "en":
        return str(finding["detail"])
    words = _PLAIN.get(code) or W[f"finding.{code}"].zh
    return words.format(*(finding[name] or "" for name in ("expected", "seen")))


def phrase(language: Language, value: object) -> object:
    """What a rule expected or saw."""
    return value if language == "en" or value is None else value_in_chinese(value)


def refusal(language: Language, slug: str) -> str:
    """What kind of refusal it is, in Chinese; the service's own sentence is English, and says it."""
    told = None if language == "en" else told_in_chinese(slug, {})
    return told[0] if told else ""


@dataclass(frozen=True, slots=True)
class Said:
    """`errors` are names of fields and what is wrong with them; `original` the words of the service, for who helps."""

    title: str
    detail: str
    expected: Any
    seen: Any
    errors: list[tuple[str, str]]
    original: str | None = None


def in_words(language: Language, problem: Problem) -> Said:
    extra, errors = problem.extra, problem.extra.get("errors", [])
    if language == "en":
        told = [(each["at"], each["problem"]) for each in errors]
        return Said(problem.title, problem.detail, extra.get("expected"), extra.get("seen"), told)
    told = errors_in_chinese(errors)
    title, detail = told_in_chinese(problem.slug, {**extra, "errors": ()}) or (problem.title, problem.detail)
    expected, seen = (value_in_chinese(extra[name]) if name in extra else None for name in ("expected", "seen"))
    return Said(title, detail, expected, seen, told, problem.detail if detail != problem.detail else None)
