"""The small changes that a test must notice, made on the syntax tree of one module.

    boundary      a < b  ->  a <= b             negation    a == b  ->  a != b;  if a  ->  if not a
    logic         a and b  ->  a or b           arithmetic  a + b   ->  a - b;   -a    ->  a
    number        7  ->  8                      truth       True  ->  False
    text          "lot"  ->  "lotX"             slice       a[b:c]  ->  a[:c], a[b:]
    call          min, any  ->  max, all        result      return a  ->  return None
    left out      raise, a call, a change of state, continue, break: nothing instead
    handler       except A  ->  catches nothing; except (A, B)  ->  except A, except B

Not changed: annotations, docstrings, decorators (`frozen`, `slots`, `cache`), and how something is worded for a person:
sentences (two blanks and more, also around what is filled in), texts and figures inside `raise`, an error, a remark or
a line of output, and the help of the command line. Nor what mypy knows: that `return False` is no None, and `__all__`.
Nor what is an assertion: `assert` and the `strict` of a zip. Nor what runs under `if __name__ == "__main__"`: the tests
run it in a process of its own.
"""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
BOUNDARY: dict[type[ast.cmpop], type[ast.cmpop]] = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult,
    ast.LShift: ast.RShift, ast.RShift: ast.LShift, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitOr, ast.Pow: ast.Mult, ast.Div: ast.Mult,
}  # fmt: skip
OTHER_CALL = {"min": "max", "max": "min", "any": "all", "all": "any"}
SPEAKERS = {"Refuted", "Unavailable", "WrongUse", "print", "show", "complain", "unanswered", "NewType", "TypeVar"}
# of what they speak
NAMING = {"integer", "string", "array", "members", "_hashes", "_table", "same", "raise_", "parser_of", "_exactly"}
SPOKEN = {"help", "metavar", "description", "usage", "prog"}


@dataclass(slots=True)
class Mutant:
    """One change: in the tree of its module, `owner.name` (or its member at `place`) becomes `after`."""

    module: str
    where: str
    line: int
    kind: str
    changed: str
    tree: ast.Module
    top: int
    owner: ast.AST
    name: str
    place: int | None
    after: ast.AST
    defines: tuple[str, ...] = ()
    number: int = 1
    lines: range = field(default_factory=lambda: range(0))

    @property
    def key(self) -> tuple[str, str, str, int]:
        """What names it also after lines were added above."""
        return self.module, self.where, self.changed, self.number

    def __str__(self) -> str:
        again = f" ({self.number})" if self.number > 1 else ""
        return f"{self.module}:{self.line} {self.where}: {self.changed}{again}"

    def change(self) -> ast.Module:
        """Change the tree for good; what is left of it are the statements of the module that the change is in.

        After the first of them come those that were worked out from what it defines.
        """
        if self.place is None:
            setattr(self.owner, self.name, self.after)
        else:
            getattr(self.owner, self.name)[self.place] = self.after
        future = [each for each in self.tree.body if isinstance(each, ast.ImportFrom) and each.module == "__future__"]
        derived = _derived(self.tree, self.top, self.defines)[0] if not self.where else []
        return ast.Module([*future, self.tree.body[self.top], *derived], [])


def mutants(path: Path) -> list[Mutant]:
    """All mutants of a module, in the order of its lines."""
    tree = ast.parse(path.read_text())
    found = sorted(_Walk(path.stem, tree).all(), key=lambda mutant: mutant.line)
    seen: dict[tuple[str, str], int] = {}
    for mutant in found:
        mutant.number = seen[mutant.where, mutant.changed] = seen.get((mutant.where, mutant.changed), 0) + 1
    return found


