"""The first page."""

from renovation.config import Door, settings
from renovation.model.accounts import PUBLIC
from renovation.services import accounts, installation
from renovation.ui.guard import public_guard
from renovation.ui.home import empty_store, for_public, for_staff
from renovation.ui.state import store

actor = public_guard()
demonstration = installation.is_demonstration(store())
if actor is not PUBLIC:
    for_staff(actor)
elif demonstration or accounts.has_accounts(store()) or settings().door is Door.RESIDENT:
    for_public(demonstration=demonstration)
else:
    empty_store()
