#!/usr/bin/env python3
"""Recount a published election with nothing but Python's standard library: ``python verify_bundle.py BUNDLE``.

BUNDLE is a zip file or a folder with ``election.pb`` (the anonymous ballots), ``settings.json`` (the rule announced
before the vote), ``allocation.json`` (the result), ``receipts.txt`` and ``manifest.json`` (checksums), and, for a poll
that was sealed, ``ledger.json`` (what the root hash on the signed result sheet is made of) and ``reconciliation.json``.
This script checks the checksums, counts the ballots again, applies the rule again in exact arithmetic, works the root
hash out again, and compares. It shares no code with the program that made the bundle.

Compare the root hash it prints with the one on the signed result sheet: a bundle that was changed and sealed anew
agrees with itself, but not with the paper.

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
import struct
import sys
import zipfile
import zlib
from fractions import Fraction
from math import gcd
from pathlib import Path

FILES = ("allocation.json", "election.pb", "receipts.txt", "settings.json", "verify_bundle.py")
#: A part larger than this is not read (a hostile zip unpacks to anything).
MOST_BYTES = 2_000_000_000


#: What a damaged zip file makes Python say.
DAMAGE = (zipfile.BadZipFile, RuntimeError, NotImplementedError, ValueError, EOFError, struct.error, zlib.error)


class UnreadableError(Exception):
    """The bundle is not one."""


# ---------------------------------------------------------------- reading


def load(bundle):
    """Return the bundle's files as {name: bytes}."""
    path = Path(bundle)
    if path.is_dir():
        return {item.name: item.read_bytes() for item in sorted(path.iterdir()) if item.is_file()}
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if sum(entry.file_size for entry in entries) > MOST_BYTES:
                raise UnreadableError("the bundle is too large")
            names = [entry.filename for entry in entries]
            if len(set(names)) < len(names):
                raise UnreadableError("the bundle holds a name twice")
            files = {}
            for name in names:
                try:
                    files[name] = archive.read(name)
                except DAMAGE as error:
                    raise UnreadableError(f"{name} was changed after publication ({error})") from None
            return files
    except (OSError, *DAMAGE) as error:
        raise UnreadableError(f"cannot read {path.name}: {error}") from None


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


def root_of(sums):
    """Return the checksum over all checksums."""
    return hashlib.sha256("".join(f"{name} {sums[name]}\n" for name in sorted(sums)).encode()).hexdigest()


def check_manifest(files):
    """Return what is wrong with the checksums."""
    manifest = json.loads(files["manifest.json"])
    problems = []
    listed = manifest["files"]
    present = {name for name in files if name != "manifest.json"}
    problems += [f"{name} is listed but missing" for name in sorted(set(listed) - present)]
    problems += [f"{name} is not listed in the manifest" for name in sorted(present - set(listed))]
    for name in sorted(present & set(listed)):
        if hashlib.sha256(files[name]).hexdigest() != listed[name]:
            problems.append(f"{name} was changed after publication")
    if root_of(listed) != manifest["root"]:
        problems.append("the manifest's root does not match its list")
    return problems


def exact(value):
    """Return a number as a fraction; one with an exponent could fill the memory."""
    if isinstance(value, float):
        return Fraction(value)
    if "e" in str(value).lower() or len(str(value)) > 40:
        raise UnreadableError(f"{str(value)[:40]!r} is not a number")
    return Fraction(str(value).strip())


def money(text, scale):
    """Return an amount in whole smallest units."""
    amount = exact(text) * scale
    if amount.denominator != 1 or amount < 0:
        raise UnreadableError(f"{text!r} is not an amount")
    return amount.numerator