class _Walk:
    def __init__(self, module: str, tree: ast.Module) -> None:
        self.module = module
        self.tree = tree
        self.top = 0
        self.where: list[str] = []
        self.statement: ast.stmt | None = None
        self.defines: tuple[str, ...] = ()
        self.silent = False
        self.in_function = False

    def all(self) -> Iterator[Mutant]:
        yield from self._body(self.tree)

    def _body(self, owner: ast.AST) -> Iterator[Mutant]:
        for name, value in ast.iter_fields(owner):
            if name in ("annotation", "returns", "decorator_list", "type_params", "ctx"):
                continue
            members = enumerate(value) if isinstance(value, list) else [(None, value)]
            for place, node in members:
                if isinstance(node, ast.AST):
                    yield from self._node(owner, name, place, node)

    def _node(self, owner: ast.AST, name: str, place: int | None, node: ast.AST) -> Iterator[Mutant]:
        if _is_docstring(owner, name, place, node) or _is_known_elsewhere(node):
            return
        if owner is self.tree and place is not None:
            self.top = place
        kept = self.statement, self.defines, self.silent, self.in_function
        if isinstance(node, ast.stmt):
            self.statement = node
            if not self.in_function and (names := _defined(node)):
                self.defines = (*names, *_derived(self.tree, self.top, names)[1]) if not self.where else names
        named = isinstance(node, ast.FunctionDef | ast.ClassDef)
        if named:
            self.where.append(node.name)
        self.silent = self.silent or _names(owner, name, place, node)
        # -1 becomes 1 and nothing else
        constant = isinstance(owner, ast.UnaryOp) and isinstance(owner.op, ast.USub)
        for kind, after in _changes(node, self.silent or constant):
            yield self._mutant(owner, name, place, node, kind, after)
        self.silent = self.silent or _speaks(node)
        self.in_function = self.in_function or isinstance(node, ast.FunctionDef)
        yield from self._body(node)
        if named:
            self.where.pop()
        self.statement, self.defines, self.silent, self.in_function = kept

    def _mutant(self, owner: ast.AST, name: str, place: int | None, node: ast.AST, kind: str, after: ast.AST) -> Mutant:
        ast.copy_location(after, node)
        ast.fix_missing_locations(after)
        statement = self.statement
        assert statement is not None
        compound = hasattr(statement, "body") and not isinstance(statement, ast.FunctionDef)  # a default is used inside
        last = statement.lineno if compound else statement.end_lineno
        head = statement.body[0].lineno - 1 if compound and statement.body else last  # type: ignore[attr-defined]
        end = max(node.end_lineno if isinstance(node, ast.expr) else 0, head or 0, statement.lineno)  # type: ignore[type-var]
        change = f"{_shown(node)} -> {_shown(after)}"
        return Mutant(
            self.module, ".".join(self.where), getattr(node, "lineno", statement.lineno), kind, change, self.tree,
            self.top, owner, name, place, after, self.defines, 1, range(statement.lineno, end + 1),
        )  # fmt: skip


def _changes(node: ast.AST, silent: bool) -> Iterator[tuple[str, ast.AST]]:
    yield from _of_statement(node)
    yield from _of_condition(node)
    if isinstance(node, ast.Compare):
        for place, op in enumerate(node.ops):
            for kind, table in (("negation", OPPOSITE), ("boundary", BOUNDARY)):
                if other := table.get(type(op)):
                    yield kind, ast.Compare(node.left, [*node.ops[:place], other(), *node.ops[place + 1 :]],
                                            node.comparators)  # fmt: skip
    elif isinstance(node, ast.BoolOp):
        yield "logic", ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub) and not silent:
        yield "negation" if isinstance(node.op, ast.Not) else "arithmetic", node.operand
    elif isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in ARITHMETIC and not silent:
        after = copy.copy(node)
        after.op = ARITHMETIC[type(node.op)]()
        yield "arithmetic", after
    elif isinstance(node, ast.Constant) and not silent:
        yield from _of_constant(node)
    elif isinstance(node, ast.Slice) and not silent:
        if node.lower is not None:
            yield "slice", ast.Slice(None, node.upper, node.step)
        if node.upper is not None:
            yield "slice", ast.Slice(node.lower, None, node.step)
    elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in OTHER_CALL and not silent:
        other = ast.Name(OTHER_CALL[ast.unparse(node.func)], ast.Load())
        yield "call", ast.Call(other, node.args, node.keywords)
    elif isinstance(node, ast.ExceptHandler):
        yield from _of_handler(node)


def _of_statement(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(node, ast.Raise | ast.Continue | ast.Break | ast.AugAssign) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Call | ast.Yield | ast.YieldFrom)
    ):
        if not (isinstance(node, ast.Expr) and _speaks(node.value)):
            yield "left out", ast.Pass()
    elif isinstance(node, ast.Assign) and any(isinstance(t, ast.Attribute | ast.Subscript) for t in node.targets):
        yield "left out", ast.Pass()
    elif isinstance(node, ast.Return) and node.value is not None and not _is_one_of(node.value, None, False):
        yield "result", ast.Return(ast.Constant(None))


