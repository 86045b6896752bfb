"""Let somebody in again who has lost both password and second factor, from the computer that the tool runs on."""

from __future__ import annotations

from renovation.errors import NotFoundError
from renovation.model.accounts import Action, Actor
from renovation.model.names import fold
from renovation.services.acts import acting
from renovation.services.staff.accounts import give_first_password
from renovation.services.staff.hashing import hash_secret
from renovation.services.staff.passwords import make_password
from renovation.services.staff.second_person import require_second, second_login
from renovation.services.typed import reason_of
from renovation.store import Store
from renovation.store.staff import accounts


def let_in(store: Store, actor: Actor | None, login: str, reason: str, *, second: Actor | None = None) -> str:
    """Give an account a new first password, take its second factor off and drop who it is at the identity server.

    Parameters
    ----------
    second
        Who else confirms; needed where the account is not the only one that is switched on.

    Returns
    -------
    str
        The password.

    Raises
    ------
    InvalidError
        ``account.let_in_reason``.
    NotFoundError
        ``account.no_login``: no account that is switched on has this login.
    DeniedError
        ``poll.second_person``, ``account.prove_again``.
    """
    said = reason_of(reason, "account.let_in_reason")
    password = make_password()
    hashed = hash_secret(password)
    with acting(store, actor, Action.MANAGE_ACCOUNTS) as unit:
        everyone = [one for one in accounts.everyone(unit.connection) if one.active]
        found = next((one for one in everyone if one.login == fold(login)), None)
        if found is None:
            raise NotFoundError("account.no_login", login=login.strip()[:60])
        unit.account(found.id)
        require_second(unit, second, needed=len(everyone) > 1)
        give_first_password(unit, found.id, hashed)
        accounts.set_second_factor(unit.connection, found.id, seed="", step=0, code_hashes=())
        accounts.set_identity(unit.connection, found.id, "", "")
        unit.log("account.let_in", "account", found.id, login=found.login, reason=said, second=second_login(second))
        unit.commit()
    return password
