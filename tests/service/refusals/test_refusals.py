"""Every refusal that a person can meet has its sentence in Chinese, and so has what it expects and sees."""

import ast
import re
from collections.abc import Iterator

from service.api.errors import _SLUGS
from service.api.problem import Problem
from service.refusals import SLUGS, told_in_chinese, value_in_chinese
from service.refusals.domain_words import DOMAIN
from service.refusals.door_words import DOOR
from service.refusals.phrases import NAMES, in_chinese
from tests.tools.browser import ROOT

HAN = re.compile("[一-鿿]")
WORD = re.compile(r"[A-Za-z]{2,}")
ELSEWHERE = ("service/epcis", "service/demo", "service/local", "service/commands")
"""What speaks to machines only."""
VALUES = {"GTIN", "application/json", "prefix=namespace", "websocket", "linkset, 7"}


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Each call in the service: where it stands, and the call."""
    for path in sorted((ROOT / "service").rglob("*.py")):
        where = path.relative_to(ROOT).as_posix()
        if not where.startswith(ELSEWHERE):
            nodes = ast.walk(ast.parse(path.read_text("utf-8")))
            yield from ((where, node) for node in nodes if isinstance(node, ast.Call))


def rules() -> dict[str, tuple[str, list[str]]]:
    """The classes of domain errors: by name, the slug and the names of what they take."""
    found = {}
    for path in (ROOT / "service").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.ClassDef):
                continue
            slugs = [each.value.value for each in node.body if isinstance(each, ast.Assign)
                     and ast.unparse(each.targets[0]) == "slug" and isinstance(each.value, ast.Constant)]  # fmt: skip
            inits = [each for each in node.body if isinstance(each, ast.FunctionDef) and each.name == "__init__"]
            if slugs:
                found[node.name] = slugs[0], [each.arg for init in inits for each in init.args.args[1:]]
    return found


RULES = rules()


def slugs() -> set[str]:
    found = {slug for slug, _ in RULES.values()} | set(_SLUGS.values()) | {"http"}
    for _, call in calls():
        name, at = ast.unparse(call.func), {"Problem": 1, "try_later": 0}
        if name in at and len(call.args) > at[name] and isinstance(call.args[at[name]], ast.Constant):
            found.add(call.args[at[name]].value)
    return found


def test_every_reason_has_a_sentence_and_no_sentence_is_without_a_reason() -> None:
    assert slugs() - SLUGS == set()
    assert SLUGS - slugs() - {"forbidden", "unauthorized", "not-found", "refused"} == set()
    assert not DOOR.keys() & DOMAIN.keys()


def test_each_is_chinese_and_fills_in_what_it_names() -> None:
    for slug, (title, sentence) in {**DOOR, **DOMAIN}.items():
        named = set(re.findall(r"\{(\w+)\}", sentence))
        said = told_in_chinese(slug, {name: f"<{name}>" for name in named})
        assert said and HAN.search(title) and HAN.search(said[1]), slug
        assert not WORD.search(re.sub("<.*?>|webhook|JSON|image/jpeg", "", said[1])), slug
        assert all(f"<{name}>" in said[1] for name in named), slug


def phrases() -> Iterator[tuple[str, str]]:
    """What the rules expect and see, where it is words: `7` stands for each value in it."""
    for where, call in calls():
        name = ast.unparse(call.func)
        takes = RULES.get(name, ("", []))[1]
        given = [*zip(takes, call.args, strict=False), *((each.arg, each.value) for each in call.keywords)]
        for told, value in given:
            if told in ("expected", "seen", "kind", "do") and (name in RULES or name == "Problem"):
                yield from ((f"{where}:{call.lineno}", text) for text in texts(value))


def texts(value: ast.expr) -> Iterator[str]:
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value
    elif isinstance(value, ast.JoinedStr):
        yield "".join(part.value if isinstance(part, ast.Constant) else "7" for part in value.values)  # type: ignore[misc]
    elif isinstance(value, ast.IfExp):
        yield from (*texts(value.body), *texts(value.orelse))
    elif isinstance(value, ast.BoolOp):
        yield from (text for each in value.values for text in texts(each))


def test_what_a_rule_expects_or_sees_is_chinese() -> None:
    worded = [(where, text) for where, text in phrases() if WORD.search(text) and text not in VALUES]
    assert len(worded) > 100
    assert [each for each in worded if not HAN.search(in_chinese(each[1]))] == []


def test_values_stay_and_lists_are_joined() -> None:
    assert [value_in_chinese(each) for each in ("12 EA", "2027-06-30", 7, None, [], ["a", "b"])] == [
        "12 EA", "2027-06-30", "7", "无", "无", "a、b"]  # fmt: skip
    assert all(HAN.search(each) or name == "GTIN" for name, each in NAMES.items())


def test_the_numbers_stand_in_the_sentence() -> None:
    numbers = {"lot": "L-1", "place": "SX/A-01", "stock_status": "available", "expected": "12 EA", "seen": "5 EA"}
    problem = Problem(409, "insufficient-stock", "…", **numbers).in_chinese()
    assert problem.detail == "批次 L-1 在 SX/A-01（可用）：至少需要 12 EA，实有 5 EA。"
    assert problem.title == "库存不足" and problem.extra == numbers | {
        "in_words": {"expected": "12 EA", "seen": "5 EA"}
    }


def test_a_wrong_field_is_named() -> None:
    errors = [{"at": "/lines/0/quantity", "problem": 'expected a decimal as text, like "12" or "0.250", got x'}]
    said = told_in_chinese("wrong-shape", {"errors": errors})
    assert said and said[1] == "请更正下列各项：数量：应为如 12 或 0.250 的数字，实为 x。"
