#!/usr/bin/env python3
"""Recount a published election with nothing but Python's standard library: ``python verify_bundle.py BUNDLE [ROOT]``.

BUNDLE is a zip file or a folder with ``election.pb`` (the anonymous ballots), ``settings.json`` (the rule and its
settings), ``allocation.json`` (the result), ``receipts.txt`` and ``manifest.json`` (checksums), and, for a poll that
was sealed, ``poll.json`` (what voters were promised), ``reconciliation.json`` and ``ledger.json`` (what the root hash
on the signed reconciliation sheet is made of: the checksum of every file of the bundle but itself and the manifest,
which follows from the others). This script checks the checksums, counts the ballots again, applies the rule again in
exact arithmetic, works the root hash out again, and compares. It shares no code with the program that made the bundle.

ROOT is the root hash on the signed reconciliation sheet, with or without its spaces. Without it, compare the root hash
that is printed with the sheet by eye: a bundle that somebody made anew agrees with itself, but not with the paper. A
bundle without ``ledger.json`` is under no root, and the script says so.

A script cannot vouch for itself: somebody who forges a bundle forges the script in it. Take this file from a place you
trust (the program's own repository, another town's bundle), or hold its SHA-256 against the one on the signed sheet
(``sha256sum verify_bundle.py``, on Windows ``certutil -hashfile verify_bundle.py SHA256``) before you run it.

It speaks Chinese or English, as the computer does or as ``--lang zh`` and ``--lang en`` say.

Exit status: 0 everything agrees, 1 something differs, 2 the bundle cannot be read.
"""

# People who check an election read this file, and run it alone beside a bundle: one file, however long, that shares no
# code with the rest, and without type annotations.
# mypy: ignore-errors

from __future__ import annotations

import csv
import hashlib
import io
import json
import locale
import os
import struct
import sys
import zipfile
import zlib
from fractions import Fraction
from math import gcd
from pathlib import Path

FILES = ("allocation.json", "election.pb", "manifest.json", "receipts.txt", "settings.json")
#: The bundle of a sealed poll has these as well, all or none.
SEALED = ("ledger.json", "poll.json", "reconciliation.json")
#: More than this is not read.
MOST_BYTES = 2_000_000_000

#: What a damaged zip file makes Python say.
DAMAGE = (zipfile.BadZipFile, RuntimeError, NotImplementedError, ValueError, EOFError, struct.error, zlib.error)

# ---------------------------------------------------------------- words

CHINESE = {
    "usage: python verify_bundle.py BUNDLE [ROOT] [--lang zh|en]": (
        "用法：python verify_bundle.py 公开包 [选票校验码] [--lang zh|en]"
    ),
    "Cannot verify: {why}": "无法核对：{why}",
    "DIFFERS: {what}": "不一致：{what}",
    "The publication does NOT agree with the recount.": "公布的结果与重新计算不一致。",
    "Everything agrees.": "全部一致。",
    "{ballots} ballots, rule {rule}, checksum {root}": ("{ballots} 张选票，规则 {rule}，清单校验码 {root}"),
    "Winners of the recount: {winners}": "重新计算的入选项目：{winners}",
    "Root hash, to compare with the signed reconciliation sheet: {root}": ("选票校验码（与签字的核对单核对）：{root}"),
    "It is the one you gave.": "与您给出的校验码相同。",
    "SHA-256 of the script in the bundle, to compare with the same sheet: {sum}": (
        "公开包内核对脚本的 SHA-256（与同一张结果单核对）：{sum}"
    ),
    "Under the root: every file but manifest.json, which follows from the others.": (
        "校验码管着每一个文件；manifest.json 由其他文件推出，不在其内。"
    ),
    "Under NO root, so nobody has signed for: {names}": ("没有选票校验码，下列文件没有人签字担保：{names}"),
    "the bundle is too large": "公开包太大",
    "the bundle holds a name twice": "公开包里有同名文件",
    "the bundle lacks {names}": "公开包缺少 {names}",
    "{name} is no file": "{name} 不是文件",
    "cannot read {name}: {error}": "读不出 {name}：{error}",
    "{name} was changed after publication": "{name} 在公布后被改动",
    "{name} was changed after publication ({error})": "{name} 在公布后被改动（{error}）",
    "{name} is listed but missing": "清单里有 {name}，公开包里没有",
    "{name} is not listed in the manifest": "{name} 不在清单里",
    "the manifest does not follow from the files": "清单与文件对不上",
    "the zip file was changed between its files, or packed anew": ("zip 里文件之外的字节被改动过，或者被重新打包"),
    "{name} is not written as it was published": "{name} 的写法与公布时不同",
    "{value} is not a number": "{value} 不是数字",
    "{value} is not an amount": "{value} 不是金额",
    "a project id stands twice": "有两个项目编号相同",
    "a ballot names {name}, which is no project": "有选票写了 {name}，没有这个项目",
    "a ballot says yes and no to the same project": "有选票对同一项目既写同意又写不同意",
    "points do not stand beside the projects of a ballot": "有选票的分数与项目对不上",
    "unknown rule {rule}": "没有规则 {rule}",
    "election.pb does not begin with META": "election.pb 不是以 META 开头",
    "election.pb lacks a part": "election.pb 缺少一部分",
    "{name} is not the one that was sealed": "{name} 不是封存时的那一份",
    "the root hash does not follow from ledger.json": "选票校验码与 ledger.json 的内容对不上",
    "the root hash is {found}, on the sheet {root}": "选票校验码是 {found}，核对单上是 {root}",
    "{name} was announced as {value}, but run as {found}": ("{name} 公布为 {value}，计算时用了 {found}"),
    "{cast} ballots, {found} in the reconciliation": "选票 {cast} 张，核对表上 {found} 张",
    "{receipts} receipts, {cast} ballots cast on screen": ("投票回执 {receipts} 张，屏幕投票 {cast} 张"),
    "a line of the reconciliation does not agree": "核对表里有对不上的项",
    "the result lists other projects than the election": "结果里的项目与选举的不同",
    "{cast} ballots, published {found}": "数出 {cast} 张选票，公布 {found} 张",
    "project {name}: {column} {found}, published {value}": ("项目 {name}：{column} 为 {found}，公布的是 {value}"),
    "project {name}: {column} {found}, election.pb says {value}": (
        "项目 {name}：{column} 为 {found}，election.pb 写的是 {value}"
    ),
    "winners differ: recount has {more} more, the publication {less} more": (
        "入选项目不同：重新计算多出 {more}，公布的多出 {less}"
    ),
    "the result marks other projects as selected than it lists as winners": ("结果标出的入选项目与名单不同"),
    "{column} {found}, published {value}": "{column} 为 {found}，公布的是 {value}",
    "a receipt stands twice in receipts.txt": "receipts.txt 里有投票回执出现两次",
    "{receipts} receipts for {cast} ballots": "投票回执 {receipts} 张，选票 {cast} 张",
    "the bundle is damaged ({error})": "公开包已损坏（{error}）",
}
LANGUAGE = "en"


