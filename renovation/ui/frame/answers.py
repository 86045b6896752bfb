"""What the tool answers to an act: the sentence of a refusal, and the message that outlives the page's next run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import streamlit as st

from renovation.errors import DeniedError, ImportRefusedError, RenovationError
from renovation.rules.demands.contacts import contacts_in
from renovation.services.staff import notes
from renovation.text import fault_text
from renovation.ui.frame.grid import table
from renovation.ui.frame.state import current_actor, store
from renovation.ui.words import error_sentence, language, listed, plain, say, told

#: Faults shown one by one; a longer list says how many more there are.
_FAULTS_SHOWN = 50
_FLASH = "renovation.flash"
#: Refusals that a page does not lead to: somebody tries.
_WORTH_A_NOTE = ("account.not_allowed", "account.whole_town", "account.scope_outside")


@dataclass(slots=True)
class Refused:
    """What a block of :func:`refusals` met: the refusal, ``None`` where all went well."""

    error: RenovationError | None = None

    @property
    def code(self) -> str:
        """The refusal's code, empty where all went well."""
        return self.error.code if self.error else ""


def show_error(error: RenovationError, *, lists_faults: bool = True) -> None:
    """Show what happened, where, and the cure; an import's faults as a list below."""
    st.error(error_sentence(error), icon=":material/error:")
    if lists_faults and isinstance(error, ImportRefusedError):
        table([say("shell.faults")], [[fault_text(fault, language())] for fault in error.faults[:_FAULTS_SHOWN]])
        if len(error.faults) > _FAULTS_SHOWN:
            st.caption(told("shell.more_faults", count=len(error.faults) - _FAULTS_SHOWN))


def _note(error: DeniedError) -> None:
    if actor := current_actor():
        notes.note_refused_act(store(), actor, error.code, str(error.fields.get("action", "")))


@contextmanager
def refusals(*, stop: bool = False, about: str = "", lists_faults: bool = True) -> Iterator[Refused]:
    """Run what may be refused; a refusal is shown as its sentence, and what follows in the block does not happen.

    Parameters
    ----------
    stop
        Whether the page ends with the sentence, because without the answer there is nothing to show.
    about
        What of several was refused; it stands above the sentence.
    lists_faults
        Whether the faults of a table stand below it: not where they are listed to be mended.
    """
    met = Refused()
    try:
        yield met
    except RenovationError as error:
        met.error = error
        if isinstance(error, DeniedError) and error.code in _WORTH_A_NOTE:
            _note(error)
        if about:
            st.caption(plain(about))
        show_error(error, lists_faults=lists_faults)
        if stop:
            st.stop()


def attempt(act: Callable[[], object]) -> None:
    """Do what may be refused, and draw the page anew once it is done."""
    with refusals():
        act()
        st.rerun()


def flash(sentence: str) -> None:
    """Keep a sentence for the top of whatever this tab shows next."""
    st.session_state[_FLASH] = sentence


def done(sentence: str) -> None:
    """Draw the page anew, with a sentence on what has been done."""
    flash(sentence)
    st.rerun()


def show_flash() -> None:
    """Show the sentence that was kept, once; it stays in sight however far down the page stands.

    Its place is there without it too: a browser knows tabs by where they stand, and opens the first where they moved.
    """
    with st.container(key="renovation_flash"):
        if sentence := st.session_state.pop(_FLASH, None):
            st.success(sentence, icon=":material/check_circle:")


def warn_of_contacts(said: str) -> None:
    """Warn below a field of what in it tells of a person."""
    if found := contacts_in(said):
        st.warning(told("retention.typed", found=listed(found[:3])), icon=":material/privacy_tip:")
