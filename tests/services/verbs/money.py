"""Verbs of money: pots, sources, pledges, gates and consents."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

from renovation.imports.money.pots import parse_pots
from renovation.imports.money.sources import parse_sources
from renovation.imports.projects.projects import parse_projects
from renovation.imports.register.estates import parse_estates
from renovation.model.accounts import Action
from renovation.model.clock import today
from renovation.model.funding import Contribution, MatchingRule, Pot, SourceKind
from renovation.model.gates import Gate
from renovation.model.imports import ImportSource
from renovation.services.money import (
    estate_lists,
    estate_tables,
    forecasts,
    funding,
    gates,
    money_lists,
    money_tables,
    payments,
    pledges,
    pots,
    project_lists,
)
from renovation.services.register import estates
from verbs import Kind, Outside, Scene, here, row
from verbs.laid import STREETS, YEAR, consent_draft, contribution, gate_fact, payment, payments_listed, upkeep
from verbs.surveys import answered

SEE, GATE, MONEY, PLEDGE = Action.SEE_REGISTER, Action.RECORD_GATE, Action.EDIT_MONEY, Action.RECORD_PLEDGE
POTS = Action.EDIT_POTS
OFFERED = {"pledge_id": lambda s: int(s.pledges.offered.id)}
RULE = MatchingRule(id="", name="一配二", ratio=Fraction(2), cap=1_000_000)


def _from(scene: Scene, kind: SourceKind, **given: Any) -> Contribution:
    return Contribution(project=str(scene.projects.priced.id), kind=kind, **given)


def _forget_the_year(scene: Scene) -> None:
    held = estates.get_estate(scene.world.store, scene.world.admin, scene.estate.id)
    unknown = replace(held, facts=replace(held.facts, built_year=None))
    estates.edit_estate(scene.world.store, scene.world.admin, unknown)


def _office_list(scene: Scene) -> bytes:
    said = {
        "小区名称": f"{scene.mark}新村", "县区": "惠城区", "街道": STREETS[scene.world.one is not scene.place],
        "户数": "120", "建筑面积": "9000", "排除情形": "无", "有效走访户数": "110", "长效管理已商定": "是",
        "核查日期": "2026-01-05", "核查依据": "核查表", "同意人数": "100", "同意面积": "8000", "表决日期": "2026-01-03",
    }  # fmt: skip
    return f"{','.join(said)}\n{','.join(said.values())}\n".encode()


def _projects_list(scene: Scene) -> bytes:
    words = f"小区编码,项目名称,改造内容,工程量,概算\n{scene.estate.code},{scene.mark}戏台,戏台修缮,2,30000\n"
    return words.encode()


_POTS_LIST = f"资金名称,资金年度,金额,级别\n福彩补助,{YEAR},300000,福彩\n".encode()


def _sources_list(scene: Scene) -> bytes:
    return f"项目编号,资金来源,承诺金额\n{scene.projects.priced.code},社会资本,100\n".encode()


ROWS = (
    row(
        estate_lists.import_estate_list,
        Action.IMPORT_PLACES,
        Kind.ESTATE,
        example={
            "parsed": lambda s: parse_estates(_office_list(s), datum="cgcs2000"),
            "source": lambda s: ImportSource.of("台账.csv", _office_list(s)),
        },
    ),
    row(estate_tables.estate_lines, SEE, Kind.ESTATE, Outside.PART),
    row(estate_tables.export_estate_lines, SEE, Kind.ESTATE, Outside.PART),
    row(money_tables.money_lines, SEE, Kind.PROJECT, Outside.PART, example={"section": "sources"}),
    row(money_tables.export_money_lines, SEE, Kind.PROJECT, Outside.PART, example={"section": "sources"}),
    row(gates.thresholds, SEE, Kind.TOWN),
    row(
        gates.set_threshold,
        Action.SET_CRITERIA,
        Kind.TOWN,
        example={"code": "coverage.households", "value": Fraction(1, 2), "source": "本市办法"},
    ),
    row(gates.gates_of, SEE, Kind.ESTATE, Outside.PART),
    row(gates.gate_rows, SEE, Kind.ESTATE, Outside.PART),
    row(gates.estate_gates, SEE, Kind.ESTATE),
    row(
        gates.record_fact,
        GATE,
        Kind.ESTATE,
        example={"fact": lambda s: gate_fact(s.place)},
        also=({"fact": lambda s: gate_fact(s.place, Gate.NOT_EXCLUDED, names=())},),
    ),
    row(gates.record_consent, GATE, Kind.ESTATE, example={"draft": lambda s: consent_draft(s.place)}),
    row(gates.withdraw_consent, GATE, Kind.ESTATE, example={"day": lambda s: today(), "why": "有人代签"}),
    row(gates.consents_run_out, SEE, Kind.ESTATE, Outside.PART),
    row(gates.note_changes, GATE, Kind.ESTATE, Outside.PART, before=_forget_the_year),
    row(gates.export_gates, SEE, Kind.ESTATE, Outside.PART),
    row(pots.pots, SEE, Kind.TOWN),
    row(pots.pot_accounts, SEE, Kind.TOWN),
    row(
        pots.keep_pot,
        POTS,
        Kind.TOWN,
        example={"pot": Pot(id="", name="区级补助", year=YEAR, amount=1_000_000)},
    ),
    row(pots.remove_pot, POTS, Kind.TOWN),
    row(pots.pots_left, SEE, Kind.TOWN, example={"year": YEAR + 1}),
    row(pots.carry_over, POTS, Kind.TOWN, example={"year": YEAR + 1}),
    row(pots.matching_rules, SEE, Kind.TOWN),
    row(pots.add_matching_rule, POTS, Kind.TOWN, example={"rule": RULE}),
    row(pots.remove_matching_rule, POTS, Kind.TOWN, example={"rule_id": lambda s: int(s.town.rule.id)}),
    row(funding.money_rows, SEE, Kind.PROJECT, Outside.PART),
    row(funding.project_money, SEE, Kind.PROJECT),
    row(
        funding.record_contribution,
        MONEY,
        Kind.PROJECT,
        example={"line": lambda s: contribution(s.world, s.projects.priced, s.place)},
        also=(
            {
                "line": lambda s: Contribution(
                    project=str(s.projects.priced.id), kind=SourceKind.IN_KIND, hours=Fraction(8)
                )
            },
            {"line": lambda s: Contribution(project=str(s.projects.priced.id), kind=SourceKind.RESIDENTS, pledged=5)},
            {"line": lambda s: replace(s.contribution, pledged=150_000)},
        ),
    ),
    row(funding.remove_contribution, MONEY, Kind.PROJECT),
    row(payments.payments, SEE, Kind.PROJECT, Outside.PART),
    row(
        payments.record_payment,
        MONEY,
        Kind.PROJECT,
        example={"draft": lambda s: payment(s.projects.priced, s.place)},
        also=({"draft": lambda s: replace(payment(s.projects.second, s.place), pot=s.contribution.pot)},),
    ),
    row(payments.undo_payment, MONEY, Kind.PROJECT),
    row(
        payments.import_payments,
        MONEY,
        Kind.PROJECT,
        Outside.REFUSED,
        example={"parsed": lambda s: payments_listed(s.projects.priced)},
    ),
    row(
        funding.set_upkeep,
        Action.EDIT_PROJECTS,
        Kind.PROJECT,
        example={"upkeep": lambda s: upkeep(s.projects.priced)},
    ),
    row(
        project_lists.import_project_list,
        Action.EDIT_PROJECTS,
        Kind.PROJECT,
        Outside.REFUSED,
        example={
            "parsed": lambda s: parse_projects(_projects_list(s)),
            "source": lambda s: ImportSource.of("项目.csv", _projects_list(s)),
        },
    ),
    row(
        money_lists.import_pot_list,
        POTS,
        Kind.TOWN,
        example={
            "parsed": lambda _: parse_pots(_POTS_LIST),
            "source": lambda _: ImportSource.of("资金.csv", _POTS_LIST),
        },
    ),
    row(
        money_lists.import_source_list,
        MONEY,
        Kind.PROJECT,
        Outside.REFUSED,
        example={
            "parsed": lambda s: parse_sources(_sources_list(s)),
            "source": lambda s: ImportSource.of("来源.csv", _sources_list(s)),
        },
    ),
    row(funding.double_funding, SEE, Kind.PROJECT, Outside.PART),
    row(pledges.adoptable_projects, Action.SEE_PUBLIC, Kind.PROJECT, Outside.PART),
    row(
        pledges.adoptable_project,
        Action.SEE_PUBLIC,
        Kind.PROJECT,
        example={"project_id": here.projects.adopted.id},
    ),
    row(pledges.open_for_adoption, PLEDGE, Kind.PROJECT),
    row(pledges.close_adoption, PLEDGE, Kind.PROJECT, example={"project_id": here.projects.adopted.id}),
    row(
        pledges.offer_pledge,
        Action.OFFER_PLEDGE,
        Kind.PROJECT,
        example={"project_id": here.projects.adopted.id, "supporter": "好心人", "amount": 10_000},
    ),
    row(
        pledges.record_pledge,
        PLEDGE,
        Kind.PROJECT,
        example={"supporter": "好心人", "kind": SourceKind.RESIDENTS, "amount": 10_000},
        also=({"kind": SourceKind.IN_KIND, "amount": 0, "hours": Fraction(100_000)},),
    ),
    row(pledges.confirm_offer, PLEDGE, Kind.PROJECT, example=OFFERED),
    row(pledges.withdraw_pledge, PLEDGE, Kind.PROJECT),
    row(
        pledges.receive,
        PLEDGE,
        Kind.PROJECT,
        example={
            "version": here.pledges.open.version,
            "amount": here.pledges.open.amount,
            "document": "银行回单",
        },
    ),
    row(pledges.list_pledges, SEE, Kind.PROJECT, Outside.PART),
    row(pledges.adopted_projects, SEE, Kind.PROJECT, Outside.PART),
    row(
        forecasts.forecasts,
        SEE,
        Kind.ESTATE,
        Outside.PART,
        example={"estate_ids": None},
        before=answered,
    ),
)
