"""Every sentence the program can say exists in both languages, and gets the fields it names."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import string
from collections.abc import Iterator
from enum import StrEnum
from functools import cache
from pathlib import Path

import pytest

import renovation.errors
import renovation.model
from renovation.errors import RenovationError
from renovation.text import Language, catalogue

CHECKOUT = Path(__file__).resolve().parents[2]
ERRORS = {
    name
    for name, kind in vars(renovation.errors).items()
    if inspect.isclass(kind) and issubclass(kind, RenovationError) and name != "ImportRefusedError"
}

#: Enums of the model that no screen names by member.
UNSPOKEN = {"CellShape", "Action", "GeometryKind", "JobKind", "JobState", "Kept", "PollAct"}


def fields_of(template: str) -> set[str]:
    """Return the fields a template names."""
    return {name.split(".")[0].split("[")[0] for _, name, _, _ in string.Formatter().parse(template) if name}


@cache
def trees() -> dict[Path, ast.Module]:
    files = [*CHECKOUT.glob("renovation/**/*.py"), *CHECKOUT.glob("pages/*.py"), CHECKOUT / "app.py"]
    return {
        file.relative_to(CHECKOUT): ast.parse(file.read_text(encoding="utf-8"))
        for file in files
        # What runs before anything is installed carries its own sentences.
        if not {"migrations", "bootstrap"} & set(file.parts)
    }


def calls() -> Iterator[tuple[str, str, ast.Call]]:
    """Yield every call in the program: where, name of what is called, the call."""
    for file, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                target = node.func
                name = target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")
                yield f"{file}:{node.lineno}", name, node


def literal(node: ast.expr) -> list[str]:
    """Return the strings an expression can be, where they stand in the code ("a" if x else "b" is two)."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.IfExp):
        return literal(node.body) + literal(node.orelse)
    return []


def given(call: ast.Call) -> set[str] | None:
    """Return the names of a call's keyword arguments; ``None`` when some come by ``**``."""
    names = {keyword.arg for keyword in call.keywords}
    return None if None in names else {name for name in names if name}


def test_both_languages_say_something_with_the_same_fields() -> None:
    wrong = [
        key
        for key, entry in catalogue().items()
        if set(entry) != {language.value for language in Language}
        or not all(template.strip() for template in entry.values())
    ]
    assert not wrong
    differing = [
        key
        for key, entry in catalogue().items()
        # doctor prints a ready sentence of either language
        if not key.startswith("system.doctor.")
        and len({frozenset(fields_of(template)) for template in entry.values()}) > 1
    ]
    assert not differing


def test_every_error_has_a_sentence_and_its_fields() -> None:
    missing = []
    for where, name, call in calls():
        if name not in ERRORS or not call.args:
            continue
        for code in literal(call.args[0]):
            entry = catalogue().get(f"error.{code}")
            if entry is None:
                missing.append(f"{where} error.{code} has no text")
                continue
            fields = given(call)
            if fields is not None and (lacking := set().union(*map(fields_of, entry.values())) - fields):
                missing.append(f"{where} error.{code} is not given {sorted(lacking)}")
    assert not missing, "\n".join(missing)


def test_every_fault_has_a_sentence() -> None:
    missing = [
        f"{where} fault.{code}"
        for where, name, call in calls()
        if name == "Fault" and call.args
        for code in literal(call.args[0])
        if code and f"fault.{code}" not in catalogue()
    ]
    assert not missing, "\n".join(missing)


def test_every_sentence_asked_for_exists_and_gets_its_fields() -> None:
    missing = []
    for where, name, call in calls():
        if name not in {"say", "text", "both"} or not call.args:
            continue
        for key in literal(call.args[0]):
            # ``text`` is also a method of Streamlit and SQLAlchemy.
            if name == "text" and (len(call.args) < 2 or isinstance(call.func, ast.Attribute)):
                continue
            entry = catalogue().get(key)
            if entry is None:
                missing.append(f"{where} {key} has no text")
                continue
            fields = given(call)
            if fields is not None and (lacking := set().union(*map(fields_of, entry.values())) - fields):
                missing.append(f"{where} {key} is not given {sorted(lacking)}")
    assert not missing, "\n".join(missing)


def test_every_act_in_the_log_has_a_name() -> None:
    acts = {
        act
        for _, name, call in calls()
        if name == "log" and isinstance(call.func, ast.Attribute) and len(call.args) >= 3
        for act in literal(call.args[0])
    }
    assert acts
    assert not sorted(act for act in acts if f"act.{act}" not in catalogue())
    assert not sorted({act.split(".")[0] for act in acts if f"noun.{act.split('.')[0]}" not in catalogue()})


def test_every_detail_in_the_log_has_a_name() -> None:
    said = {
        keyword.arg
        for _, name, call in calls()
        if name == "log" and isinstance(call.func, ast.Attribute) and len(call.args) >= 3
        for keyword in call.keywords
        if keyword.arg
    }
    assert said
    assert not sorted(field for field in said if f"log.detail.{field}" not in catalogue())


def enums() -> list[type[StrEnum]]:
    found = {
        name: kind
        for module in pkgutil.iter_modules(renovation.model.__path__, "renovation.model.")
        for name, kind in vars(importlib.import_module(module.name)).items()
        if inspect.isclass(kind) and issubclass(kind, StrEnum) and kind is not StrEnum
    }
    return [kind for name, kind in sorted(found.items()) if name not in UNSPOKEN]


@pytest.mark.parametrize("kind", enums(), ids=lambda kind: kind.__name__)
def test_every_enum_member_shown_has_a_name(kind: type[StrEnum]) -> None:
    values = [member.value for member in kind]
    prefixes = {key.removesuffix(f".{values[0]}") for key in catalogue() if key.endswith(f".{values[0]}")}
    complete = [prefix for prefix in prefixes if all(f"{prefix}.{value}" in catalogue() for value in values)]
    assert complete, f"no part of the catalogue names all of {values}"
