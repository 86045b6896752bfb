"""What every public verb writes, logs and answers, held against what was read and found right once.

``answers/`` holds what the example of each verb does, ``neighbours/`` what becomes of it when one argument is a little
off. After a change that is meant, ``RENOVATION_KEEP_ANSWERS=1 pytest tests/services/test_answers.py`` writes both
anew, and the difference is read before it is kept.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import verbs
from verbs import Scene, Verb
from verbs.nearby import nearby
from verbs.refusals import REFUSALS, Act
from verbs.rehearsal import Rehearsal
from verbs.told import Kept, Scenery, otherwise, plain, short, standing_still, who_asks
from verbs.world import World, lay_out

from renovation.errors import RenovationError
from renovation.model.accounts import Actor
from renovation.model.polls import PollStage
from renovation.store import Store

HERE, ANEW = Path(__file__).parent, bool(os.environ.get("RENOVATION_KEEP_ANSWERS"))
ANSWERS, NEIGHBOURS = Kept(HERE / "answers", ANEW), Kept(HERE / "neighbours", ANEW)
TABLE = {name: verb for name, verb in verbs.table().items() if not verb.alone}
every_verb = pytest.mark.parametrize("verb", TABLE.values(), ids=TABLE)


@pytest.fixture(scope="session")
def still_town(
    make_store: Callable[[Path], Store], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Rehearsal, World]:
    """The small town of the verbs, laid out on a day that stays, with chance that repeats itself."""
    folder = tmp_path_factory.mktemp("answers")
    with standing_still():
        rehearsal = Rehearsal(make_store(folder / "town"))
        with rehearsal.call(keep=True):
            world = lay_out(rehearsal.store, make_store(folder / "laptop"), make_store(folder / "office"), folder)
    return rehearsal, world


@every_verb
def test_what_a_verb_writes_and_answers(still_town: tuple[Rehearsal, World], verb: Verb) -> None:
    rehearsal, world = still_town
    found: list[str] = []
    for differs in ({}, *verb.also):
        with standing_still(), rehearsal.call():
            scene = Scene(world, world.one, verb.stage)
            if verb.before is not None:
                verb.before(scene)
            arguments = verb.arguments(scene, differs)
            rehearsal.begin()
            scenery = Scenery(rehearsal.connection)
            answer = verb.ask(rehearsal.store, who_asks(world, verb), arguments)
            changes = scenery.written() if rehearsal.changed else []
            found += [line for part in (*changes, f"= {plain(answer)}") for line in short(part)]
    ANSWERS.hold(verb, "\n".join(found))


@every_verb
def test_what_a_verb_says_to_neighbouring_arguments(still_town: tuple[Rehearsal, World], verb: Verb) -> None:
    rehearsal, world = still_town
    told: dict[str, list[str]] = {}
    with standing_still(), rehearsal.call():
        scene = Scene(world, world.one, verb.stage)
        if verb.before is not None:
            verb.before(scene)
        arguments = verb.arguments(scene)
        scenery = Scenery(rehearsal.connection)

        def outcome(actor: Actor, differs: dict[str, Any]) -> tuple[list[str], dict[str, Any]]:
            rehearsal.begin()
            with standing_still(), rehearsal.aside():
                try:
                    answer = plain(verb.ask(rehearsal.store, actor, {**arguments, **differs}))
                except RenovationError as refused:
                    return [f"{refused.code} {plain(refused.fields)}"], refused.fields
                except Exception:
                    # Nonsense that no page and no command can say: an outline of letters, a county that is none.
                    return [], {}
                changes = scenery.written() if rehearsal.changed else []
                return [*changes, f"= {answer}"], {}

        asking = who_asks(world, verb)
        usual, _ = outcome(asking, {})
        for label, actor, differs in nearby(
            verb, scene, asking, arguments, lambda differs: outcome(asking, differs)[1]
        ):
            found, _ = outcome(actor, differs)
            if found:
                told.setdefault("as usual" if found == usual else otherwise(usual, found), []).append(label)
    NEIGHBOURS.hold(verb, "\n".join(f"{', '.join(labels)}: {outcome}" for outcome, labels in told.items()))


@pytest.mark.parametrize(("code", "act"), REFUSALS, ids=[f"{at}-{code}" for at, (code, _act) in enumerate(REFUSALS)])
def test_what_leads_to_a_refusal(still_town: tuple[Rehearsal, World], code: str, act: Act) -> None:
    rehearsal, world = still_town
    with standing_still(), rehearsal.call():
        with pytest.raises(RenovationError) as refused:
            act(Scene(world, world.one, PollStage.OPEN))
        assert refused.value.code == code
