"""How the house is built: small rooms, one name for one thing, and every public function names what it refuses."""

import ast
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[1]
#: Runs alone, beside a published bundle, and shares no code and no names with the rest.
ALONE = HOUSE / "renovation" / "exports" / "outcome" / "verify_bundle.py"
FILES = sorted({*HOUSE.glob("renovation/**/*.py"), *HOUSE.glob("pages/*.py")} - {ALONE})
#: One list of nouns each, and flat on purpose.
FLAT = {HOUSE / "pages", HOUSE / "renovation" / "model"}
#: The first table of every noun, in the order they are made.
FIRST = HOUSE / "renovation" / "store" / "migrations" / "versions" / "0001_first.py"


def test_no_folder_is_a_hall() -> None:
    held: dict[Path, int] = defaultdict(int)
    for file in HOUSE.glob("renovation/**/*"):
        if file.is_file() and file.name != "__init__.py" and "__pycache__" not in file.parts:
            held[file.parent] += 1
    assert {folder: count for folder, count in held.items() if count > 16}.keys() <= FLAT


def test_no_file_is_a_heap() -> None:
    most = {file: 60 if file.parent.name == "pages" else 500 for file in FILES if file != FIRST}
    long = {file: len(file.read_text("utf-8").splitlines()) for file in most}
    assert {file: lines for file, lines in long.items() if lines > most[file]} == {}


def test_no_two_classes_share_a_name() -> None:
    where: dict[str, list[str]] = defaultdict(list)
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                where[node.name].append(file.relative_to(HOUSE).as_posix())
    assert {name: files for name, files in where.items() if len(files) > 1} == {}


def public_functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    bodies = [tree.body, *(one.body for one in tree.body if isinstance(one, ast.ClassDef) and one.name[0] != "_")]
    for node in (node for body in bodies for node in body):
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node


def codes_raised(function: ast.FunctionDef) -> Iterator[str]:
    for node in ast.walk(function):
        if not (isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args):
            continue
        kind, code = node.exc.func, node.exc.args[0]
        if isinstance(kind, ast.Name) and kind.id.endswith("Error") and isinstance(code, ast.Constant):
            yield str(code.value)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(HOUSE).as_posix())
def test_what_a_function_refuses_stands_below_raises(file: Path) -> None:
    untold = {}
    for function in public_functions(ast.parse(file.read_text("utf-8"))):
        told = (ast.get_docstring(function) or "").partition("Raises\n------")[2]
        if missing := [code for code in codes_raised(function) if "." in code and f"``{code}``" not in told]:
            untold[function.name] = missing
    assert untold == {}


#: Where fen become yuan and 万元, and where an amount gets its unit.
MONEY = ("renovation/model/money.py", "renovation/text/formats.py")
AN_AMOUNT = re.compile(r"(?i)\b\w*(fen|cost|amount|budget|money|pledged|received|spent|price|balance|fund)\w*\W*$")


def sentences(tree: ast.AST) -> Iterator[ast.Constant]:
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node


def second_money_formats(tree: ast.AST) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div | ast.FloorDiv):
            by, divided = ast.unparse(node.right), node.left
            is_share = isinstance(divided, ast.BinOp)
            if by.startswith("FEN_PER_") or (
                by in {"100", "1000000"} and not is_share and AN_AMOUNT.search(ast.unparse(divided))
            ):
                yield node.lineno
        if (
            isinstance(node, ast.FormattedValue)
            and node.format_spec
            and re.search(r"\b(yuan|wan)\(", ast.unparse(node))
        ):
            yield node.lineno
    yield from (one.lineno for one in sentences(tree) if re.search(r"\{?万元|亿元|¥| 元$", str(one.value)))


def names_of(find: Callable[[ast.AST], Iterator[int]], *, without: tuple[str, ...]) -> dict[str, list[int]]:
    """Return the lines of each file in which something is found, but for the files and folders that may have it."""
    named = {file.relative_to(HOUSE).as_posix(): file for file in FILES}
    found = {
        name: sorted(find(ast.parse(file.read_text("utf-8"))))
        for name, file in named.items()
        if not name.startswith(without)
    }
    return {name: lines for name, lines in found.items() if lines}


def test_money_is_written_in_one_place() -> None:
    assert list(second_money_formats(ast.parse('f"{yuan(fen)} 元"; cost / FEN_PER_WAN; one.cost // 100')))
    # Readers name the units that people write, contacts among amounts too; the demonstration city invents its sums.
    elsewhere = ("renovation/imports/", "renovation/services/demo/", "renovation/rules/demands/contacts.py")
    assert names_of(second_money_formats, without=(*MONEY, *elsewhere)) == {}


def holds(node: ast.AST, kind: type[ast.AST] | tuple[type[ast.AST], ...]) -> bool:
    return any(isinstance(one, kind) for one in ast.walk(node))


def of_a_thing(node: ast.AST) -> bool:
    """Whether it names what a thing of the model is like, as ``poll.budget`` does; not a count of things."""
    return isinstance(node, ast.Attribute) and not (
        isinstance(node.value, ast.Name) and node.value.id in {"self", "st"}
    )


def plain_number(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float)


ORDER = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)


