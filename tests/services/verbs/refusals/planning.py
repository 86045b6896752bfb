"""Refusals of money, the programme and the staff."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

from renovation.exports.programme.source import PaperDetails
from renovation.model.accounts import Role
from renovation.model.clock import today
from renovation.model.funding import MatchingRule, Pot, SourceKind
from renovation.model.programme import BatchStanding
from renovation.services.money import funding, gates, payments, pledges, pots
from renovation.services.programme import annual_batch, documents, panels, programme
from renovation.services.projects import projects
from renovation.services.staff import accounts, installation, scopes
from verbs import Scene
from verbs.laid import (
    PASSWORD,
    SECOND,
    YEAR,
    panel_setup,
    payment,
)
from verbs.refusals.steps import Act, admin, partial, then


def _pot(scene: Scene, **said: Any) -> Pot:
    return replace(scene.town.spare_pot, **said)


def _limited(scene: Scene) -> Pot:
    made = Pot(id="", name="只管乙地", year=YEAR, amount=10**9, areas=frozenset({"西街"}))
    return pots.keep_pot(*admin(scene), made)


def _limited_pot(scene: Scene) -> Any:
    return funding.record_contribution(*admin(scene), replace(_line(scene), pot=_limited(scene).id))


def _pay_from_limited_pot(scene: Scene) -> Any:
    return _paid(scene, pot=_limited(scene).id)


def _line(scene: Scene) -> Any:
    from verbs.laid import contribution

    return contribution(scene.world, scene.projects.priced, scene.place)


def _offers(count: int, who: Role = Role.RESIDENT) -> Act:
    def act(scene: Scene) -> Any:
        for _ in range(count):
            pledges.offer_pledge(
                scene.world.store,
                scene.world.staff[who],
                scene.projects.adopted.id,
                supporter="好心人",
                amount=100,
                who="a browser",
            )

    return act


def _withdrawn(scene: Scene) -> Any:
    return pledges.withdraw_pledge(*admin(scene), int(scene.pledges.open.id))


def _withdraw_project(scene: Scene) -> Any:
    held = scene.projects.small
    return projects.withdraw_project(*admin(scene), held.id, held.version, reason="不做了")


def _hours(scene: Scene) -> Any:
    made = pledges.record_pledge(
        *admin(scene), scene.projects.small.id, supporter="木匠", kind=SourceKind.IN_KIND, hours=Fraction(5)
    )
    return pledges.receive(*admin(scene), int(made.id), made.version, amount=1, document="回单")


def _shrink(scene: Scene) -> Any:
    """Leave a pot nothing that it has not promised yet."""
    held = next(one for one in pots.pots(*admin(scene)) if one.id == scene.contribution.pot)
    (account,) = [one for one in pots.pot_accounts(*admin(scene)) if one.pot.id == held.id]
    return pots.keep_pot(*admin(scene), replace(held, amount=account.promised), held.version)


def _pledge_too_much(scene: Scene) -> Any:
    who = {"supporter": "木匠", "kind": SourceKind.RESIDENTS}
    return pledges.record_pledge(*admin(scene), scene.projects.small.id, amount=10**11, **who)


def _renounce(scene: Scene) -> Any:
    return gates.withdraw_consent(*admin(scene), scene.consent.id, day=today(), why="有人代签")


def _paid(scene: Scene, **differs: Any) -> Any:
    return payments.record_payment(*admin(scene), replace(payment(scene.projects.second, scene.place), **differs))


def _take_back(scene: Scene) -> Any:
    return payments.undo_payment(*admin(scene), scene.payment.id, reason="重复登记")


def _paid_source(scene: Scene) -> Any:
    _paid(scene, pot=scene.contribution.pot)
    return funding.remove_contribution(*admin(scene), scene.contribution.id)


MONEY: Sequence[tuple[str, Act]] = (
    ("funding.pot_refuses", _limited_pot),
    ("funding.changed", lambda s: funding.record_contribution(*admin(s), replace(s.contribution, version=99))),
    ("funding.pot_short", then(_shrink, lambda s: funding.record_contribution(*admin(s), _line(s)))),
    ("funding.more_than_lacks", lambda s: funding.record_contribution(*admin(s), replace(_line(s), pledged=10**11))),
    ("payment.more_than_lacks", lambda s: _paid(s, kind=SourceKind.RESIDENTS, amount=10**11)),
    ("pledge.more_than_lacks", _pledge_too_much),
    ("funding.received_by_payment", lambda s: funding.record_contribution(*admin(s), replace(_line(s), received=1))),
    ("funding.paid", _paid_source),
    ("payment.pot_short", then(_shrink, lambda s: _paid(s, pot=s.contribution.pot, amount=500_000))),
    ("funding.pot_refuses", _pay_from_limited_pot),
    ("payment.nothing", lambda s: _paid(s, amount=0)),
    ("payment.document_missing", lambda s: _paid(s, document=" ")),
    ("payment.in_kind", lambda s: _paid(s, kind=SourceKind.IN_KIND)),
    ("payment.undone", then(_take_back, _take_back)),
    ("payment.reason_missing", lambda s: payments.undo_payment(*admin(s), s.payment.id, reason=" ")),
    ("consent.withdrawn", then(_renounce, _renounce)),
    (
        "pledge.project_over",
        then(_withdraw_project, lambda s: pledges.open_for_adoption(*admin(s), s.projects.small.id)),
    ),
    (
        "pledge.expires_past",
        lambda s: pledges.confirm_offer(*admin(s), int(s.pledges.offered.id), expires_on=today() - timedelta(days=1)),
    ),
    ("pledge.not_offered", lambda s: pledges.confirm_offer(*admin(s), int(s.pledges.open.id))),
    ("visitor.wait", _offers(12)),
    ("pledge.enough", _offers(200, Role.ADMIN)),
    ("pledge.withdrawn", then(_withdrawn, _withdrawn)),
    ("pledge.hours_only", _hours),
    (
        "matching.nobody",
        lambda s: pots.add_matching_rule(
            *admin(s), MatchingRule(id="", name="无", ratio=Fraction(1), cap=1, kinds=frozenset())
        ),
    ),
    ("pot.twice", lambda s: pots.keep_pot(*admin(s), _pot(s, id="", name=" 备 用 "))),
    ("pot.twice", lambda s: pots.keep_pot(*admin(s), _pot(s, name=s.town.pot.name), s.town.spare_pot.version)),
    ("pot.changed", lambda s: pots.keep_pot(*admin(s), _pot(s, amount=1), 99)),
    ("pot.in_use", lambda s: pots.remove_pot(*admin(s), int(s.town.pot.id))),
)


def _damaged(scene: Scene) -> Any:
    from renovation.store.schema.scenarios import scenario

    held = scene.town.scenario
    with scene.world.store.write() as unit:
        unit.connection.execute(scenario.update().where(scenario.c.id == held.id).values(inputs_digest="x"))
        unit.commit()
    return programme.adopt_scenario(*admin(scene), held.id)


def _all_wait(scene: Scene) -> Any:
    batch = scene.town.batch
    waiting = tuple(replace(line, standing=BatchStanding.WAITING) for line in batch.lines)
    return annual_batch.keep_batch(*admin(scene), replace(batch, lines=waiting))


def _adopt(scene: Scene) -> Any:
    return programme.adopt_scenario(*admin(scene), scene.town.scenario.id)


def _rename_pots(scene: Scene) -> Any:
    for one in pots.pots(*admin(scene)):
        pots.keep_pot(*admin(scene), replace(one, name=f"另{one.name}"), one.version)


PROGRAMME: Sequence[tuple[str, Act]] = (
    (
        "panel.has_points",
        lambda s: panels.edit_panel(
            *admin(s),
            s.town.full_panel.id,
            replace(s.town.full_panel.setup, assessors=("老张", "小王")),
            version=s.town.full_panel.version,
        ),
    ),
    (
        "panel.has_points",
        lambda s: panels.edit_panel(
            *admin(s),
            s.town.conflicted.id,
            replace(s.town.conflicted.setup, assessors=("老李", "小王")),
            version=s.town.conflicted.version,
        ),
    ),
    (
        "panel.has_points",
        lambda s: panels.edit_panel(
            *admin(s),
            s.town.full_panel.id,
            replace(
                s.town.full_panel.setup,
                criteria=(replace(s.town.full_panel.setup.criteria[0], max_points=Fraction(9)),),
            ),
            version=s.town.full_panel.version,
        ),
    ),
    ("panel.name_taken", lambda s: panels.create_panel(*admin(s), panel_setup(" 有人 回避"))),
    (
        "panel.name_taken",
        lambda s: panels.edit_panel(*admin(s), s.town.panel.id, panel_setup("有人回避"), version=s.town.panel.version),
    ),
    ("scenario.damaged", _damaged),
    ("scenario.pot_gone", then(_rename_pots, _adopt)),
    ("scenario.estate_waits", then(_all_wait, _adopt)),
    (
        "scenario.estate_waits",
        then(
            _all_wait,
            lambda s: documents.export_programme(
                *admin(s), s.town.scenario.id, documents.ProgrammeDocument.NOTICE, details=PaperDetails(day=today())
            ),
        ),
    ),
    ("batch.adopted_holds", then(_adopt, _all_wait)),
    (
        "scenario.name_taken",
        lambda s: programme.annotate_scenario(*admin(s), s.town.scenario.id, name=" 方案 二", note=""),
    ),
    ("scenario.name_taken", lambda s: programme.copy_scenario(*admin(s), s.town.scenario.id, name="方案二")),
    ("scenario.frozen", lambda s: programme.remove_scenario(*admin(s), s.town.adopted.id)),
    ("scenario.beyond_scope", lambda s: programme.remove_scenario(*partial(s), s.town.scenario.id)),
    ("account.whole_town", lambda s: panels.remove_panel(*partial(s), s.town.panel.id)),
)


def _account(scene: Scene, **said: Any) -> Any:
    values = {"login": "late", "name": "新人", "role": Role.OBSERVER, **said}
    return accounts.create_account(*admin(scene), accounts.AccountDraft(**values))


def _new_password(scene: Scene) -> Any:
    account, password = _account(scene)
    return accounts.confirm_as_second(*admin(scene), account.login, password)


def _own_password(scene: Scene, old: str, new: str) -> Any:
    return accounts.change_own_password(*admin(scene), "", old, new)


STAFF: Sequence[tuple[str, Act]] = (
    ("account.login_shape", lambda s: _account(s, login="不行 的")),
    ("account.name_missing", lambda s: _account(s, name=" ")),
    ("account.name_missing", lambda s: _account(s, name="长" * 61)),
    ("account.login_taken", then(_account, lambda s: _account(s, login="LATE"))),
    ("account.last_admin", lambda s: accounts.change_role(*admin(s), s.world.admin.account_id, Role.PLANNER)),
    ("account.last_admin", lambda s: accounts.set_active(*admin(s), s.world.admin.account_id, False)),
    (
        "account.scope_outside",
        lambda s: accounts.create_account(
            *partial(s),
            accounts.AccountDraft(login="late", name="新人", role=Role.OBSERVER, scope=s.world.part(s.place)),
        ),
    ),
    (
        "account.scope_outside",
        lambda s: scopes.change_scope(*partial(s), s.world.two.account.id, s.world.part(s.place)),
    ),
    ("account.own_scope", lambda s: scopes.change_scope(*admin(s), s.world.admin.account_id, s.world.part(s.place))),
    (
        "account.place_unknown",
        lambda s: scopes.change_scope(
            *admin(s), s.account.id, replace(s.world.part(s.place), estate_id=None, street_id=999)
        ),
    ),
    ("account.password_same", lambda s: _own_password(s, PASSWORD, PASSWORD)),
    ("account.sign_in_failed", lambda s: _own_password(s, "not-this-one-ever", "another-horse-battery")),
    ("poll.second_new_password", _new_password),
    ("poll.second_person", lambda s: accounts.confirm_as_second(*admin(s), s.world.admin.login, PASSWORD)),
    ("account.second_failed", lambda s: accounts.confirm_as_second(*admin(s), SECOND.login, "wrong-wrong-wrong")),
    ("account.not_demonstration", lambda s: accounts.enter_demonstration(s.world.store, Role.PLANNER)),
    ("account.role", lambda s: accounts.enter_demonstration(s.world.store, Role.RESIDENT)),
    ("installation.not_demonstration", lambda s: installation.end_demonstration(*admin(s))),
)
