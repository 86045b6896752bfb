"""Whatever a verb is given (ids of nothing, endless texts, signs that no database keeps), it answers in words."""

from __future__ import annotations

import traceback

import pytest
from test_verbs import ON_ROWS, nothing_squeezed, prepared, who_asks
from verbs import Verb
from verbs.odd import odd_arguments
from verbs.rehearsal import Town

from renovation.errors import RenovationError

__all__ = ["nothing_squeezed"]


@pytest.mark.slow
@pytest.mark.parametrize("verb", ON_ROWS.values(), ids=ON_ROWS)
def test_odd_arguments_are_refused_in_words(town: Town, verb: Verb) -> None:
    fell: dict[str, list[str]] = {}
    with town.rehearsal.call() as scene:
        arguments = prepared(town, verb)
        for label, differs in odd_arguments(verb, arguments):
            try:
                with scene.aside():
                    verb.ask(town.store, who_asks(town, verb), {**arguments, **differs})
            except RenovationError:
                pass
            except Exception as error:
                at = [one for one in traceback.extract_tb(error.__traceback__) if "/renovation/" in one.filename][-1]
                fell.setdefault(f"{type(error).__name__} at {at.filename}:{at.lineno}: {error!s:.80}", []).append(label)
    assert not fell, fell
