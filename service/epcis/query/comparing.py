"""One condition on an event `e` as SQL. No value is ever part of the text: all are binds.

What a path finds in an event is compared as what it is: a value that is no time never stops a question about times.
"""

from typing import Any, Protocol

from service.epcis.contexts import FIXED
from service.epcis.query import values
from service.epcis.query.conditions import EVENT_TIME, RECORD_TIME, Column, Condition, Extension, Kind, Paths
from service.epcis.query.faults import WrongParameter

_SIGNS = {"EQ": "=", "GT": ">", "GE": ">=", "LT": "<", "LE": "<="}
_TEXT = "v.v #>> '{}'"
_NUMBER = f"CASE jsonb_typeof(v.v) WHEN 'number' THEN CAST({_TEXT} AS numeric) END"
_TIME = f"warehouse.epcis_time({_TEXT})"


class Binding(Protocol):
    """Keeps a value and gives the name under which the statement finds it."""

    def add(self, value: Any) -> str: ...


def compared(condition: Condition, binds: Binding) -> str:
    """True of the events that the condition means; raises WrongParameter if its values compare with nothing."""
    if isinstance(condition.target, Column):
        return _of_column(condition, condition.target.name, binds)
    assert isinstance(condition.target, Paths | Extension), "master data and identifiers are resolved before"
    kind = condition.target.kind if isinstance(condition.target, Paths) else "any"
    test = "" if condition.comparison == "EXISTS" else f" WHERE {_of_value(condition, kind, binds)}"
    return f"EXISTS (SELECT FROM {found(condition.target, binds)}{test})"


def found(target: Paths | Extension, binds: Binding) -> str:
    """A FROM clause: the values that stand there, as `v.v`."""
    if isinstance(target, Paths):
        paths = binds.add(list(target.paths))
        return f"unnest(CAST({paths} AS jsonpath[])) p(p), jsonb_path_query(e.body, p.p) v(v)"
    stems, local = binds.add(list(target.stems)), binds.add(":" + target.local)
    path = f"CAST(p.p || '.' || CAST(to_jsonb(c.prefix || {local}) AS text) AS jsonpath)"
    return (
        f"({_prefixes(target, binds)}) c(prefix), unnest(CAST({stems} AS text[])) p(p),"
        f" jsonb_path_query(e.body, {path}) v(v)"
    )


def _prefixes(target: Extension, binds: Binding) -> str:
    """The prefixes under which this event knows the namespace. A colon at its end or none: both are written."""
    if target.namespace is None:
        return f"SELECT CAST({binds.add(target.prefix)} AS text)"
    wanted = target.namespace.rstrip(_ENDS)
    fixed = [prefix for prefix, namespace in FIXED.items() if namespace.rstrip(_ENDS) == wanted]
    return (
        f"SELECT n.key FROM jsonb_each_text(e.body #> '{{@context,0}}') n WHERE rtrim(n.value, '{_ENDS}') ="  # noqa: S608
        f" {binds.add(wanted)} UNION ALL SELECT unnest(CAST({binds.add(fixed)} AS text[]))"
    )


_ENDS = "/:#"


def _of_column(condition: Condition, name: str, binds: Binding) -> str:
    if name in (EVENT_TIME, RECORD_TIME):
        sign = _SIGNS[condition.comparison]
        return f"e.{name} {sign} CAST({binds.add(condition.values[0])} AS timestamptz)"
    return f"e.{name} = ANY (CAST({binds.add(list(condition.values))} AS text[]))"


def _of_value(condition: Condition, kind: Kind, binds: Binding) -> str:
    sign, given = _SIGNS[condition.comparison], list(condition.values)
    if kind == "number":
        return f"{_NUMBER} {sign} ANY (CAST({binds.add(given)} AS numeric[]))"
    if kind == "time":
        return f"{_TIME} {sign} CAST({binds.add(given[0])} AS timestamptz)"
    if kind == "any":
        return _of_anything(condition, sign, given, binds)
    return f"{_TEXT} = ANY (CAST({binds.add(given)} AS text[]))"


def _of_anything(condition: Condition, sign: str, given: list[str], binds: Binding) -> str:
    """An extension: its kind is that of the value that it is compared with."""
    numbers = [each for each in (_read(values.number, value) for value in given) if each is not None]
    times = [each for each in (_read(values.time, value) for value in given) if each is not None]
    tests = [f"{_TEXT} = ANY (CAST({binds.add(given)} AS text[]))"] if condition.comparison == "EQ" else []
    tests += [f"{_NUMBER} {sign} ANY (CAST({binds.add(numbers)} AS numeric[]))"] if numbers else []
    tests += [f"{_TIME} {sign} ANY (CAST({binds.add(times)} AS timestamptz[]))"] if times else []
    if not tests:
        expected = "a number or a time with offset"
        raise WrongParameter(f"{condition.parameter}: expected {expected}, got {ascii(given[0])[1:-1][:120]}",
                             expected=expected, seen=ascii(given[0])[1:-1][:120])  # fmt: skip
    return f"({' OR '.join(tests)})"


def _read(read: values.Read, value: str) -> str | None:
    try:
        return read("", value)
    except WrongParameter:
        return None
