"""Small faults, planted one at a time into the syntax tree of a module.

Every fault is one that a tired person writes: a check forgotten, a condition turned round, a bound off by one, a
``where`` left out, an entry in the log not written.
"""

from __future__ import annotations

import ast
import enum
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

#: Calls whose statement is a check; leaving one out opens a door.
_CHECK = re.compile(r"require|check|guard|claim|ensure|refuse|_?inside|may|seen|door")
_NOTE = re.compile(r"log|append|mark_changed|note")
_COMPARE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault that can be planted: ``plant()`` changes the tree it was found in."""

    kind: str
    function: str
    line: int
    end: int
    before: str
    after: str
    plant: Callable[[], None]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a node hangs."""

    parent: ast.AST
    field: str
    index: int | None

    def put(self, node: ast.AST) -> None:
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node


def _short(node: ast.AST) -> str:
    if isinstance(node, _FUNCTIONS):
        return f"{node.name}()"
    return " ".join(ast.unparse(node).split())[:160]


def _called(node: ast.expr) -> str:
    """Return the last name of what is called."""
    if isinstance(node, ast.Call):
        node = node.func
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _neighbour(node: ast.Attribute, enums: dict[str, type[enum.Enum]]) -> ast.Attribute | None:
    """Return the next member of the same enumeration; of actions, the one that everybody may."""
    if not isinstance(node.value, ast.Name) or not isinstance(node.ctx, ast.Load):
        return None
    found = enums.get(node.value.id)
    if found is None or node.attr not in found.__members__ or len(found) < 2:
        return None
    names = list(found.__members__)
    other = "SEE_PUBLIC" if node.value.id == "Action" else names[(names.index(node.attr) + 1) % len(names)]
    return None if other == node.attr else ast.Attribute(node.value, other, node.ctx)


class _Finder:
    def __init__(self, enums: dict[str, type[enum.Enum]]) -> None:
        self._enums = enums

    def find(self, tree: ast.Module) -> Iterator[Fault]:
        yield from self._walk(tree, (), None)

    def _walk(self, parent: ast.AST, path: tuple[str, ...], statement: ast.stmt | None) -> Iterator[Fault]:
        for field, value in ast.iter_fields(parent):
            if field in ("annotation", "returns", "decorator_list", "type_comment", "bases"):
                continue
            for index, node in enumerate(value) if isinstance(value, list) else [(None, value)]:
                if not isinstance(node, ast.AST) or _is_docstring(node) or isinstance(node, ast.Assert | ast.JoinedStr):
                    continue
                if isinstance(node, ast.If) and _short(node.test) == "TYPE_CHECKING":
                    continue
                inner = (*path, node.name) if isinstance(node, (*_FUNCTIONS, ast.ClassDef)) else path
                around = node if isinstance(node, ast.stmt) else statement
                for kind, after, planted in self._at(_Place(parent, field, index), node):
                    line, end = _extent(node, around)
                    yield Fault(kind, ".".join(inner), line, end, _short(node), after, planted)
                yield from self._walk(node, inner, around)

    def _at(self, place: _Place, node: ast.AST) -> Iterator[tuple[str, str, Callable[[], None]]]:
        def swap(kind: str, other: ast.AST) -> tuple[str, str, Callable[[], None]]:
            ast.fix_missing_locations(ast.copy_location(other, node))
            return kind, _short(other), lambda: place.put(other)

        if isinstance(node, ast.expr):
            for kind, other in self._expressions(place, node):
                yield swap(kind, other)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            name = _called(node.value)
            kind = (
                "check left out" if _CHECK.search(name) else "note left out" if _NOTE.search(name) else "call left out"
            )
            yield swap(kind, ast.Pass())
        elif isinstance(node, ast.AugAssign | ast.Delete):
            yield swap("statement left out", ast.Pass())
        elif isinstance(node, ast.Continue):
            yield swap("loop left", ast.Break())
        elif isinstance(node, ast.If):
            if isinstance(node.body[-1], ast.Raise):
                yield swap(
                    "refusal left out",
                    ast.Pass() if not node.orelse else ast.If(ast.Constant(False), node.body, node.orelse),
                )
            yield swap("condition turned", ast.If(_negated(node.test), node.body, node.orelse))
        elif isinstance(node, _FUNCTIONS):
            yield from _returns_early(node)

    def _expressions(self, place: _Place, node: ast.expr) -> Iterator[tuple[str, ast.expr]]:
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            other = _COMPARE[type(node.ops[0])]()
            yield "comparison", ast.Compare(node.left, [other], node.comparators)
        elif isinstance(node, ast.BoolOp):
            for left_out in range(len(node.values)):
                rest = [one for index, one in enumerate(node.values) if index != left_out]
                yield "condition left out", rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield "condition turned", node.operand
        elif isinstance(node, ast.IfExp):
            yield "condition turned", ast.IfExp(_negated(node.test), node.body, node.orelse)
        elif (
            isinstance(node, ast.BinOp)
            and type(node.op) in _ARITHMETIC
            and not isinstance(node.left, ast.List | ast.Tuple)
        ):
            yield "arithmetic", ast.BinOp(node.left, _ARITHMETIC[type(node.op)](), node.right)
        elif isinstance(node, ast.Attribute):
            other_member = _neighbour(node, self._enums)
            if other_member is not None:
                named = node.value
                is_action = isinstance(named, ast.Name) and named.id == "Action"
                yield "permission" if is_action else "constant", other_member
        elif isinstance(node, ast.Call):
            yield from _calls(node)
        elif isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
            yield from _comprehensions(node)
        elif isinstance(node, ast.Constant):
            yield from _constants(place, node)