def _of_condition(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(node, ast.If | ast.While | ast.IfExp) and not isinstance(node.test, ast.Compare | ast.UnaryOp):
        after = copy.copy(node)
        after.test = ast.copy_location(ast.UnaryOp(ast.Not(), node.test), node.test)
        yield "negation", after


def _of_constant(node: ast.Constant) -> Iterator[tuple[str, ast.AST]]:
    value = node.value
    if isinstance(value, bool):
        yield "truth", ast.Constant(not value)
    elif isinstance(value, int | float):
        yield "number", ast.Constant(value + 1)
    elif isinstance(value, str) and not _is_sentence(node):
        yield "text", ast.Constant(value + "X")
    elif isinstance(value, bytes):
        yield "text", ast.Constant(value + b"X")


def _of_handler(node: ast.ExceptHandler) -> Iterator[tuple[str, ast.AST]]:
    nothing = ast.Tuple([], ast.Load())
    if not isinstance(node.type, ast.Tuple):
        yield "handler", ast.ExceptHandler(nothing, node.name, node.body)
        return
    for place in range(len(node.type.elts)):
        kept = ast.Tuple(node.type.elts[:place] + node.type.elts[place + 1 :], ast.Load())
        yield "handler", ast.ExceptHandler(kept, node.name, node.body)


def _speaks(node: ast.AST) -> bool:
    """Whether it is words for a person, or an assertion."""
    if isinstance(node, ast.Raise):
        return True
    if isinstance(node, ast.keyword):
        return node.arg in SPOKEN or node.arg == "strict"
    if not isinstance(node, ast.Call):
        return False
    called = node.func
    if isinstance(called, ast.Attribute):
        return called.attr in SPEAKERS or (called.attr == "append" and "remarks" in ast.unparse(called.value))
    return isinstance(called, ast.Name) and called.id in SPEAKERS


def _names(owner: ast.AST, name: str, place: int | None, node: ast.AST) -> bool:
    """Whether it is a piece of a sentence, or the text by which a called function speaks of something.

    `raise_` begins with a class of alarm.
    """
    if isinstance(owner, ast.JoinedStr) and isinstance(node, ast.Constant):
        return _is_sentence(*owner.values)
    if not isinstance(owner, ast.Call) or name != "args" or not isinstance(node, ast.Constant | ast.JoinedStr):
        return False
    called = owner.func.attr if isinstance(owner.func, ast.Attribute) else getattr(owner.func, "id", "")
    return called in NAMING and isinstance(getattr(node, "value", ""), str) and not (called == "raise_" and place == 0)


def _is_docstring(owner: ast.AST, name: str, place: int | None, node: ast.AST) -> bool:
    expression = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return expression and name == "body" and isinstance(owner, ast.Module | ast.ClassDef | ast.FunctionDef)


def _is_known_elsewhere(node: ast.AST) -> bool:
    if isinstance(node, ast.If):
        return ast.unparse(node.test) == "__name__ == '__main__'"
    return isinstance(node, ast.Import | ast.ImportFrom | ast.Assert) or (
        isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    )


def _is_sentence(*pieces: ast.expr) -> bool:
    texts = [each.value for each in pieces if isinstance(each, ast.Constant)]
    return sum(text.count(" ") for text in texts if isinstance(text, str)) >= 2


def _is_one_of(node: ast.AST, *values: object) -> bool:
    return isinstance(node, ast.Constant) and any(node.value is value for value in values)


def _defined(node: ast.stmt) -> tuple[str, ...]:
    if isinstance(node, ast.Assign):
        return tuple(name.id for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name))
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return (node.target.id,)
    return ()


def _derived(tree: ast.Module, top: int, names: tuple[str, ...]) -> tuple[list[ast.stmt], tuple[str, ...]]:
    """The later statements that were worked out from these names when the module was imported, and what they define."""
    known, found = set(names), []
    for each in tree.body[top + 1 :]:
        if isinstance(each, ast.FunctionDef):
            read: list[ast.expr | None] = [*each.args.defaults, *each.args.kw_defaults]
        else:
            read = [each.value] if isinstance(each, ast.Assign | ast.AnnAssign) else []
        if any(getattr(node, "id", "") in known for value in read if value for node in ast.walk(value)):
            found.append(each)
            known.update(_defined(each))
    return found, tuple(sorted(known - set(names)))


def _shown(node: ast.AST) -> str:
    if isinstance(node, ast.ExceptHandler):
        return f"except {ast.unparse(node.type) if node.type else ''}:"
    if isinstance(node, ast.If | ast.While):
        return f"{type(node).__name__.lower()} {ast.unparse(node.test)}:"
    if isinstance(node, ast.Slice):
        return f"[{ast.unparse(node)}]"
    return " ".join(ast.unparse(node).split())
