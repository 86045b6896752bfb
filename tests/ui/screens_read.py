"""What the source of screens, commands and services says: which functions write, and what stands inside what."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from renovation.config import CHECKOUT

SERVICES = CHECKOUT / "renovation" / "services"
#: (Module, name) of a function.
Name = tuple[str, str]


def files(*folders: str) -> list[Path]:
    """Return the Python files below folders of the checkout."""
    return sorted(file for folder in folders for file in (CHECKOUT / folder).rglob("*.py"))


def module_of(file: Path) -> str:
    """Return the dotted name of a file."""
    parts = list(file.relative_to(CHECKOUT).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def tree_of(file: Path) -> ast.Module:
    """Return the file's syntax tree; every node knows the one around it."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        for child in ast.iter_child_nodes(node):
            child.around = node  # type: ignore[attr-defined]
    return tree


def around(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what stands around a node, the nearest first."""
    while (node := getattr(node, "around", None)) is not None:  # type: ignore[assignment]
        yield node


@cache
def _imported(file: Path) -> dict[str, tuple[str, str | None]]:
    found: dict[str, tuple[str, str | None]] = {}
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.ImportFrom) and node.module:
            for one in node.names:
                whole = f"{node.module}.{one.name}"
                is_module = (CHECKOUT / Path(*whole.split("."))).with_suffix(".py").exists()
                is_module = is_module or (CHECKOUT / Path(*whole.split("."))).is_dir()
                found[one.asname or one.name] = (whole, None) if is_module else (node.module, one.name)
    return found


def called(file: Path, call: ast.expr) -> Name | None:
    """Return which function of the project an expression names: of this file, or imported."""
    if isinstance(call, ast.Name):
        module, name = _imported(file).get(call.id, (module_of(file), call.id))
        return None if name is None else (module, name)
    if isinstance(call, ast.Attribute) and isinstance(call.value, ast.Name):
        module, name = _imported(file).get(call.value.id, ("", None))
        return (module, call.attr) if module and name is None else None
    return None


def functions(file: Path) -> Iterator[ast.FunctionDef]:
    """Yield the functions of a file that are no part of another."""
    yield from (node for node in tree_of(file).body if isinstance(node, ast.FunctionDef))


@cache
def writing_verbs() -> frozenset[Name]:
    """Return the functions of the services that open a transaction that writes, by themselves or by another."""
    calls: dict[Name, set[Name]] = {}
    writes: set[Name] = set()
    for file in files("renovation/services"):
        for function in functions(file):
            name = (module_of(file), function.name)
            calls[name] = set()
            for node in ast.walk(function):
                if isinstance(node, ast.Call):
                    if (isinstance(node.func, ast.Name) and node.func.id == "acting") or (
                        isinstance(node.func, ast.Attribute) and node.func.attr == "write" and not node.args
                    ):
                        writes.add(name)
                    elif (other := called(file, node.func)) is not None:
                        calls[name].add(other)
    while more := {name for name, others in calls.items() if name not in writes and others & writes}:
        writes |= more
    return frozenset(writes)