def spell(sentence, **fields):
    """Return a sentence in the reader's language."""
    return (CHINESE[sentence] if LANGUAGE == "zh" else sentence).format(**fields)


def spoken():
    """Return the language of the computer."""
    named = [os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG")]
    said = next((name for name in named if name), "") or (locale.getlocale()[0] or "")
    return "zh" if said.lower().startswith(("zh", "chinese")) else "en"


class UnreadableError(Exception):
    """The bundle is not one."""


def refuse(sentence, **fields):
    """Give up, saying why."""
    raise UnreadableError(spell(sentence, **fields)) from None


# ---------------------------------------------------------------- reading


def load(bundle):
    """Return the bundle's files as {name: bytes}."""
    path = Path(bundle)
    try:
        if path.is_dir():
            inside = sorted(path.iterdir())
            for item in inside:
                if not item.is_file():
                    refuse("{name} is no file", name=item.name)
            if sum(item.stat().st_size for item in inside) > MOST_BYTES:
                refuse("the bundle is too large")
            return {item.name: item.read_bytes() for item in inside}
        if path.stat().st_size > MOST_BYTES:
            refuse("the bundle is too large")
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            names = [entry.filename for entry in entries]
            if len(set(names)) < len(names):
                refuse("the bundle holds a name twice")
            # Stored as it is: what unpacks to more than the file holds was packed by somebody else.
            if sum(entry.file_size for entry in entries) > path.stat().st_size or any(
                entry.compress_type for entry in entries
            ):
                refuse("the zip file was changed between its files, or packed anew")
            files = {}
            for name in names:
                try:
                    files[name] = archive.read(name)
                except DAMAGE as error:
                    refuse("{name} was changed after publication ({error})", name=name, error=error)
            return files
    except (OSError, *DAMAGE) as error:
        refuse("cannot read {name}: {error}", name=path.name, error=error)


def repacked(files):
    """Return the zip file as it was published: in order of names, stored, with no time."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            archive.writestr(entry, files[name])
    return out.getvalue()


def sha256(data):
    """Return a checksum."""
    return hashlib.sha256(data).hexdigest()


def written(value):
    """Return a JSON file as it is published."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1, separators=(",", ": "), allow_nan=False)
    return (text + "\n").encode()


def check_form(files):
    """Return what is written otherwise than it was published: a key twice, a space more, another form of a number."""
    problems = [
        name for name in sorted(files) if name.endswith(".json") and written(json.loads(files[name])) != files[name]
    ]
    receipts = files["receipts.txt"]
    if receipts != b"".join(line + b"\n" for line in sorted(receipts.split())):
        problems.append("receipts.txt")
    return [spell("{name} is not written as it was published", name=name) for name in problems]


def check_manifest(files):
    """Return what is wrong with the checksums."""
    manifest = json.loads(files["manifest.json"])
    problems = []
    listed = manifest["files"]
    sums = {name: sha256(data) for name, data in files.items() if name != "manifest.json"}
    problems += [spell("{name} is listed but missing", name=name) for name in sorted(set(listed) - set(sums))]
    problems += [spell("{name} is not listed in the manifest", name=name) for name in sorted(set(sums) - set(listed))]
    for name in sorted(set(sums) & set(listed)):
        if sums[name] != listed[name]:
            problems.append(spell("{name} was changed after publication", name=name))
    if problems:
        return problems
    root = sha256("".join(f"{name} {sums[name]}\n" for name in sorted(sums)).encode())
    if manifest != {"format": json.loads(files["settings.json"])["format"], "files": sums, "root": root}:
        problems.append(spell("the manifest does not follow from the files"))
    return problems


def exact(value):
    """Return a number as a fraction; one with an exponent could fill the memory."""
    if isinstance(value, float):
        return Fraction(value)
    if "e" in str(value).lower() or len(str(value)) > 40:
        refuse("{value} is not a number", value=repr(str(value)[:40]))
    return Fraction(str(value).strip())


def money(text, scale):
    """Return an amount in whole smallest units."""
    amount = exact(text) * scale
    if amount.denominator != 1 or amount < 0:
        refuse("{value} is not an amount", value=repr(text))
    return amount.numerator


class Election:
    """The ballots and the rule; projects are ids, ballots are merged."""

    def __init__(self, data, rule, settings, scale):
        self.rule, self.settings = rule, settings
        self.meta, projects, votes = sections(data)
        self.budget = money(self.meta["budget"], scale)
        kind = self.meta.get("vote_type", "approval").lower()
        # Yes/no ballots are written as approval ballots of their yeses, the noes in a column of their own.
        self.kind = "yes-no" if self.meta.get("ballot_kind") == "yes-no" else kind
        self.ids = [row["project_id"].strip() for row in projects]
        if len(set(self.ids)) < len(self.ids):
            refuse("a project id stands twice")
        self.place = {name: place for place, name in enumerate(self.ids)}
        self.rows = dict(zip(self.ids, projects, strict=True))
        self.cost = {name: money(self.rows[name]["cost"], scale) for name in self.ids}
        self.categories = {
            name: {part.strip() for part in (self.rows[name].get("category") or "").split(",")} for name in self.ids
        }
        self.area = {name: self.rows[name].get("neighborhood") or None for name in self.ids}
        impossible = settings.get("impossible", {})
        self.mandatory = {name for name in self.ids if (self.rows[name].get("mandatory") or "0") not in ("0", "")}
        self.must = sorted(self.mandatory - set(impossible))
        self.ballots = {}
        self.cast = 0
        for row in votes:
            self.add(row)
        self.weight = sum(self.ballots.values(), Fraction(0))
        self.votes = dict.fromkeys(self.ids, Fraction(0))
        self.score = dict.fromkeys(self.ids, Fraction(0))
        self.against = dict.fromkeys(self.ids, Fraction(0))
        for ballot, weight in self.ballots.items():
            for name, value in ballot:
                if value < 0:
                    self.against[name] += weight
                else:
                    self.votes[name] += weight
                    self.score[name] += weight * value
        more_than = exact(settings.get("yes_share", "1/2"))
        floor = max(exact(settings.get("floor", 0)), exact(settings.get("relative_floor", 0)) * self.weight)
        # Only a floor of 0 that was announced lets a project win that nobody has named.
        unnamed_wins = settings.get("floor") is not None
        self.entrants = [
            name
            for name in self.ids
            if name not in self.must
            and name not in impossible
            and self.score[name] >= floor
            and (unnamed_wins or self.score[name])
            and (not self.against[name] or self.votes[name] > more_than * (self.votes[name] + self.against[name]))
        ]

    def add(self, row):
        """Count one ballot."""
        self.cast += 1
        named = [name.strip() for name in row["vote"].split(",") if name.strip()]
        noes = []
        if self.kind == "yes-no":
            noes = [name.strip() for name in row["against"].split(",") if name.strip()]
            if set(named) & set(noes):
                refuse("a ballot says yes and no to the same project")
        distinct = list(dict.fromkeys(named + noes))
        for name in distinct:
            if name not in self.place:
                refuse("a ballot names {name}, which is no project", name=repr(name))
        if self.kind == "yes-no":
            values = [Fraction(-1 if name in noes else 1) for name in distinct]
        elif self.kind == "ordinal":
            longest = int(self.meta["max_length"]) if self.meta.get("max_length") else len(distinct)
            values = [Fraction(max(longest - place, 0)) for place in range(len(distinct))]
        elif self.kind in ("cumulative", "scoring"):
            points = [exact(part) for part in row["points"].split(",") if part.strip()]
            if len(points) != len(named):
                refuse("points do not stand beside the projects of a ballot")
            values = [points[named.index(name)] for name in distinct]
        else:
            values = [Fraction(1)] * len(distinct)
        ballot = tuple(sorted(zip(distinct, values, strict=True)))
        weight = exact(row["weight"]) if row.get("weight") else Fraction(1)
        self.ballots[ballot] = self.ballots.get(ballot, Fraction(0)) + weight

    # ------------------------------------------------------------ limits and ties

    def key(self, name):
        """Return the sort key of the announced tie-break; lower is served first."""
        rule = self.settings.get("tie_break", "id")
        if rule == "cheapest":
            return (self.cost[name], name)
        if rule == "dearest":
            return (-self.cost[name], name)
        if rule == "more-supporters":
            return (-self.votes[name], name)
        if rule == "lot":
            drawn = hashlib.sha256(f"{self.settings.get('seed')}\n{name}".encode()).hexdigest()
            return (drawn, name)
        if rule == "file-order":
            return (self.place[name], name)
        return (name, name)

    def ordered(self, tied):
        """Return equal projects in the order they are served."""
        tied = list(tied)
        for order in self.settings.get("committee_orders", []):
            if set(tied) <= set(order):
                return sorted(tied, key=order.index)
        return sorted(tied, key=self.key)

    def reaches(self, name):
        """Return the limits a project counts against: [(key, amount)]."""
        found = [(("budget",), self.cost[name])]
        found += [
            (("category", category), self.cost[name])
            for category in self.settings.get("category_budgets", {})
            if category in self.categories[name]
        ]
        if self.area[name] in self.settings.get("area_budgets", {}):
            found.append((("area", self.area[name]), self.cost[name]))
        if self.area[name] in self.settings.get("area_caps", {}):
            found.append((("cap", self.area[name]), 1))
        for number, group in enumerate(self.settings.get("exclusive", [])):
            if name in group:
                found.append((("group", number), 1))
        return found

    def limits(self):
        """Return what each limit allows: {key: amount}."""
        most = {("budget",): self.budget}
        most.update({("category", c): int(a) for c, a in self.settings.get("category_budgets", {}).items()})
        most.update({("area", c): int(a) for c, a in self.settings.get("area_budgets", {}).items()})
        most.update({("cap", c): int(a) for c, a in self.settings.get("area_caps", {}).items()})
        most.update({("group", number): 1 for number, _ in enumerate(self.settings.get("exclusive", []))})
        return most

    def winners(self):
        """Apply the announced rule."""
        run = {
            "greedy": lambda: Greedy(self).run(stop=False, per_cost=False),
            "greedy-stop": lambda: Greedy(self).run(stop=True, per_cost=False),
            "greedy-per-cost": lambda: Greedy(self).run(stop=False, per_cost=True),
            "mes": lambda: equal_shares(self),
            "phragmen": lambda: phragmen(self),
            "max-welfare": lambda: max_welfare(self),
        }
        if self.rule not in run:
            refuse("unknown rule {rule}", rule=repr(self.rule))
        return run[self.rule]()


def sections(data):
    """Return META as a dict, PROJECTS and VOTES as lists of dicts."""
    rows = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";")
    parts, title, head = {}, None, None
    for row in rows:
        if not row or (len(row) == 1 and not row[0].strip()):
            continue
        if len(row) == 1 and row[0].strip().upper() in ("META", "PROJECTS", "VOTES"):
            title, head = row[0].strip().upper(), None
            parts[title] = []
        elif title is None:
            refuse("election.pb does not begin with META")
        elif head is None:
            head = [cell.strip() for cell in row]
        elif title == "META":
            parts[title].append((row[0].strip(), ";".join(row[1:]).strip()))
        else:
            parts[title].append(dict(zip(head, row, strict=True)))
    if set(parts) != {"META", "PROJECTS", "VOTES"}:
        refuse("election.pb lacks a part")
    return dict(parts["META"]), parts["PROJECTS"], parts["VOTES"]


