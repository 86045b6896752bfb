"""Vote."""

from renovation.model import addresses
from renovation.ui.frame.guard import public_guard
from renovation.ui.plain import plain_page

public_guard()
plain_page(addresses.VOTE, "kiosk")