def _extent(node: ast.AST, statement: ast.stmt | None) -> tuple[int, int]:
    """Return the lines whose being run shows that a fault at the node was met."""
    if isinstance(node, ast.If):
        return node.lineno, node.test.end_lineno or node.lineno
    if isinstance(node, _FUNCTIONS):
        return node.body[0].lineno, node.end_lineno or node.lineno
    line = getattr(node, "lineno", 0)
    return line, getattr(node, "end_lineno", None) or (statement.lineno if statement else line)


def _negated(test: ast.expr) -> ast.expr:
    return (
        test.operand if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not) else ast.UnaryOp(ast.Not(), test)
    )


def _returns_early(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[str, str, Callable[[], None]]]:
    """Leave a function that gives nothing back before it has done anything."""
    inside = list(ast.walk(node))
    gives = any(
        isinstance(one, ast.Yield | ast.YieldFrom) or (isinstance(one, ast.Return) and one.value) for one in inside
    )
    skip = 1 if _is_docstring(node.body[0]) else 0
    if gives or len(node.body) <= skip:
        return
    early = ast.fix_missing_locations(ast.copy_location(ast.Return(None), node.body[skip]))
    yield "early return", "return", lambda: node.body.insert(skip, early)


def _calls(node: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    name = _called(node)
    if isinstance(node.func, ast.Attribute) and name in ("where", "filter", "having", "distinct"):
        yield "where left out", node.func.value
        if len(node.args) > 1:
            for left_out in range(len(node.args)):
                rest = [one for index, one in enumerate(node.args) if index != left_out]
                yield "where left out", ast.Call(node.func, rest, node.keywords)
    if name == "and_" and len(node.args) > 1:
        for left_out in range(len(node.args)):
            rest = [one for index, one in enumerate(node.args) if index != left_out]
            yield "where left out", ast.Call(node.func, rest, node.keywords)
    if name == "log":
        for left_out, word in enumerate(node.keywords):
            if word.arg is not None:
                kept = [one for index, one in enumerate(node.keywords) if index != left_out]
                yield "detail of the log left out", ast.Call(node.func, node.args, kept)


def _comprehensions(node: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    generators = list(node.generators)  # type: ignore[attr-defined]
    for place, one in enumerate(generators):
        for left_out in range(len(one.ifs)):
            ifs = [test for index, test in enumerate(one.ifs) if index != left_out]
            changed = ast.comprehension(one.target, one.iter, ifs, one.is_async)
            copied = {field: getattr(node, field) for field in node._fields}
            copied["generators"] = [*generators[:place], changed, *generators[place + 1 :]]
            yield "condition left out", type(node)(**copied)


def _constants(place: _Place, node: ast.Constant) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(node.value, bool):
        yield "constant", ast.Constant(not node.value)
    elif isinstance(node.value, int):
        yield "off by one", ast.Constant(node.value + 1)
    elif isinstance(node.value, str) and _is_word(place):
        yield "constant", ast.Constant(f"{node.value}~")


def _is_word(place: _Place) -> bool:
    """Tell whether a text decides something: compared, looked up, an error's code, an act of the log."""
    if isinstance(place.parent, ast.Compare | ast.Subscript):
        return True
    if isinstance(place.parent, ast.Call) and place.field == "args" and place.index in (0, 1):
        return _called(place.parent).endswith(("Error", "log"))
    return False


def faults(source: str, enums: dict[str, type[enum.Enum]]) -> tuple[ast.Module, list[Fault]]:
    """Return a module's tree and every fault that can be planted in it, always in the same order."""
    tree = ast.parse(source)
    return tree, list(_Finder(enums).find(tree))
