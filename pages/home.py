"""The first page."""

from renovation.config import DoorKind, settings
from renovation.model.accounts import PUBLIC, Action, may
from renovation.services.staff import accounts, installation
from renovation.ui.frame.guard import public_guard
from renovation.ui.frame.shell import go
from renovation.ui.frame.state import store
from renovation.ui.house.home import empty_store, for_public, for_staff

actor = public_guard()
if may(actor, Action.SEE_DESK):
    go("desk")
demonstration = installation.is_demonstration(store())
if actor != PUBLIC:
    for_staff(actor)
elif demonstration or accounts.has_accounts(store()) or settings().door is DoorKind.RESIDENT:
    for_public(demonstration=demonstration)
else:
    empty_store()