class Left:
    """What the limits still allow."""

    def __init__(self, election):
        self.election = election
        self.left = election.limits()
        self.reaches = {name: election.reaches(name) for name in election.ids}

    def fits(self, name, total=True):
        """Tell whether a project can be taken; ``total=False`` leaves the whole budget aside."""
        return all(amount <= self.left[key] for key, amount in self.reaches[name] if total or key != ("budget",))

    def only_money(self, name):
        """Tell whether nothing but money keeps a project out."""
        return all(amount <= self.left[key] for key, amount in self.reaches[name] if key[0] in ("cap", "group"))

    def take(self, name):
        """Count a project against its limits."""
        for key, amount in self.reaches[name]:
            self.left[key] -= amount


# ---------------------------------------------------------------- the rules


class Greedy:
    """By votes or by votes per cost, from what is left."""

    def __init__(self, election, left=None, rest=None):
        self.election = election
        self.chosen = []
        if left is None:
            left = Left(election)
            for name in election.must:
                left.take(name)
            self.chosen = list(election.must)
        self.left = left
        self.rest = election.entrants if rest is None else rest

    def run(self, stop, per_cost):
        """Return the winners in the order taken."""
        election = self.election
        groups = {}
        for name in self.rest:
            groups.setdefault(self.standing(name, per_cost), []).append(name)
        for standing in sorted(groups):
            for name in election.ordered(groups[standing]):
                if self.left.fits(name):
                    self.left.take(name)
                    self.chosen.append(name)
                elif stop and self.left.only_money(name):
                    return self.chosen
        return self.chosen

    def standing(self, name, per_cost):
        """Return the sort key of a project; equal keys are a tie."""
        score, cost = self.election.score[name], self.election.cost[name]
        if not per_cost:
            return (0, -score)
        if not score:
            return (2, Fraction(0))
        return (1, -score / cost) if cost else (0, Fraction(0))


