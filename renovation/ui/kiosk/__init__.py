"""The voting page: one decision per screen, and nothing of the voter before."""

from renovation.ui.kiosk.page import voting_page

__all__ = ["voting_page"]
