"""Every command, given odd numbers, words and files: an answer in words, a known status, and no traceback."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.testing
from hypothesis import given, settings
from hypothesis import strategies as st

from renovation.cli import whole
from renovation.config import settings as kept_settings
from renovation.store import migrate, open_store

RUNNER = typer.testing.CliRunner()
#: What ends on its own only when somebody ends it, or fills the store for minutes; both have tests of their own.
_LONG = {("serve",), ("demo",)}
#: Words that are odd: half signs, signs that hide or reorder, digits of other scripts, names alike, no end.
WORDS = ["", " ", "甲", "Ａ", "\udcff", "\u202e甲", "\u200b", "①", "1_000", "００１", "a" * 5000, "-1", "%", "=",
         "@3=", "../x", "NaN", "无", "EPSG:99999999", "epsg:4490", "2026-02-30", "postgresql+psycopg://nobody@localhost:1/x",
         "sqlite:////dev/full", "5%", "-5%", "1e5"]  # fmt: skip
NUMBERS = ["１２", "①", "٣", "1_000", "1e1", "-5", "NaN", "inf", "1e400", "9" * 30, "0", "0.3", "1", "2026", "三", ""]
#: Files: absent, a folder, empty, of another kind, cut, never ending, larger than any list, a table of nothing.
FILES = ["absent.csv", ".", "empty.csv", "foreign.bin", "cut.zip", "/dev/zero", "huge.csv", "table.csv", "small.pb",
         "\udcff.csv", "absent/out.xlsx", "-", "n" * 300]  # fmt: skip
PB = "META\nkey;value\nbudget;10\nvote_type;approval\nPROJECTS\nproject_id;cost\n1;6\nVOTES\nvoter_id;vote\n1;1\n"


def run(line: list[str]) -> Any:
    """Run a command line as the program does, with everything that guards it."""
    return RUNNER.invoke(whole(), line, input="password\n")


def leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Return every command that does something, with its words."""
    below = getattr(command, "commands", {})
    if not below:
        yield path, command
    for name, one in below.items():
        yield from leaves(one, (*path, name))


COMMANDS = {path: command for path, command in leaves(whole()) if path not in _LONG}


def kind_of(parameter: Any) -> str:
    """Tell what a parameter takes: a number, a file, one of some words, a yes, or any words."""
    described = parameter.type_descriptor
    annotation = described.annotation
    if described.choices:
        return "choice"
    if annotation in (int, float):
        return "number"
    return "flag" if annotation is bool else "file" if "Path" in str(annotation) else "word"


def said(parameter: Any, odd: dict[str, str], drawn: Any) -> list[str]:
    """Return what stands on the command line for a parameter: something odd, or something usual."""
    kind = kind_of(parameter)
    value = odd.get(parameter.name)
    if value is None:
        if not parameter.required and drawn(st.booleans()):
            return []
        usual = {"number": "1", "file": "table.csv", "word": "cgcs2000", "flag": ""}
        value = parameter.type_descriptor.choices[0] if kind == "choice" else usual[kind]
    name = max(parameter.opts, key=len)
    if kind == "flag":
        return [name] if value else []
    return [f"{name}={value}"] if name.startswith("-") else ["--", str(value)]


