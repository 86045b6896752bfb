"""``.pb`` files in: what is taken, and what is refused with line and field."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest
from alike import OTHERWISE
from hypothesis import given
from hypothesis import strategies as st

from renovation.errors import ImportRefusedError, InvalidError
from renovation.imports.polls.pabulib import read_pabulib
from renovation.imports.polls.pabulib_rules import declared_rule
from renovation.model.elections import BallotKind
from renovation.rules.election.settings import Add1, Settings
from renovation.rules.election.tally import tally
from renovation.text import Language, fault_text

META = "META\nkey;value\nbudget;100\nvote_type;{kind}\n{more}PROJECTS\n"
APPROVAL = (
    META.format(kind="approval", more="rule;greedy\n")
    + 'project_id;cost;name;odd\n1;60;"路灯; ""一""\nVOTES";x\n01;40;树;\n'
    + "VOTES\nvoter_id;vote;age\n7;1,01;30\n8;01;\n9;;\n"
)


def _faults(text: str | bytes) -> list[tuple[str, int | None, str | None]]:
    with pytest.raises(ImportRefusedError) as caught:
        read_pabulib(text if isinstance(text, bytes) else text.encode())
    for fault in caught.value.faults:
        for language in Language:
            assert fault_text(fault, language)
    return [(fault.code.removeprefix("pabulib."), fault.row, fault.column) for fault in caught.value.faults]


def test_reads_names_with_separators_and_keeps_what_it_does_not_know() -> None:
    election = read_pabulib(APPROVAL.encode(), voters=True)
    first, second = election.instance.projects
    assert (first.id, first.name, first.cost, dict(first.extra)) == ("1", '路灯; "一"\nVOTES', 60, {"odd": "x"})
    assert (second.id, second.cost) == ("01", 40)
    assert election.instance.meta == {"rule": "greedy"}
    count = tally(election.instance, election.profile)
    assert (count.ballots, count.blank, count.votes) == (3, 1, (1, 2))
    assert [voter.columns for voter in election.voters] == [
        {"voter_id": "7", "age": "30"},
        {"voter_id": "8", "age": ""},
        {"voter_id": "9", "age": ""},
    ]


@pytest.mark.parametrize("ending", ["\r\n", "\n"])
def test_reads_a_byte_order_mark_and_either_line_ending(ending: str) -> None:
    election = read_pabulib(b"\xef\xbb\xbf" + APPROVAL.replace("\n", ending).encode())
    assert election.profile.size == 3


def test_a_project_named_twice_counts_once() -> None:
    text = (
        META.format(kind="approval", more="") + "project_id;cost\n1;1\n2;1\nVOTES\nvoter_id;vote\na;2,1,2\nb; 1 , 2 \n"
    )
    election = read_pabulib(text.encode())
    assert tally(election.instance, election.profile).votes == (2, 2)
    assert len(election.profile.counts) == 1


def test_points_rankings_and_weights() -> None:
    body = "project_id;cost\n1;1\n2;1\nVOTES\nvoter_id;vote;points;weight\na;1,2;3,0.5;1\nb;2;2;1/3\n"
    election = read_pabulib((META.format(kind="cumulative", more="") + body).encode())
    count = tally(election.instance, election.profile)
    assert count.votes == (1, Fraction(4, 3))
    assert count.scores == (3, Fraction(1, 2) + Fraction(2, 3))
    body = "project_id;cost\n1;1\n2;1\nVOTES\nvoter_id;vote\na;1,2\nb;2,1\nc;2\n"
    election = read_pabulib((META.format(kind="ordinal", more="max_length;2\n") + body).encode())
    assert tally(election.instance, election.profile).scores == (3, 5)
    election = read_pabulib((META.format(kind="ordinal", more="") + body).encode())
    assert tally(election.instance, election.profile).scores == (3, 4)


def test_money_is_as_fine_as_the_file_writes_it() -> None:
    text = APPROVAL.replace("budget;100", "budget;100.0")
    assert read_pabulib(text.encode()).instance.scale == 1
    election = read_pabulib(text.replace("1;60;", "1;60.25;").encode())
    assert (election.instance.scale, election.instance.budget, election.instance.projects[0].cost) == (100, 10000, 6025)


def test_ballots_without_a_name_in_the_format() -> None:
    text = APPROVAL.replace("rule;greedy", "ballot_kind;knapsack")
    assert read_pabulib(text.encode()).instance.ballot_kind is BallotKind.KNAPSACK


def test_names_every_fault_by_line_and_field() -> None:
    text = (
        META.format(kind="approval", more="")
        + 'project_id;cost;name\n1;abc;"two\nlines"\n1;-5;x\n;1e3;y\n4;１２;z\n5;3\nVOTES\nvoter_id;vote\n1;1\n'
    )
    assert _faults(text) == [
        ("cost", 8, "cost"),
        ("project_twice", 9, "project_id"),
        ("cost", 9, "cost"),
        ("project_id", 10, "project_id"),
        ("cost", 10, "cost"),
        ("cost", 11, "cost"),
        ("cells", 12, None),
    ]


def test_names_faults_of_ballots() -> None:
    text = META.format(kind="cumulative", more="num_votes;2\n") + (
        "project_id;cost\n1;1\nVOTES\nvoter_id;vote;points\na;1;x\nb;2;1\nc;1;1,2\nd;1\ne;1;-1\n"
    )
    assert sorted(_faults(text)) == [
        ("cells", 14, None),
        ("points", 11, "points"),
        ("points", 15, "points"),
        ("points_count", 13, "points"),
        ("unknown_project", 12, "vote"),
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", ("no_meta", 1, None)),
        ("hello\n", ("no_meta", 1, None)),
        ("META\nkey;value\nbudget;x\nvote_type;approval\n", ("budget", 3, "budget")),
        ("META\nkey;value\nvote_type;approval\n", ("meta_missing", None, "budget")),
        ("META\nkey;value\nbudget;1\nvote_type;magic\n", ("vote_type", 4, "vote_type")),
        ("META\nkey;value\nbudget;1\nvote_type;approval\n", ("no_projects", 4, None)),
        (META.format(kind="approval", more="budget;2\n") + "project_id;cost\n", ("meta_twice", 5, "budget")),
        (META.format(kind="approval", more="") + "project_id;name\n", ("column_missing", 6, "cost")),
        (
            META.format(kind="approval", more="") + 'project_id;cost;name\n1;1;"open\nVOTES\nvoter_id;vote\n',
            ("no_votes", 9, None),
        ),
        (
            META.format(kind="approval", more="") + "project_id;cost\nVOTES\nvoter_id;vote\n",
            ("projects_empty", 7, None),
        ),
        (
            META.format(kind="approval", more="") + "project_id;cost\n1;1\nVOTES\nvoter_id\n",
            ("column_missing", 9, "vote"),
        ),
        (APPROVAL.replace("rule;greedy", "num_votes;4"), ("num_votes", 5, "num_votes")),
        (APPROVAL.replace("odd", "latitude").replace(";x\n", ";91\n"), ("degrees", 9, "latitude")),
        (APPROVAL.encode()[:-4] + b"\xe5\n", ("not_utf8", None, None)),
        (
            META.format(kind="approval", more="") + "project_id;cost;name\n1;1;" + "x" * 1_200_000,
            ("broken_quotes", 7, None),
        ),
    ],
)
def test_refuses_by_name(text: str | bytes, fault: tuple[str, int | None, str | None]) -> None:
    (found, *_) = _faults(text)
    assert (found[0], found[2]) == (fault[0], fault[2])
    assert fault[1] is None or found[1] == fault[1]


def test_lists_at_most_fifty_faults() -> None:
    text = META.format(kind="approval", more="") + "project_id;cost\n" + "a;b;c\n" * 10_000
    assert len(_faults(text)) == 50


def test_declared_rule_with_floor_and_budgets() -> None:
    more = (
        "rule;greedy-threshold\nmin_project_score_threshold;5\ncategories;a,b\nbudget_per_category;10,20\n"
        "neighborhoods;n\nbudget_per_neighborhood;7\n"
    )
    text = META.format(kind="approval", more=more) + "project_id;cost\n1;1\nVOTES\nvoter_id;vote\n"
    rule, settings = declared_rule(read_pabulib(text.encode()).instance)
    assert rule == "greedy"
    assert settings == Settings(floor=5, category_budgets={"a": 10, "b": 20}, area_budgets={"n": 7})
    one = read_pabulib(text.replace("greedy-threshold", "equalshares/add1").encode()).instance
    assert declared_rule(one)[1].add1 is Add1.OVERSPEND
    with pytest.raises(InvalidError, match="rule_unknown"):
        declared_rule(read_pabulib(text.replace("greedy-threshold", "magic").encode()).instance)
    with pytest.raises(InvalidError, match="limits"):
        declared_rule(read_pabulib(text.replace("10,20", "10").encode()).instance)


def test_an_official_winner_that_nobody_named_says_that_the_floor_was_nothing() -> None:
    votes = "VOTES\nvoter_id;vote\n1;1\n"
    text = META.format(kind="approval", more="rule;greedy\n") + "project_id;cost;selected\n1;1;1\n2;1;{}\n" + votes
    assert declared_rule(read_pabulib(text.format(1).encode()).instance) == ("greedy", Settings(floor=0))
    assert declared_rule(read_pabulib(text.format(0).encode()).instance) == ("greedy", Settings())


def test_a_file_that_a_spreadsheet_padded_is_read():
    plain = (
        "META\nkey;value\nnum_votes;2\nbudget;10\nvote_type;approval\nrule;greedy\n"
        "PROJECTS\nproject_id;cost;name\na;3;x\nVOTES\nvoter_id;vote\n1;a\n2;\n"
    )
    padded = "\ufeff" + "".join(f"{line};;;\r\n" for line in plain.splitlines()) + ";;;;"
    found, wanted = read_pabulib(padded.encode()), read_pabulib(plain.encode())
    assert (found.instance, found.profile.size) == (wanted.instance, wanted.profile.size)
    quoted = padded.replace("META", '"META"').replace("key;value", '"key";"value"')
    assert read_pabulib(quoted.encode()).instance == wanted.instance


@pytest.mark.parametrize("mark", [",", "\t"])
def test_a_file_whose_fields_a_spreadsheet_has_moved_is_refused_with_the_cure(mark):
    data = f"META{mark}{mark}\nkey;value{mark}{mark}\nbudget;10{mark}\n".encode()
    with pytest.raises(ImportRefusedError) as refused:
        read_pabulib(data)
    assert [fault.code for fault in refused.value.faults] == ["pabulib.resaved"]
    assert "原来的" in fault_text(refused.value.faults[0], "zh-CN")


def _election(projects: list[str], voters: list[str]) -> bytes:
    lines = [f'"{one}";10' for one in projects]
    votes = [f'"{one}";"{projects[0]}"' for one in voters]
    return "\n".join(
        [f"{META.format(kind='approval', more='')}project_id;cost", *lines, "VOTES", "voter_id;vote", *votes, ""]
    ).encode()


@given(st.sampled_from(OTHERWISE), st.from_regex(r"[A-Za-z][A-Za-z0-9]{1,8}", fullmatch=True))
def test_projects_and_voters_whose_ids_are_written_alike_are_named(otherwise: Callable[[str], str], name: str) -> None:
    other = otherwise(name)
    spelling = "alike" if other.strip() != name else "twice"
    assert _faults(_election([name, "zz-9", other], ["1"])) == [(f"project_{spelling}", 9, "project_id")]
    assert _faults(_election(["p"], [name, "zz-9", other])) == [(f"voter_{spelling}", 12, "voter_id")]
    assert read_pabulib(_election([name, f"{name}x"], [f"{name}0", f"{name}00"])).profile.size == 2