def completed(election, left, chosen):
    """Spend the rest by votes, if announced."""
    if election.settings.get("completion", "none") == "greedy":
        rest = [name for name in election.entrants if name not in chosen]
        return chosen + Greedy(election, left, rest).run(stop=False, per_cost=False)
    return chosen


class Purses:
    """Every voter's exact balance; voters of equal history share a number over one growing denominator."""

    def __init__(self, election, backers, share):
        self.backers = backers
        self.of = [0] * len(election.ballots)
        self.held = [share.numerator, 0]
        self.denominator = share.denominator
        self.worth = {
            name: (election.cost[name] or 1) if election.settings.get("utility", "cost") == "cost" else 1
            for name in backers
        }
        self.cost = election.cost

    def merged(self, name):
        """Return {(history, value): weight} of the supporters."""
        found = {}
        for ballot, value, weight in self.backers[name]:
            key = (self.of[ballot], value)
            found[key] = found.get(key, 0) + weight
        return found

    def unit(self, name):
        """Return what one value unit pays, as a pair over ``self.denominator``; None if the money does not suffice."""
        to_pay = self.cost[name] * self.denominator
        rich = [(self.held[c], value, weight) for (c, value), weight in self.merged(name).items() if self.held[c]]
        if not to_pay:
            return 0, 1
        while rich:
            units = sum(value * weight for _, value, weight in rich)
            poor = [purse for purse in rich if purse[0] * units < to_pay * purse[1]]
            if not poor:
                return to_pay, units
            rich = [purse for purse in rich if purse[0] * units >= to_pay * purse[1]]
            to_pay -= sum(held * weight for held, _, weight in poor)
        return None

    def price(self, name):
        """Return the money per unit of utility."""
        unit = self.unit(name)
        return None if unit is None else Fraction(unit[0], unit[1] * self.denominator * self.worth[name])

    def in_full(self, name):
        """Tell, supporter by supporter, who can pay the price in full."""
        above, below = self.unit(name)
        merged = {key: self.held[key[0]] * below >= above * key[1] for key in self.merged(name)}
        return [merged[self.of[ballot], value] for ballot, value, _ in self.backers[name]]

    def pay(self, name):
        """Let the supporters pay."""
        unit = Fraction(*self.unit(name))
        factor = unit.denominator
        self.held = [held * factor for held in self.held]
        self.denominator *= factor
        after = {}
        for ballot, value, _ in self.backers[name]:
            key = (self.of[ballot], value)
            if key not in after:
                left = self.held[key[0]] - unit.numerator * value
                after[key] = 1
                if left > 0:
                    after[key] = len(self.held)
                    self.held.append(left)
            self.of[ballot] = after[key]


