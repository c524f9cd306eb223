"""The OpenAPI document in the order in which people read it: operations by tag, then the shapes."""

import json
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shown:
    """One operation as the page shows it."""

    tag: str
    verb: str
    path: str
    summary: str
    description: str
    roles: list[str]
    parameters: list[Json]
    takes: str
    examples: list[tuple[str, str]]
    answers: list[tuple[str, str, str]]


def operations(document: Json) -> dict[str, list[Shown]]:
    """Tag → its operations."""
    found: dict[str, list[Shown]] = {}
    for path, methods in document["paths"].items():
        common = methods.get("parameters", [])
        for verb, operation in methods.items():
            if verb != "parameters":
                shown = _shown(path, verb, operation, common)
                found.setdefault(shown.tag, []).append(shown)
    return found


def shapes(document: Json) -> dict[str, list[tuple[str, str, bool, str]]]:
    """Shape → its members as (name, type, required, description)."""
    return {name: _members(schema) for name, schema in sorted(document["components"]["schemas"].items())}


def _shown(path: str, verb: str, operation: Json, common: list[Json]) -> Shown:
    return Shown(
        tag=operation["tags"][0],
        verb=verb.upper(),
        path=path,
        summary=operation.get("summary", ""),
        description=operation.get("description", ""),
        roles=operation.get("x-roles", []),
        parameters=[*common, *operation.get("parameters", [])],
        takes=_content(operation.get("requestBody", {})),
        examples=_examples(operation.get("requestBody", {})),
        answers=[
            (str(status), answer.get("description", ""), _content(answer))
            for status, answer in operation["responses"].items()
        ],
    )


def _content(holder: Json) -> str:
    return ", ".join(kind(media.get("schema", {})) for media in holder.get("content", {}).values())


def _examples(body: Json) -> list[tuple[str, str]]:
    """Name and indented JSON of each example."""
    return [
        (name, json.dumps(example["value"], indent=2, ensure_ascii=False))
        for media in body.get("content", {}).values()
        for name, example in media.get("examples", {}).items()
    ]


def _members(schema: Json) -> list[tuple[str, str, bool, str]]:
    if "oneOf" in schema:
        return [
            (name, kind(part), False, "")
            for name, part in zip(schema["discriminator"]["mapping"], schema["oneOf"], strict=True)
        ]
    required = schema.get("required", [])
    return [
        (name, kind(member), name in required, member.get("description", ""))
        for name, member in schema["properties"].items()
    ]


def kind(schema: Json) -> str:
    """A type in a few words: `string (date)`, `[Line]`, `available | hold`."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if "allOf" in schema or "anyOf" in schema:
        return " | ".join(kind(part) for part in schema.get("allOf") or schema["anyOf"])
    types = schema.get("type", "any")
    if "array" in types:
        return f"[{kind(schema.get('items', {}))}]" + (" | null" if isinstance(types, list) else "")
    words = types if isinstance(types, str) else " | ".join(types)
    return f"{words} ({schema['format']})" if "format" in schema else words
