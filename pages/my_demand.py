"""What became of my demand, by its number."""

from renovation.model.addresses import MY_DEMAND
from renovation.ui.frame.guard import public_guard
from renovation.ui.plain import plain_page

public_guard()
plain_page(MY_DEMAND, "my_demand")