def equal_shares(election):
    """Method of Equal Shares with Add1 and completion."""
    backers = {name: [] for name in election.entrants}
    # Values and weights in whole numbers; a common factor of all utilities changes no comparison.
    scale = common(value for ballot in election.ballots for _, value in ballot)
    parts = common(election.ballots.values())
    for number, (ballot, weight) in enumerate(election.ballots.items()):
        for name, value in ballot:
            if name in backers and value > 0:
                backers[name].append((number, int(value * scale), int(weight * parts)))
    start = Left(election)
    for name in election.must:
        start.take(name)
    budget = start.left[("budget",)]
    if not election.weight:
        return completed(election, start, list(election.must))
    share = Fraction(budget) / (election.weight * parts)
    chosen, left, short = shares(election, backers, share)
    step = Fraction(election.settings.get("step", 0)) / parts
    add1 = election.settings.get("add1", "off")
    jump, wait, patience, known = 1, 0, 1, {}
    while add1 != "off" and step and short:
        if add1 == "exhaustive" and not any(left.fits(n) for n in election.entrants if n not in chosen):
            break
        # Add1 raises every share by one step. Jumps of several are taken where nothing can change on the way, and
        # halved where that is not certain; the step that changes something is always taken alone.
        target = share + jump * step
        if target not in known:
            known[target] = shares(election, backers, target)
        following, left_then, short_then = known[target]
        if jump == 1:
            if left_then.left[("budget",)] < 0:
                break
            wait -= 1
            jump = 2 if following == chosen and wait < 0 else 1
        elif following == chosen and same_between(election, backers, share, target, chosen):
            jump, patience = jump * 2, 1
        else:
            if jump == 2:
                patience = min(patience * 2, 64)
                wait = patience
            jump //= 2
            continue
        chosen, left, short, share = following, left_then, short_then, target
        known = {at: found for at, found in known.items() if at > share}
    return completed(election, left, chosen)


def same_between(election, backers, low, high, chosen):
    """Tell whether it is certain that every share between two, which both choose the same in order, does so too.

    While the same is bought in the same order, no balance falls and no price rises as the share grows: a price is the
    least at which the supporters' payments reach the cost, and what is left after a purchase is the greater of 0 and
    balance minus payment. So whoever pays in full at ``low`` does so at ``high``, and in each round another project
    stands between them as it does at both, if at ``high`` it cannot be paid for or costs more than the chosen one does
    at ``low``; or if all four prices are equal, and so constant; or if the same voters pay in full at both ends so far:
    then all prices are straight lines in the share, and neither meet nor part between two ends where they do not.
    """
    left = Left(election)
    for name in election.must:
        left.take(name)
    ends = [Purses(election, backers, share) for share in (low, high)]
    straight = True
    known = {name: Fraction(-1) for name in backers if backers[name]}

    def alike(name):
        return ends[0].in_full(name) == ends[1].in_full(name)

    for name in chosen[len(election.must) :]:
        before, after = (purses.price(name) for purses in ends)
        straight = straight and alike(name)
        del known[name]
        for other in [other for other in known if known[other] <= before]:
            if not left.fits(other, total=False):
                del known[other]
                continue
            later = ends[1].price(other)
            if later is None:
                del known[other]
                continue
            known[other] = later
            if later > before:
                continue
            sooner = ends[0].price(other)
            if sooner is None:
                return False
            if sooner == later == before == after:
                continue
            steady = (sooner > before and later > after) or (sooner == before and later == after)
            if not (steady and straight and alike(other)):
                return False
        for purses in ends:
            purses.pay(name)
        left.take(name)
    return True


