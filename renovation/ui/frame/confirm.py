"""Ask once before an act that cannot be taken back, in the act's own words; where needed, two people."""

from __future__ import annotations

import streamlit as st

from renovation.model.accounts import Actor
from renovation.services.staff import accounts, installation, second_person
from renovation.ui.frame.answers import done, refusals
from renovation.ui.frame.state import store
from renovation.ui.words import say, told


def confirmed(key: str, button: str, consequence: str, *, icon: str = "task_alt") -> bool:
    """Show a button that names the act; tell whether the person has confirmed what follows from it."""
    asked = f"renovation.asked.{key}"
    if not st.session_state.get(asked):
        if st.button(button, key=f"{key}.ask", icon=f":material/{icon}:"):
            st.session_state[asked] = True
            st.rerun()
        return False
    st.warning(consequence, icon=":material/warning:")
    # A row that breaks: in a narrow column the words of a button would be cut.
    with st.container(horizontal=True):
        goes = st.button(say("poll.confirm.ask"), key=f"{key}.go", type="primary")
        if st.button(say("poll.confirm.cancel"), key=f"{key}.stop"):
            st.session_state.pop(asked)
            st.rerun()
    if goes:
        st.session_state.pop(asked)
    return goes


def confirmed_by_two(
    actor: Actor, key: str, button: str, consequence: str, *, icon: str, needed: bool | None = None
) -> tuple[bool, Actor | None]:
    """Ask as :func:`.confirmed`, and ask a second person for login and password where needed.

    Parameters
    ----------
    needed
        Whether one is asked for; ``None``: as the settings say.

    Returns
    -------
    tuple
        Whether to go on, and who the second person is (``None`` where the settings ask for none).

    Raises
    ------
    DeniedError
        The second person's login or password is wrong, or it is the first person again.
    """
    if not (second_person.two_persons(store()) if needed is None else needed):
        return confirmed(key, button, consequence, icon=icon), None
    asked = f"renovation.asked.{key}"
    if not st.session_state.get(asked):
        confirmed(key, button, consequence, icon=icon)
        return False, None
    # A form sends what was typed last even where the keyboard left the field by its eye button.
    with st.form(f"{key}.second", border=False):
        st.caption(say("second.caption"))
        if installation.is_demonstration(store()):
            from renovation.services.demo import DEMO_PASSWORD

            st.caption(told("second.demonstration", login="shegong", password=DEMO_PASSWORD))
        one, two, _ = st.columns(3)
        login = one.text_input(say("second.login"), max_chars=60, autocomplete="off", key=f"{key}.login")
        password = two.text_input(
            say("second.password"), type="password", max_chars=200, autocomplete="off", key=f"{key}.password"
        )
        st.warning(consequence, icon=":material/warning:")
        go, stop, _ = st.columns([2, 1, 3])
        sent = go.form_submit_button(say("poll.confirm.ask"), type="primary", width="stretch")
        cancelled = stop.form_submit_button(say("poll.confirm.cancel"), width="stretch")
    if cancelled:
        st.session_state.pop(asked)
        st.rerun()
    if not sent:
        return False, None
    second = accounts.confirm_as_second(store(), actor, login, password)
    st.session_state.pop(asked)
    return True, second


def two_persons_setting(actor: Actor) -> None:
    """Let an administrator say whether opening, closing and sealing take two."""
    held = second_person.two_persons(store())
    # Where a colleague changed it meanwhile, what stands in this window is no wish to change it back.
    wanted = st.toggle(say("second.setting"), value=held, key=f"renovation.two_persons.{held}")
    st.caption(say("second.setting_what"))
    if wanted != held:
        with refusals():
            second_person.set_two_persons(store(), actor, wanted)
            done(say("second.saved"))
