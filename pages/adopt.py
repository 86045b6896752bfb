"""Adopt a project: the public store of projects that supporters can help to pay for or build."""

from renovation.model.addresses import ADOPT
from renovation.ui.frame.guard import public_guard
from renovation.ui.plain import plain_page

public_guard()
plain_page(ADOPT, "adopt", "project")