def is_judged(node: ast.AST) -> bool:
    """Whether it decides: a threshold, a comparison or share of what things are like, a sum of it, an order by it."""
    match node:
        case ast.Compare() if any(isinstance(one, ORDER) for one in node.ops):
            sides = [node.left, *node.comparators]
            numbers = [side for side in sides if plain_number(side)]
            if any(ast.unparse(number) in {"0", "1"} for number in numbers):
                return False
            return any(map(of_a_thing, sides)) or (bool(numbers) and not holds(node, ast.Call))
        case ast.Call(func=ast.Name("sum"), args=[ast.GeneratorExp(elt=counted), *_]):
            is_count = isinstance(counted, ast.Compare) or ast.unparse(counted).startswith("bool(")
            return holds(counted, ast.Attribute) and not is_count
        case ast.UnaryOp(op=ast.USub()):
            return of_a_thing(node.operand)
        case ast.BinOp(op=ast.Div() | ast.FloorDiv()):
            return of_a_thing(node.left) and of_a_thing(node.right)
    return False


def judgements(tree: ast.AST) -> Iterator[int]:
    yield from (getattr(node, "lineno", 0) for node in ast.walk(tree) if is_judged(node))


#: What a drawing looks like, how long a browser's ticket holds, how much a tab sends: no business of the office.
NO_BUSINESS = ("renovation/ui/map/", "renovation/ui/browser.py", "renovation/ui/uploads.py")


def test_screens_judge_nothing() -> None:
    planted = (
        "if one.due_on < day: ...", "row.rank <= chosen.cut", "0 if count < 4 else 1", "sum(row.cost for row in rows)",
        "sorted(rows, key=lambda row: -row.score)", "turnout.ballots / turnout.denominator",
    )  # fmt: skip
    assert [line for line in planted if not list(judgements(ast.parse(line)))] == []
    screens = names_of(judgements, without=NO_BUSINESS)
    assert {name: lines for name, lines in screens.items() if name.startswith(("renovation/ui/", "pages/"))} == {}


#: Writes no sentence in the reader's language: SQL, headers and styles for machines, what runs before the catalogue.
WRITES_NO_SENTENCE = (
    "renovation/errors.py",
    "renovation/bootstrap/",
    "renovation/model/hours.py",
    "renovation/store/",
    "renovation/ui/border.py",
    "renovation/ui/frame/shell.py",
)


def second_joiners(tree: ast.AST) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "join":
            between = list(ast.walk(node.func.value))
            words = [one.value for one in between if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            said = any(isinstance(one, ast.Call) for one in between)
            if said or any(re.search(r"[、，；]|^[,;/] $|^ / $", word) for word in words):
                yield node.lineno


def test_lists_are_joined_in_one_place() -> None:
    assert list(second_joiners(ast.parse('"、".join(names); say("comma").join(names); (", " if en else "，").join(x)')))
    assert names_of(second_joiners, without=("renovation/text/formats.py", *WRITES_NO_SENTENCE)) == {}


#: Read by people as it stands: an invented city, patterns that find numbers in texts and names.
HOLDS_WORDS = (
    "renovation/services/demo/",
    "renovation/rules/demands/contacts.py",
    "renovation/model/names.py",
    "renovation/model/numerals.py",
    "renovation/model/hours.py",
)
KEEPS_CODES = ("model", "rules", "services", "store")
SAYS = {"say", "told", "label", "enum_label", "listed", "text"}
FOREIGN = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")


def kept_words(tree: ast.AST) -> Iterator[int]:
    """Find words put together, or said in one language, where things are decided and kept; and words taken apart."""
    defaults = {id(one) for node in ast.walk(tree) if isinstance(node, ast.arguments) for one in node.kw_defaults}
    defaults |= {id(one) for node in ast.walk(tree) if isinstance(node, ast.arguments) for one in node.defaults}
    for node in ast.walk(tree):
        words = [part for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str)]
        if isinstance(node, ast.JoinedStr) and any(FOREIGN.search(str(part.value)) for part in words):
            yield node.lineno
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "Language.ZH" and id(node) not in defaults:
            yield node.lineno
        splits = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and "split" in node.func.attr
        if splits and any(FOREIGN.search(str(part.value)) for part in words):
            yield node.lineno


def said_to_services(tree: ast.AST) -> Iterator[int]:
    """Find calls of a service that hand it a sentence in the reader's language."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and ast.unparse(node.args[0]) == "store()":
            called = (one for one in ast.walk(node) if isinstance(one, ast.Call) and isinstance(one.func, ast.Name))
            if any(ast.unparse(one.func) in SAYS for one in called):
                yield node.lineno


def test_nothing_is_kept_in_the_language_of_whoever_wrote_it() -> None:
    assert list(kept_words(ast.parse('note = f"{a}：{b}"; text("k", Language.ZH); names.split("、")'))) == [1, 1, 1]
    assert list(said_to_services(ast.parse('verb(store(), actor, say("some.key"))'))) == [1]
    elsewhere = tuple(f"renovation/{room.name}/" for room in (HOUSE / "renovation").iterdir() if room.is_dir())
    elsewhere = tuple(room for room in elsewhere if room.split("/")[1] not in KEEPS_CODES)
    assert names_of(kept_words, without=(*elsewhere, *HOLDS_WORDS)) == {}
    assert names_of(said_to_services, without=()) == {}


def decimals(tree: ast.AST) -> Iterator[int]:
    yield from (one.lineno for one in ast.walk(tree) if isinstance(one, ast.Constant) and isinstance(one.value, float))


def test_services_set_no_thresholds() -> None:
    """A number with a decimal point is a measure or a limit, for rules and geo; the demonstration city is chance."""
    found = names_of(decimals, without=("renovation/services/demo/",))
    assert {name: lines for name, lines in found.items() if name.startswith("renovation/services/")} == {}
