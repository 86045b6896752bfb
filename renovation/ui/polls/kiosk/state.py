"""What the voting page remembers of one voter, and how it forgets."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from enum import StrEnum

import streamlit as st

from renovation.model.polls import Receipt, Ticket
from renovation.rules.polls.choosing import Choice
from renovation.text import Language

_STATE = "renovation.kiosk"

#: The browser asks "still there?" after a minute without a touch, and waits a quarter more.
IDLE_SECONDS = 60
RING_SECONDS = 15
#: A receipt stands long enough to be copied by hand, then goes without asking.
RECEIPT_SECONDS = 30
#: The server cannot see typing, so on its own it forgets only well after that.
_SERVER_SECONDS = 300


class KioskStep(StrEnum):
    """The screens, one decision each."""

    WELCOME = "welcome"
    HOW = "how"
    CHOOSE = "choose"
    REVIEW = "review"
    CONFIRM = "confirm"
    RECEIPT = "receipt"


@dataclass(slots=True)
class KioskVoter:
    """One voter at this screen. ``epoch`` is part of every widget's key, so that no input outlives its voter."""

    epoch: int
    step: KioskStep = KioskStep.WELCOME
    code: str = ""
    ticket: Ticket | None = None
    choice: Choice = field(default_factory=Choice)
    receipt: Receipt | None = None
    size: int = 0
    high_contrast: bool = False
    language: Language | None = None
    touched: float = field(default_factory=time.monotonic)

    @property
    def is_somebody(self) -> bool:
        """Whether anybody has done anything here yet."""
        return self.step is not KioskStep.WELCOME or self.size > 0 or self.high_contrast or self.language is not None

    def key(self, name: str) -> str:
        """Return a widget key of this voter's own."""
        return f"kiosk_{self.epoch}_{name}"


def current() -> KioskVoter:
    """Return the voter at this screen; one who left long ago is forgotten first."""
    voter = st.session_state.get(_STATE)
    if voter is None:
        voter = KioskVoter(epoch=0)
        st.session_state[_STATE] = voter
    if time.monotonic() - voter.touched > _SERVER_SECONDS and voter.is_somebody:
        voter = next_voter()
    voter.touched = time.monotonic()
    return voter


def next_voter() -> KioskVoter:
    """Forget everything of the voter and give every input a new key, also when the form looks empty."""
    before = st.session_state.get(_STATE)
    for name in [name for name in st.session_state if str(name).startswith("kiosk_")]:
        del st.session_state[name]
    voter = KioskVoter(epoch=before.epoch + 1 if before else 0)
    st.session_state[_STATE] = voter
    return voter


def forget() -> None:
    """Forget the voter, as a button does."""
    next_voter()
