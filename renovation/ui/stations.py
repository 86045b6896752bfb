"""Whether this computer is locked to voting."""

from __future__ import annotations

import streamlit as st

_STATION = "renovation.station"


def locked() -> bool:
    """Tell whether this browser is a voting station: it shows the voting page and nothing else."""
    return bool(st.session_state.get(_STATION))
