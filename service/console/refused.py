"""A refusal as a page shows it: what it is, what was expected, what was seen, in the language of who reads."""

from dataclasses import dataclass
from typing import Any

from service.api.problem import Problem
from service.papers.words import Language
from service.refusals import errors_in_chinese, told_in_chinese, value_in_chinese


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
