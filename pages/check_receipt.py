"""See whether one's ballot was counted."""

from renovation.model.addresses import RECEIPT
from renovation.ui.frame.guard import public_guard
from renovation.ui.plain import plain_page

public_guard()
plain_page(RECEIPT, "check_receipt")
