"""A mutant in place of the module: every function that somebody may have imported gets the changed code.

The changed statement is run in a copy of the module's names; then code and defaults go over into the old functions,
and a changed value of the module takes the place of the old one wherever that was imported. So nothing is imported
anew, and a process with all tests in it becomes one with a mutant in some milliseconds. To be done in a fork only.
"""

import gc
import sys
from collections.abc import Iterable, Iterator
from enum import Enum
from functools import _lru_cache_wrapper
from types import FunctionType, ModuleType
from typing import Any

from .operators import Mutant

ROOM = "verifier"


class NotImportable(Exception):
    """The changed module does not even run: whoever imports it knows."""


def apply(mutant: Mutant, kept: Iterable[Any]) -> None:
    """Make this process one in which the module is the mutant; raises whatever the changed module raises.

    `kept` are the caches: what was computed before must not stand for the mutant.
    """
    old = sys.modules[f"{ROOM}.{mutant.module}"]
    new = dict(vars(old))
    try:
        exec(compile(mutant.change(), str(old.__file__), "exec"), new)
    except Exception as end:
        raise NotImportable(repr(end)) from None
    _swap(vars(old), new, old.__name__)
    for name in mutant.defines:
        if "." in mutant.where or mutant.where:
            _member(vars(old)[mutant.where.split(".")[0]], new[mutant.where.split(".")[0]], name)
        elif not isinstance(new[name], FunctionType | type):
            _everywhere(name, getattr(old, name), new[name])
    for cache in kept:
        cache.cache_clear()


def _swap(old: Any, new: Any, module: str) -> None:
    for name, value in list(new.items()):
        before = old.get(name)
        if getattr(value, "__module__", module) == module and value is not before:
            _one(before, value, module)


def _one(before: Any, value: Any, module: str) -> None:
    if isinstance(value, property):
        _one(before.fget, value.fget, module)
    elif isinstance(value, staticmethod | classmethod):
        _one(before.__func__, value.__func__, module)
    elif hasattr(value, "__wrapped__"):
        _one(before.__wrapped__, value.__wrapped__, module)
    elif isinstance(value, FunctionType) and isinstance(before, FunctionType):
        before.__code__ = value.__code__
        before.__defaults__ = value.__defaults__
        before.__kwdefaults__ = value.__kwdefaults__
    elif isinstance(value, type) and isinstance(before, type):
        _swap(vars(before), vars(value), module)


def _member(before: Any, value: Any, name: str) -> None:
    """A value that a class has: the default of a field, or a member of an Enum."""
    changed = vars(value).get(name)
    if isinstance(changed, Enum):
        vars(before)[name]._value_ = changed.value
    elif changed is not None and not isinstance(changed, FunctionType | property):
        setattr(before, name, changed)


def _everywhere(name: str, before: Any, value: Any) -> None:
    for module in _rooms():
        if vars(module).get(name, None) is before:
            setattr(module, name, value)


def _rooms() -> Iterator[ModuleType]:
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] in (ROOM, "tests") and isinstance(module, ModuleType):
            yield module


def caches() -> list[Any]:
    """What is computed once and kept: to be asked before the forks, for it looks at every object there is."""
    every = [each for each in gc.get_objects() if isinstance(each, _lru_cache_wrapper)]
    return [each for each in every if str(each.__module__).startswith(ROOM)]