class Election:
    """The ballots and the rule; projects are ids, ballots are merged."""

    def __init__(self, data, rule, settings, scale):
        self.rule, self.settings = rule, settings
        self.meta, projects, votes = sections(data)
        self.budget = money(self.meta["budget"], scale)
        kind = self.meta.get("vote_type", "approval").lower()
        self.scored = kind in ("cumulative", "scoring", "ordinal")
        self.kind = kind
        self.ids = [row["project_id"].strip() for row in projects]
        if len(set(self.ids)) < len(self.ids):
            raise UnreadableError("a project id stands twice")
        self.place = {name: place for place, name in enumerate(self.ids)}
        self.rows = dict(zip(self.ids, projects, strict=True))
        self.cost = {name: money(self.rows[name]["cost"], scale) for name in self.ids}
        self.categories = {
            name: {part.strip() for part in (self.rows[name].get("category") or "").split(",")} for name in self.ids
        }
        self.area = {name: self.rows[name].get("neighborhood") or None for name in self.ids}
        impossible = settings.get("impossible", {})
        self.must = sorted(
            name
            for name in self.ids
            if name not in impossible and (self.rows[name].get("mandatory") or "0") not in ("0", "")
        )
        self.ballots = {}
        self.cast = 0
        for row in votes:
            self.add(row)
        self.weight = sum(self.ballots.values(), Fraction(0))
        self.votes = dict.fromkeys(self.ids, Fraction(0))
        self.score = dict.fromkeys(self.ids, Fraction(0))
        for ballot, weight in self.ballots.items():
            for name, value in ballot:
                self.votes[name] += weight
                self.score[name] += weight * value
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
        ]

    def add(self, row):
        """Count one ballot."""
        self.cast += 1
        named = [name.strip() for name in row["vote"].split(",") if name.strip()]
        distinct = list(dict.fromkeys(named))
        for name in distinct:
            if name not in self.place:
                raise UnreadableError(f"a ballot names {name!r}, which is no project")
        if self.kind == "ordinal":
            longest = int(self.meta["max_length"]) if self.meta.get("max_length") else len(distinct)
            values = [Fraction(max(longest - place, 0)) for place in range(len(distinct))]
        elif self.kind in ("cumulative", "scoring"):
            points = [exact(part) for part in row["points"].split(",") if part.strip()]
            if len(points) != len(named):
                raise UnreadableError("points do not stand beside the projects of a ballot")
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
            raise UnreadableError(f"unknown rule {self.rule!r}")
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
            raise UnreadableError("election.pb does not begin with META")
        elif head is None:
            head = [cell.strip() for cell in row]
        elif title == "META":
            parts[title].append((row[0].strip(), ";".join(row[1:]).strip()))
        else:
            parts[title].append(dict(zip(head, row, strict=True)))
    if set(parts) != {"META", "PROJECTS", "VOTES"}:
        raise UnreadableError("election.pb lacks a part")
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
    written = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()


def public_digest(data, receipts, announced):
    """Return the hash over everything that is published and decides the election."""
    meta, projects, votes = sections(data)
    kind = meta.get("vote_type", "approval").lower()
    ballots = []
    for row in votes:
        named = [name.strip() for name in row["vote"].split(",") if name.strip()]
        values = [Fraction(1)] * len(named)
        if kind in ("cumulative", "scoring"):
            values = [exact(part) for part in row["points"].split(",") if part.strip()]
        pairs = list(zip(named, values, strict=True))
        if kind != "ordinal":
            pairs.sort()
        weight = exact(row["weight"]) if row.get("weight") else Fraction(1)
        line = [str(weight), [name for name, _ in pairs], [str(value) for _, value in pairs]]
        ballots.append(json.dumps(line, ensure_ascii=False, sort_keys=True, separators=(",", ":")))
    return digest(
        {
            "announced": announced,
            "budget": str(exact(meta["budget"])),
            "projects": sorted(
                [
                    row["project_id"].strip(),
                    str(exact(row["cost"])),
                    (row.get("mandatory") or "0") not in ("0", ""),
                ]
                for row in projects
            ),
            "ballots": sorted(ballots),
            "receipts": sorted(receipts),
        }
    )


def check_ledger(files, settings, receipts):
    """Return what does not fit the root hash, and the root hash."""
    if "ledger.json" not in files:
        return [], None
    ledger = json.loads(files["ledger.json"])
    announced = ledger["announced"]
    problems = []
    if public_digest(files["election.pb"], receipts, announced) != ledger["public"]:
        problems.append("the ballots, receipts, costs or the rule are not those that were sealed")
    if digest([ledger["instance"], ledger["public"], ledger["tables"]]) != ledger["root"]:
        problems.append("the root hash does not follow from ledger.json")
    ran = {**settings["settings"], "rule": settings["rule"]}
    for name, value in announced.items():
        if ran.get(name) != value:
            problems.append(f"{name} was announced as {value}, but run as {ran.get(name)}")
    return problems, ledger["root"]


