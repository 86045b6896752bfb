"""Vote."""

from renovation.ui.frame.guard import public_guard
from renovation.ui.polls.kiosk.page import voting_page

public_guard(at_station=True)
voting_page()