@pytest.fixture(autouse=True)
def _as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """The runner builds commands of an app; these are built."""
    monkeypatch.setattr(typer.testing, "_get_command", lambda command: command)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with odd files, and an empty store to which every command comes."""
    folder = tmp_path_factory.mktemp("odd")
    (folder / "empty.csv").touch()
    (folder / "foreign.bin").write_bytes(bytes(range(256)) * 40)
    (folder / "cut.zip").write_bytes(b"PK\x03\x04" + bytes(100))
    (folder / "table.csv").write_text("编号,名称\n1,甲\n", encoding="utf-8")
    (folder / "small.pb").write_text(PB, encoding="utf-8")
    with (folder / "huge.csv").open("wb") as file:
        file.truncate(3 * 10**9)
    store = open_store(f"sqlite:///{folder / 'template.sqlite'}", folder / "keys")
    migrate(store)
    store.close()
    yield folder
    shutil.rmtree(folder)


@pytest.mark.slow
@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_whatever_a_command_is_given_it_answers_in_words(
    path: tuple[str, ...], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(home)
    monkeypatch.setenv("RENOVATION_HOME", str(home))
    monkeypatch.setenv("RENOVATION_DATABASE_URL", f"sqlite:///{home / 'store.sqlite'}")
    kept_settings.cache_clear()
    parameters = [one for one in COMMANDS[path].params if one.name != "help"]
    values = {"number": NUMBERS, "file": FILES, "choice": WORDS, "flag": ["yes"], "word": [*WORDS, *FILES]}

    @settings(max_examples=6)
    @given(st.data())
    def attack(data: st.DataObject) -> None:
        for left in home.glob("store.sqlite*"):
            left.unlink()
        shutil.copyfile(home / "template.sqlite", home / "store.sqlite")
        meant = data.draw(st.lists(st.sampled_from(parameters), max_size=2, unique_by=id)) if parameters else []
        odd = {one.name: data.draw(st.sampled_from(values[kind_of(one)])) for one in meant}
        given_ = [part for one in parameters for part in said(one, odd, data.draw)]
        options = [part for part in given_ if part.startswith("--") and part != "--"]
        arguments = [given_[at + 1] for at, part in enumerate(given_) if part == "--"]
        result = run([*path, *options, "--", *arguments])
        told = f"{path} {options} {arguments}: {result.exception!r}\n{result.output[-300:]}"
        assert result.exception is None or isinstance(result.exception, SystemExit), told
        assert result.exit_code in (0, 1, 2, 3), told
        assert "Traceback" not in result.output, told
        if result.exit_code == 2:
            assert result.output.strip(), told

    attack()
    kept_settings.cache_clear()


@pytest.mark.parametrize("written", ["1_000", "nan", "inf", "-inf", "1e400", "9" * 30, "①", "٣", "１_0"])
@pytest.mark.parametrize(
    "line",
    [
        ["batch", "--budget={}", "2026"], ["batch", "--", "{}"], ["rank", "--runs={}", "--criteria=a", "b"],
        ["rank", "--spread={}", "--criteria=a", "b"], ["programme", "--next-money={}", "a"],
        ["programme", "--time-limit={}", "a"], ["survey", "figures", "--campaign={}"],
        ["coverage", "--facility=站", "--metres={}", "--candidates=a"], ["demo", "--seed={}"],
    ],
    ids=lambda line: line if isinstance(line, str) else " ".join(line[:2]),
)  # fmt: skip
def test_a_number_of_a_command_is_one_from_its_first_sign_to_its_last(line: list[str], written: str) -> None:
    result = run([part.format(written) for part in line])
    assert isinstance(result.exception, SystemExit)
    assert result.exit_code == 2
    assert result.stderr


@pytest.mark.parametrize("name", ["RENOVATION_PORT", "RENOVATION_DATABASE_URL", "RENOVATION_HOME"])
@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_a_setting_that_is_none_is_refused_in_words(
    path: tuple[str, ...], name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("RENOVATION_HOME", str(tmp_path))
    monkeypatch.setenv(name, {"RENOVATION_HOME": str(tmp_path / "file")}.get(name, "nonsense"))
    monkeypatch.chdir(tmp_path)
    required = [one for one in COMMANDS[path].params if one.required]
    kinds = {"number": "1", "file": "file", "word": "cgcs2000"}
    line = list(path)
    for one in required:
        described = one.type_descriptor
        value = str(described.choices[0]) if described.choices else kinds[kind_of(one)]
        longest = max(one.opts, key=len)
        line += [f"{longest}={value}"] if longest.startswith("-") else [value]
    result = run(line)
    assert result.exception is None or isinstance(result.exception, SystemExit), (line, result.exception)
    assert "Traceback" not in result.output
