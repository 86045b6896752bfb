"""What whoever prints squares for phones has to know: which address they open, and what http asks of a hall."""

from __future__ import annotations

import streamlit as st

from renovation.config import settings
from renovation.model.polls import Poll
from renovation.ui.words import say, told

#: Above so many households phones crowd on one access point.
_LARGE = 100


def phones_note(poll: Poll) -> None:
    """Say beside slips and posters which address phones open and what that asks of the hall."""
    here = settings().residents_url
    if not here:
        st.caption(say("phones.none"))
        return
    st.caption(told("phones.address", address=here))
    if here.startswith("http://"):
        st.warning(say("phones.http"), icon=":material/no_encryption:")
    # A town's server is reached over the internet; one computer serves the hall it stands in.
    if settings().is_sqlite and (poll.settings.denominator or 0) > _LARGE:
        st.info(told("phones.large", most=_LARGE), icon=":material/groups:")
