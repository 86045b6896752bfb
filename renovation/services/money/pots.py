"""Pots of money and the rules by which they match what others raise."""

from __future__ import annotations

from dataclasses import replace

from renovation.errors import ConflictError, InvalidError, NotFoundError
from renovation.model.accounts import Action, Actor
from renovation.model.clock import today
from renovation.model.funding import MatchingRule, Pot
from renovation.rules.money.books import Books, PotAccount
from renovation.services.acts import acting
from renovation.services.doors import reading, row_id
from renovation.services.money.books import hold_books, read_books
from renovation.services.typed import one_line
from renovation.store import Store
from renovation.store.money import pots as pots_store
from renovation.store.programme import scenarios

_NAME_LIMIT = 80
_TEXT_LIMIT = 200
_FIRST_YEAR, _LAST_YEAR = 2000, 2100


def pots(store: Store, actor: Actor | None, year: int | None = None) -> tuple[Pot, ...]:
    """Return the pots of a year, or of every year, the newest first."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        return pots_store.pots(door.connection, year)


def pot_accounts(store: Store, actor: Actor | None) -> tuple[PotAccount, ...]:
    """Return the pots with what is used and left, over all projects wherever they lie."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        books = read_books(door.connection, today())
        return tuple(books.account(pot) for pot in books.pots.values())


def checked_pot(pot: Pot) -> Pot:
    """Return a pot as it is kept; no more of it can be left of earlier years than there is.

    Raises
    ------
    InvalidError
        ``pot.name_missing``, ``pot.year_out``.
    """
    name = one_line(pot.name, _NAME_LIMIT)
    if not name:
        raise InvalidError("pot.name_missing")
    if not _FIRST_YEAR <= pot.year <= _LAST_YEAR:
        raise InvalidError("pot.year_out", year=pot.year)
    return replace(
        pot,
        name=name,
        owner=one_line(pot.owner, _NAME_LIMIT),
        purpose=one_line(pot.purpose, _TEXT_LIMIT),
        areas=frozenset(one_line(area, _NAME_LIMIT) for area in pot.areas),
        carried=min(pot.carried, pot.amount),
    )


def keep_pot(store: Store, actor: Actor | None, pot: Pot, version: int | None = None) -> Pot:
    """Keep a new pot (``version`` left out; its ``id`` is given here) or a change of one.

    What was carried over into it stands in the book and is nobody's to enter.

    Raises
    ------
    ConflictError
        ``pot.twice``: the year has a pot of that name; ``pot.changed``: somebody else was first.
    """
    checked = checked_pot(pot)
    with acting(store, actor, Action.EDIT_POTS) as unit:
        same = pots_store.same_pot(unit.connection, checked.year, checked.name)
        if same is not None and (version is None or same.id != checked.id):
            raise ConflictError("pot.twice", pot=same.name, year=checked.year)
        if version is None:
            pot_id = pots_store.add_pot(unit.connection, replace(checked, carried=0))
        else:
            pot_id = row_id(checked.id, "pot.not_found")
            carried = unit.pot(pot_id).carried
            pots_store.change_pot(unit.connection, checked_pot(replace(checked, carried=carried)), version)
        kept = unit.pot(pot_id)
        unit.log("pot.keep", "pot", pot_id, name=kept.name, year=kept.year, amount=kept.amount)
        unit.commit()
    return kept


def pots_left(store: Store, actor: Actor | None, year: int) -> tuple[PotAccount, ...]:
    """Return the pots of earlier years that are not spoken for to the last fen: what a year may begin with."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        return _left(read_books(door.connection, today()), year)


def _left(books: Books, year: int) -> tuple[PotAccount, ...]:
    return tuple(one for one in map(books.account, books.pots.values()) if one.pot.year < year and one.free > 0)


def carry_over(store: Store, actor: Actor | None, year: int) -> tuple[Pot, ...]:
    """Carry what is left of the pots of earlier years into a year: there each is a pot of its name, here it is less.

    A pot of that name that the year has already gets the rest on top. What may be paid for goes along.

    Raises
    ------
    InvalidError
        ``pot.year_out``.
    ConflictError
        ``pot.nothing_left``.
    """
    with acting(store, actor, Action.EDIT_POTS) as unit:
        found = _left(hold_books(unit.connection, today()), year)
        if not found:
            raise ConflictError("pot.nothing_left", year=year)
        kept = []
        for one in found:
            old, rest = one.pot, one.free
            pots_store.change_pot(
                unit.connection,
                replace(old, amount=old.amount - rest, carried=min(old.carried, old.amount - rest)),
                old.version,
            )
            same = pots_store.same_pot(unit.connection, year, old.name)
            if same is None:
                new = checked_pot(replace(old, id="", year=year, amount=rest, carried=rest, version=1))
                pot_id = pots_store.add_pot(unit.connection, new)
            else:
                more = replace(same, amount=same.amount + rest, carried=same.carried + rest)
                pots_store.change_pot(unit.connection, more, same.version)
                pot_id = int(same.id)
            unit.log("pot.carry", "pot", pot_id, name=old.name, before=old.year, year=year, amount=rest)
            kept.append(unit.pot(pot_id))
        unit.commit()
    return tuple(kept)


def remove_pot(store: Store, actor: Actor | None, pot_id: int) -> None:
    """Delete a pot that no project, no matching rule and no adopted programme names.

    Raises
    ------
    ConflictError
        ``pot.in_use``.
    """
    with acting(store, actor, Action.EDIT_POTS) as unit:
        one = unit.pot(pot_id)
        paying = sum(one.pot == str(pot_id) for one in scenarios.planned_payments(unit.connection))
        if count := pots_store.pot_in_use(unit.connection, pot_id) + paying:
            raise ConflictError("pot.in_use", pot=one.name, count=count)
        pots_store.remove_pot(unit.connection, pot_id)
        unit.log("pot.remove", "pot", pot_id, name=one.name, year=one.year)
        unit.commit()


def matching_rules(store: Store, actor: Actor | None) -> tuple[MatchingRule, ...]:
    """Return every matching rule."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        return pots_store.rules(door.connection)


def add_matching_rule(store: Store, actor: Actor | None, rule: MatchingRule) -> MatchingRule:
    """Keep a matching rule; its ``id`` is given here.

    Raises
    ------
    InvalidError
        ``matching.name_missing`` or ``matching.nobody``.
    """
    rule = replace(rule, name=one_line(rule.name, _NAME_LIMIT), source=one_line(rule.source, _TEXT_LIMIT))
    if not rule.name:
        raise InvalidError("matching.name_missing")
    if not rule.kinds:
        raise InvalidError("matching.nobody", rule=rule.name)
    with acting(store, actor, Action.EDIT_POTS) as unit:
        if rule.pot is not None:
            unit.pot(row_id(rule.pot, "pot.not_found"))
        rule_id = pots_store.add_rule(unit.connection, rule)
        unit.log("pot.match", "pot", rule.pot or "", name=rule.name, ratio=str(rule.ratio), cap=rule.cap)
        unit.commit()
    return replace(rule, id=str(rule_id))


def remove_matching_rule(store: Store, actor: Actor | None, rule_id: int) -> None:
    """Delete a matching rule; what it had added is gone from every project.

    Raises
    ------
    NotFoundError
        ``matching.not_found``.
    """
    with acting(store, actor, Action.EDIT_POTS) as unit:
        if not pots_store.remove_rule(unit.connection, rule_id):
            raise NotFoundError("matching.not_found", id=rule_id)
        unit.log("pot.unmatch", "pot", rule_id)
        unit.commit()
