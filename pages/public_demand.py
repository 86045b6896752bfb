"""Say what is needed: the intake form at the residents' door."""

from renovation.model.addresses import DEMAND
from renovation.ui.frame.guard import public_guard
from renovation.ui.plain import plain_page

public_guard()
plain_page(DEMAND, "public_demand", "estate")