def common(values):
    """Return the least common denominator."""
    found = 1
    for denominator in {Fraction(value).denominator for value in values}:
        found *= denominator // gcd(found, denominator)
    return found


def shares(election, backers, share):
    """Return (winners, what is left, whether a project is out only for want of its supporters' money)."""
    left = Left(election)
    for name in election.must:
        left.take(name)
    chosen = list(election.must)
    purses = Purses(election, backers, share)
    total = {name: sum(weight for _, _, weight in backers[name]) for name in backers}
    known = {name: Fraction(-1) for name in backers if total[name]}
    short = [name for name in known if total[name] * share < election.cost[name]]
    for name in short:
        del known[name]
    while True:
        best, tied = None, []
        # Prices only rise: what was dearer than the best before need not be priced again.
        for name in sorted(known, key=known.get):
            if best is not None and known[name] > best:
                break
            if not left.fits(name, total=False):
                del known[name]
                continue
            price = purses.price(name)
            if price is None:
                short.append(name)
                del known[name]
                continue
            known[name] = price
            if best is None or price < best:
                best, tied = price, [name]
            elif price == best:
                tied.append(name)
        if not tied:
            return chosen, left, any(left.fits(name, total=False) for name in short)
        name = election.ordered(tied)[0]
        purses.pay(name)
        left.take(name)
        chosen.append(name)
        del known[name]


def phragmen(election):
    """Sequential Phragmén, stopping at the first project beyond the budget."""
    backers = {name: [] for name in election.entrants}
    for number, (ballot, weight) in enumerate(election.ballots.items()):
        for name, value in ballot:
            if name in backers and value > 0:
                backers[name].append((number, weight))
    left = Left(election)
    for name in election.must:
        left.take(name)
    chosen = list(election.must)
    paid = [0] * len(election.ballots)
    moments = [Fraction(0)]
    weight_of = {name: sum((weight for _, weight in backers[name]), Fraction(0)) for name in backers}
    known = {name: Fraction(-1) for name in backers if weight_of[name]}
    while True:
        best, tied = None, []
        for name in sorted(known, key=known.get):
            if best is not None and known[name] > best:
                break
            if not left.fits(name, total=False):
                del known[name]
                continue
            by_round = {}
            for ballot, weight in backers[name]:
                by_round[paid[ballot]] = by_round.get(paid[ballot], 0) + weight
            gathered = sum(moments[number] * weight for number, weight in by_round.items())
            known[name] = (election.cost[name] + gathered) / weight_of[name]
            if best is None or known[name] < best:
                best, tied = known[name], [name]
            elif known[name] == best:
                tied.append(name)
        if not tied:
            return completed(election, left, chosen)
        name = election.ordered(tied)[0]
        if not left.fits(name):
            return completed(election, left, chosen)
        left.take(name)
        chosen.append(name)
        del known[name]
        moments.append(best)
        for ballot, _ in backers[name]:
            paid[ballot] = len(moments) - 1


def max_welfare(election):
    """Return the set of highest total score: depth first, cut by what a divisible rest could add at most.

    The tie-break is part of the gain: score times 2**n, plus a power of two by place in the order of the tie-break.
    """
    left = Left(election)
    for name in election.must:
        left.take(name)
    useful = election.ordered([n for n in election.entrants if election.score[n] > 0 and left.fits(n)])
    scale = common(election.score[name] for name in useful)
    count = len(useful)
    gain = {
        name: (int(election.score[name] * scale) << count) + (1 << (count - 1 - place))
        for place, name in enumerate(useful)
    }
    order = sorted(
        useful, key=lambda n: -Fraction(gain[n], election.cost[n]) if election.cost[n] else -(1 << 4 * count)
    )
    # Each project counts against the whole budget and, in the bound, against one further money limit at most.
    pot = {name: next((key for key, _ in left.reaches[name] if key[0] in ("category", "area")), None) for name in order}
    best = {"gain": -1, "chosen": []}

    def bound(at, gained):
        money_left = left.left[("budget",)]
        pots = {}
        for name in order[at:]:
            cost = election.cost[name]
            room = money_left
            if pot[name] is not None:
                room = min(room, pots.setdefault(pot[name], left.left[pot[name]]))
            if not left.fits(name):
                continue
            if cost <= room:
                gained += gain[name]
            elif room > 0:
                gained += gain[name] * room // cost + 1
                cost = room
            else:
                continue
            money_left -= cost
            if pot[name] is not None:
                pots[pot[name]] -= cost
            if money_left <= 0 and election.cost[order[-1]]:
                break
        return gained

    def search(at, gained, chosen):
        if gained > best["gain"]:
            best.update(gain=gained, chosen=list(chosen))
        while at < count:
            if bound(at, gained) <= best["gain"]:
                return
            name = order[at]
            at += 1
            if left.fits(name):
                left.take(name)
                chosen.append(name)
                search(at, gained + gain[name], chosen)
                chosen.pop()
                for key, amount in left.reaches[name]:
                    left.left[key] += amount

    sys.setrecursionlimit(10_000 + 10 * count)
    search(0, 0, [])
    return election.must + best["chosen"]