def check_reconciliation(files, cast, receipts):
    """Return what does not add up."""
    if "reconciliation.json" not in files:
        return []
    record = json.loads(files["reconciliation.json"])
    channels = record["by_channel"]
    problems = []
    if sum(channels.values()) != cast:
        problems.append(f"{cast} ballots, {sum(channels.values())} in the reconciliation")
    on_screen = channels.get("station", 0) + channels.get("phone", 0)
    if on_screen != receipts:
        problems.append(f"{receipts} receipts, {on_screen} ballots cast on screen")
    if not record["sealed_with_open_lines_because"] and any(line["left"] != line["right"] for line in record["lines"]):
        problems.append("a line of the reconciliation does not agree")
    return problems


# ---------------------------------------------------------------- comparing


def compare(election, allocation):
    """Return what differs between the recount and the published result."""
    problems = []
    published = {row["id"]: row for row in allocation["projects"]}
    if set(published) != set(election.ids):
        problems.append("the result lists other projects than the election")
    if allocation["ballots"] != election.cast:
        problems.append(f"{election.cast} ballots, published {allocation['ballots']}")
    for name in election.ids:
        row = published.get(name, {})
        for column, found in (("votes", election.votes[name]), ("score", election.score[name])):
            if column in row and abs(found - exact(row[column])) > Fraction(1, 10**6):
                problems.append(f"project {name}: {column} {found}, published {row[column]}")
            written = election.rows[name].get(column)
            if written and exact(written) != found:
                problems.append(f"project {name}: {column} {found}, election.pb says {written}")
    winners = election.winners()
    if sorted(winners) != sorted(allocation["winners"]):
        only_here = sorted(set(winners) - set(allocation["winners"]))
        only_there = sorted(set(allocation["winners"]) - set(winners))
        problems.append(f"winners differ: recount has {only_here} more, the publication {only_there} more")
    marked = {name for name in election.ids if published.get(name, {}).get("selected")}
    if marked != set(allocation["winners"]):
        problems.append("the result marks other projects as selected than it lists as winners")
    return problems, winners


def verify(bundle):
    """Return (what differs, a summary for people)."""
    files = load(bundle)
    missing = [name for name in ("manifest.json", *FILES[:4]) if name not in files]
    if missing:
        raise UnreadableError("the bundle lacks " + ", ".join(missing))
    problems = []
    try:
        problems += check_manifest(files)
        if not Path(bundle).is_dir() and Path(bundle).read_bytes() != repacked(files):
            problems.append("the zip file was changed between its files, or packed anew")
        settings = json.loads(files["settings.json"])
        allocation = json.loads(files["allocation.json"])
        election = Election(files["election.pb"], settings["rule"], settings["settings"], settings["scale"])
        different, winners = compare(election, allocation)
        receipts = files["receipts.txt"].decode("utf-8").split()
        found, ledger_root = check_ledger(files, settings, receipts)
        different += found + check_reconciliation(files, election.cast, len(receipts))
    except (UnreadableError, LookupError, ValueError, TypeError, AttributeError, ArithmeticError, csv.Error) as error:
        named = "".join(f"{problem}; " for problem in problems)
        raise UnreadableError(f"{named}the bundle is damaged ({type(error).__name__}: {error})") from None
    problems += different
    if len(set(receipts)) < len(receipts):
        problems.append("a receipt stands twice in receipts.txt")
    if len(receipts) > election.cast:
        problems.append(f"{len(receipts)} receipts for {election.cast} ballots")
    summary = {
        "ballots": election.cast,
        "rule": election.rule,
        "winners": winners,
        "root": json.loads(files["manifest.json"])["root"],
        "ledger_root": ledger_root,
    }
    return problems, summary


def main(arguments):
    """Verify and say so."""
    if len(arguments) != 1:
        print("usage: python verify_bundle.py BUNDLE", file=sys.stderr)
        return 2
    try:
        problems, summary = verify(arguments[0])
    except UnreadableError as error:
        print(f"Cannot verify: {error}", file=sys.stderr)
        return 2
    print(f"{summary['ballots']} ballots, rule {summary['rule']}, checksum {summary['root']}")
    if summary["ledger_root"]:
        print(f"Root hash, to compare with the signed result sheet: {summary['ledger_root']}")
    print("Winners of the recount: " + ", ".join(summary["winners"]))
    for problem in problems:
        print("DIFFERS: " + problem)
    print("The publication does NOT agree with the recount." if problems else "Everything agrees.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
