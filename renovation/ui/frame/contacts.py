"""A word to who types what tells of a person."""

from __future__ import annotations

import streamlit as st

from renovation.rules.demands.contacts import contacts_in
from renovation.ui.words import listed, told


def warn_of_contacts(said: str) -> None:
    """Warn below a field of what in it tells of a person."""
    if found := contacts_in(said):
        st.warning(told("retention.typed", found=listed(found[:3])), icon=":material/privacy_tip:")