# ---------------------------------------------------------------- the root hash on the signed sheet


def digest(value):
    """Return the SHA-256 over a value in its one way of writing."""
    return sha256(json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode())


def check_ledger(files, settings):
    """Return what does not fit the root hash."""
    ledger = json.loads(files["ledger.json"])
    problems = []
    covered = {name: sha256(data) for name, data in files.items() if name not in ("ledger.json", "manifest.json")}
    sealed = ledger["files"]
    problems += [
        spell("{name} is not the one that was sealed", name=name)
        for name in sorted({*covered, *sealed})
        if covered.get(name) != sealed.get(name)
    ]
    if digest([{name: value for name, value in ledger.items() if name != "root"}]) != ledger["root"]:
        problems.append(spell("the root hash does not follow from ledger.json"))
    poll = json.loads(files["poll.json"])
    if digest([poll["id"], poll["settings"], poll["projects"]]) != ledger["instance"]:
        problems.append(spell("{name} is not the one that was sealed", name="poll.json"))
    ran = {**settings["settings"], "rule": settings["rule"]}
    for name, value in ledger["announced"].items():
        if ran.get(name) != value:
            problems.append(
                spell(
                    "{name} was announced as {value}, but run as {found}", name=name, value=value, found=ran.get(name)
                )
            )
    return problems


def check_promises(poll, election, scale):
    """Return where what was counted is not what voters were promised."""
    problems = []
    if [one["key"] for one in poll["projects"]] != election.ids:
        return [spell("the result lists other projects than the election")]
    for one in poll["projects"]:
        row = election.rows[one["key"]]
        counted = (row["name"], money(row["cost"], scale), one["key"] in election.mandatory)
        for column, found in zip(("name", "cost", "mandatory"), counted, strict=True):
            if one[column] != found:
                problems.append(
                    spell(
                        "project {name}: {column} {found}, published {value}",
                        name=one["key"],
                        column=column,
                        found=found,
                        value=one[column],
                    )
                )
    return problems


def check_reconciliation(record, cast, receipts):
    """Return what does not add up."""
    channels = record["by_channel"]
    problems = []
    if sum(channels.values()) != cast:
        problems.append(spell("{cast} ballots, {found} in the reconciliation", cast=cast, found=sum(channels.values())))
    on_screen = channels.get("station", 0) + channels.get("phone", 0)
    if on_screen != receipts:
        problems.append(spell("{receipts} receipts, {cast} ballots cast on screen", receipts=receipts, cast=on_screen))
    if not record["sealed_with_open_lines_because"] and any(line["left"] != line["right"] for line in record["lines"]):
        problems.append(spell("a line of the reconciliation does not agree"))
    return problems


# ---------------------------------------------------------------- comparing


def compare(election, allocation, settings):
    """Return what differs between the recount and the published result, and the recount's winners."""
    problems = []
    scale = settings["scale"]
    published = {row["id"]: row for row in allocation["projects"]}
    if sorted(row["id"] for row in allocation["projects"]) != sorted(election.ids):
        problems.append(spell("the result lists other projects than the election"))
    if allocation["ballots"] != election.cast:
        problems.append(spell("{cast} ballots, published {found}", cast=election.cast, found=allocation["ballots"]))
    winners = election.winners()
    spent = sum(election.cost[name] for name in winners)
    for column, found, value in (
        ("rule", settings["rule"], allocation["rule"]),
        ("rules_version", settings["rules_version"], allocation["rules_version"]),
        ("budget", election.budget, exact(str(allocation["budget"])) * scale),
        ("total_cost", spent, exact(str(allocation["total_cost"])) * scale),
        ("currency", election.meta.get("currency", settings["currency"]), settings["currency"]),
    ):
        if found != value:
            problems.append(spell("{column} {found}, published {value}", column=column, found=found, value=value))
    for name in election.ids:
        row, counted = published.get(name, {}), election.rows[name]
        if "name" in row and row["name"] != (counted.get("name") or ""):
            fields = {"column": "name", "found": counted.get("name"), "value": row["name"]}
            problems.append(spell("project {name}: {column} {found}, published {value}", name=name, **fields))
        if "cost" in row and exact(str(row["cost"])) * scale != election.cost[name]:
            fields = {"column": "cost", "found": counted["cost"], "value": row["cost"]}
            problems.append(spell("project {name}: {column} {found}, published {value}", name=name, **fields))
        counts = {"votes": election.votes[name], "score": election.score[name]}
        if election.kind == "yes-no":
            counts["against"] = election.against[name]
        for column, found in counts.items():
            fields = {"name": name, "column": column, "found": found}
            if column in row and abs(found - exact(row[column])) > Fraction(1, 10**6):
                problems.append(
                    spell("project {name}: {column} {found}, published {value}", **fields, value=row[column])
                )
            said = counted.get(column)
            if said and exact(said) != found:
                problems.append(
                    spell("project {name}: {column} {found}, election.pb says {value}", **fields, value=said)
                )
        if "selected" in counted and counted["selected"] != str(int(name in winners)):
            fields = {"column": "selected", "found": int(name in winners), "value": counted["selected"]}
            problems.append(spell("project {name}: {column} {found}, election.pb says {value}", name=name, **fields))
    if sorted(winners) != sorted(allocation["winners"]):
        more = sorted(set(winners) - set(allocation["winners"]))
        less = sorted(set(allocation["winners"]) - set(winners))
        problems.append(
            spell("winners differ: recount has {more} more, the publication {less} more", more=more, less=less)
        )
    marked = {name for name in election.ids if published.get(name, {}).get("selected")}
    if marked != set(allocation["winners"]):
        problems.append(spell("the result marks other projects as selected than it lists as winners"))
    return problems, winners


