"""A programme in words: what its objective came to, which rule is meant, how a scenario's inputs have changed."""

from __future__ import annotations

from fractions import Fraction

from renovation.model.programme import Constraint, ConstraintKind, Objective, Problem
from renovation.rules.programme.ledger import BLEND_POINTS, SCORE_POINTS
from renovation.text import Language, text
from renovation.text.formats import format_count, format_percent
from renovation.text.planning import constraint_text


def objective_text(problem: Problem, value: int, language: Language | str) -> str:
    """Say what an objective's whole units mean: votes, households, points, or a share of everything there is."""
    match problem.objective:
        case Objective.SCORE:
            shown = format_count(Fraction(value, SCORE_POINTS), str(language))
        case Objective.BLEND:
            return format_percent(Fraction(value, BLEND_POINTS), str(language))
        case _:
            shown = format_count(value, str(language))
    return text(f"objective_unit.{problem.objective.value}", language, value=shown)


def rule_text(problem: Problem, constraint: Constraint, language: Language | str) -> str:
    """Name a rule by the names of its projects and pots instead of their ids."""
    projects = {project.id: project.name or project.id for project in problem.projects}
    kind = ConstraintKind
    match constraint.kind:
        case kind.POT:
            names = [pot_name(problem, constraint.name)]
        case kind.MANDATORY | kind.PROMISED | kind.LOCK:
            names = [projects.get(constraint.name, constraint.name)]
        case kind.ORDER:
            order = problem.orders[constraint.index]
            names = [f"{projects[order.first]} → {projects[order.then]}"]
        case kind.EXCLUSION:
            names = [projects[name] for name in problem.exclusions[constraint.index].projects]
        case _:
            names = []
    return constraint_text(constraint, language, names=names)


def pot_name(problem: Problem, pot_id: str) -> str:
    """Return a pot's name with its year."""
    return next((f"{pot.name}（{pot.year}）" for pot in problem.pots if pot.id == pot_id), pot_id)
