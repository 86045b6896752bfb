"""Vote."""

from renovation.ui.guard import public_guard
from renovation.ui.kiosk.page import voting_page

public_guard(at_station=True)
voting_page()
