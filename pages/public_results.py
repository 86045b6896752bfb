"""What was decided, for everybody: the outcome of a published poll with its reasons."""

from renovation.model.addresses import RESULTS
from renovation.ui.frame.guard import public_guard
from renovation.ui.plain import plain_page

public_guard()
plain_page(RESULTS, "public_results", "poll")
