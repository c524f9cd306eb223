"""The browser's verifier as one script, and as one file: its ES modules in the order in which they need each other.

No build step: a module becomes a function of its own that leaves its exports in a table, comments go (who wants to read
finds the modules as they are under /static/verify/). What is served, checked offline and tested is the same text.
"""

import re
from functools import cache
from hashlib import sha256
from pathlib import Path

MODULES = Path(__file__).parent / "static" / "verify"

_IMPORT = re.compile(r'^import \{([^}]*)\} from "\./([\w-]+\.js)";\n', re.MULTILINE)
_MORE = re.compile(r"^export const (.*)$", re.MULTILINE)
_BLOCK = re.compile(r"/\*\*(?:[^*]|\*(?!/))*\*/[ \n]?")
_LINE = re.compile(r"^\s*//.*\n", re.MULTILINE)
_AFTER = re.compile(r"(?<=[;{,]) // .*$", re.MULTILINE)
_BLANK = re.compile(r"^\s*\n| +$", re.MULTILINE)
_INDENT = re.compile(r"^ +", re.MULTILINE)


@cache
def script(entry: str) -> str:
    """One script out of the module `entry` and all that it needs, in strict mode, nothing left in the global scope."""
    order: list[str] = []
    _visit(entry, order)
    bodies = "".join(f"M[{_name(module)}]=(()=>{{\n{_body(module)}}})();\n" for module in order)
    return f'"use strict";(()=>{{const M=[];\n{bodies}}})();\n'


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _name(module: str) -> int:
    return sorted(path.name for path in MODULES.glob("*.js")).index(module)


def _visit(module: str, order: list[str]) -> None:
    if module in order:
        return
    for needed in _needs(module):
        _visit(needed, order)
    order.append(module)


def _needs(module: str) -> list[str]:
    return [name for _, name in _IMPORT.findall(_source(module))]


def _source(module: str) -> str:
    return (MODULES / module).read_text("utf-8")


def _body(module: str) -> str:
    """A module's text without comments, its imports taken from the table, its exports left there."""
    text = _BLOCK.sub("", _source(module))
    text = _IMPORT.sub(lambda found: f"const {{{found[1].strip().strip(',')}}}=M[{_name(found[2])}];\n", text)
    names = _exported(text)
    text = re.sub(r"^export ", "", text, flags=re.MULTILINE)
    for pattern in (_LINE, _AFTER, _INDENT, _BLANK):
        text = pattern.sub("", text)
    return text + f"return {{{','.join(names)}}};\n"


def _exported(text: str) -> list[str]:
    """The names that a module exports; a constant may stand with others in one line."""
    names = re.findall(r"^export (?:async function|function|class) (\w+)", text, re.MULTILINE)
    for line in _MORE.findall(text):
        names += re.findall(r"(?:^|, )(\w+) = ", line)
    return names