def verify(bundle):
    """Return (what differs, a summary for people)."""
    files = load(bundle)
    missing = [name for name in FILES if name not in files]
    if missing:
        refuse("the bundle lacks {names}", names=", ".join(missing))
    sealed = all(name in files for name in SEALED)
    problems = []
    if any(name in files for name in SEALED):
        problems += [spell("the bundle lacks {names}", names=name) for name in SEALED if name not in files]
    try:
        problems += check_manifest(files)
        problems += check_form(files)
        if not Path(bundle).is_dir() and Path(bundle).read_bytes() != repacked(files):
            problems.append(spell("the zip file was changed between its files, or packed anew"))
        settings = json.loads(files["settings.json"])
        allocation = json.loads(files["allocation.json"])
        election = Election(files["election.pb"], settings["rule"], settings["settings"], settings["scale"])
        different, winners = compare(election, allocation, settings)
        receipts = files["receipts.txt"].decode("utf-8").split()
        if sealed:
            different += check_ledger(files, settings)
            different += check_promises(json.loads(files["poll.json"]), election, settings["scale"])
            different += check_reconciliation(json.loads(files["reconciliation.json"]), election.cast, len(receipts))
        root = json.loads(files["manifest.json"])["root"]
        ledger_root = json.loads(files["ledger.json"])["root"] if sealed else None
    except UnreadableError as error:
        raise UnreadableError("; ".join([*problems, str(error)])) from None
    except (LookupError, ValueError, TypeError, AttributeError, ArithmeticError, RecursionError, csv.Error) as error:
        damaged = spell("the bundle is damaged ({error})", error=f"{type(error).__name__}: {error}")
        raise UnreadableError("; ".join([*problems, damaged])) from None
    problems += different
    if len(set(receipts)) < len(receipts):
        problems.append(spell("a receipt stands twice in receipts.txt"))
    if len(receipts) > election.cast:
        problems.append(spell("{receipts} receipts for {cast} ballots", receipts=len(receipts), cast=election.cast))
    summary = {
        "ballots": election.cast,
        "rule": election.rule,
        "winners": winners,
        "root": root,
        "ledger_root": ledger_root,
        "verifier": sha256(files["verify_bundle.py"]) if "verify_bundle.py" in files else "",
        "names": sorted(files),
    }
    return problems, summary


def main(arguments):
    """Verify and say so."""
    global LANGUAGE
    LANGUAGE = spoken()
    arguments = list(arguments)
    if "--lang" in arguments:
        at = arguments.index("--lang")
        LANGUAGE = "zh" if "".join(arguments[at + 1 : at + 2]).lower().startswith("zh") else "en"
        del arguments[at : at + 2]
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    if not arguments:
        print(spell("usage: python verify_bundle.py BUNDLE [ROOT] [--lang zh|en]"), file=sys.stderr)
        return 2
    # On paper the root stands in groups.
    root = "".join("".join(arguments[1:]).split()).lower()
    try:
        problems, summary = verify(arguments[0])
    except UnreadableError as error:
        print(spell("Cannot verify: {why}", why=error), file=sys.stderr)
        return 2
    if root and root != summary["ledger_root"]:
        problems.append(spell("the root hash is {found}, on the sheet {root}", found=summary["ledger_root"], root=root))
    told = {name: summary[name] for name in ("ballots", "rule", "root")}
    print(spell("{ballots} ballots, rule {rule}, checksum {root}", **told))
    if summary["ledger_root"]:
        print(spell("Root hash, to compare with the signed reconciliation sheet: {root}", root=summary["ledger_root"]))
        if root == summary["ledger_root"]:
            print(spell("It is the one you gave."))
        print(spell("Under the root: every file but manifest.json, which follows from the others."))
        told = {"sum": summary["verifier"]}
        print(spell("SHA-256 of the script in the bundle, to compare with the same sheet: {sum}", **told))
    else:
        names = ", ".join(summary["names"])
        print(spell("Under NO root, so nobody has signed for: {names}", names=names))
    print(spell("Winners of the recount: {winners}", winners=", ".join(summary["winners"])))
    for problem in problems:
        print(spell("DIFFERS: {what}", what=problem))
    print(spell("The publication does NOT agree with the recount." if problems else "Everything agrees."))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
