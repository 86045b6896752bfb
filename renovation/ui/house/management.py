"""Administration: the staff list, backups."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from renovation.config import settings
from renovation.model.accounts import STAFF_ROLES, Account, Actor, Role
from renovation.model.jobs import JobKind, JobState, LongWork
from renovation.services.demands.work import department_names
from renovation.services.house import backups, jobs
from renovation.services.house.verification import at_start
from renovation.services.staff import accounts, identities, second_factor
from renovation.services.staff.accounts import AccountDraft
from renovation.text import fault_text
from renovation.text.formats import format_moment
from renovation.ui.frame.answers import done, refusals
from renovation.ui.frame.confirm import confirmed_by_two
from renovation.ui.frame.drafts import begun, draft
from renovation.ui.frame.grid import TEXT, grid
from renovation.ui.frame.state import store
from renovation.ui.house.account_scope import scope_form
from renovation.ui.house.differences import difference_table
from renovation.ui.jobs import begin, under_way
from renovation.ui.uploads import file_field
from renovation.ui.words import language, plain, say, told

#: The backup that was looked through: its file, and what restoring it would change.
_LOOKED = "renovation.backup.looked"
_FIRST_PASSWORD = "renovation.first_password"  # noqa: S105 (a key of the session state)


def _role_name(role: Role) -> str:
    return say(f"role.{role.value}")


def _role_of(account: Account) -> str:
    """Return an account's role, and whose it is where it is a department's."""
    name = _role_name(account.role)
    return say("account.role_of", role=name, department=account.department) if account.department else name


def staff_list(actor: Actor) -> None:
    """Show every account; the one selected can be changed below."""
    everyone = accounts.list_accounts(store(), actor)
    picked = grid(
        {
            "login": [account.login for account in everyone],
            "name": [account.name for account in everyone],
            "role_label": [_role_of(account) for account in everyone],
            "state": [say("account.active" if account.active else "account.inactive") for account in everyone],
            "factor": [_proved_by(one) for one in everyone],
        },
        words="account",
        # A department's name stands behind its role.
        kinds={"role_label": partial(TEXT, width=260)},
        ids=[account.id for account in everyone],
        pick="one",
        key="staff",
    )
    _show_first_password()
    if picked:
        _change(actor, everyone[picked[0]])
    else:
        st.caption(say("account.pick_one"))


def _proved_by(account: Account) -> str:
    if account.identity:
        return settings().oidc_name or say("identity.server")
    return say(f"account.factor_{'is_on' if account.has_second_factor else 'is_off'}")


def _department(actor: Actor, *, now: str | None = None, **field: Any) -> str:
    """Ask which department an account works for."""
    names = list(department_names(store(), actor))
    if now and now not in names:
        names.append(now)
    chosen = st.selectbox(
        say("account.department"),
        names,
        index=names.index(now) if now else None,
        accept_new_options=True,
        placeholder=say("demand.form.department_hint"),
        **field,
    )
    return str(chosen or "")


def _show_first_password() -> None:
    kept = st.session_state.get(_FIRST_PASSWORD)
    if kept is None:
        return
    login, password = kept
    with st.container(border=True):
        st.markdown(told("account.first_password", login=login))
        st.code(password, language=None)
        if st.button(say("account.noted"), icon=":material/check:"):
            del st.session_state[_FIRST_PASSWORD]
            st.rerun()


def _change(actor: Actor, account: Account) -> None:
    with st.container(border=True):
        st.markdown(f"**{plain(account.name)}** · {plain(account.login)}")
        scope_form(actor, account)
        role_column, password_column, state_column = st.columns(3, vertical_alignment="bottom")
        with role_column:
            role = st.selectbox(
                say("account.role_label"),
                STAFF_ROLES,
                index=STAFF_ROLES.index(account.role),
                format_func=_role_name,
                key=f"role_of_{account.id}",
            )
            department = ""
            if role is Role.DEPARTMENT:
                now = account.department or None
                department = _department(actor, key=f"department_of_{account.id}", now=now)
        with refusals():
            moved = role is not account.role or department != account.department
            if moved and role_column.button(say("account.save_role"), type="primary"):
                accounts.change_role(store(), actor, account.id, role, department=department)
                st.rerun()
            if password_column.button(say("account.reset_password"), key=f"reset_{account.id}"):
                password = accounts.reset_password(store(), actor, account.id)
                st.session_state[_FIRST_PASSWORD] = (account.login, password)
                st.rerun()
            words = "account.disable" if account.active else "account.enable"
            if state_column.button(say(words), key=f"state_{account.id}"):
                accounts.set_active(store(), actor, account.id, not account.active)
                st.rerun()
        if settings().oidc_issuer or account.identity:
            _identity(actor, account)
        if account.has_second_factor and account.id != actor.account_id:
            _take_factor_off(actor, account)


def _identity(actor: Actor, account: Account) -> None:
    """Say who an account is at the identity server."""
    with draft(actor, f"account.identity.{account.id}") as form:
        field, button = st.columns([3, 1], vertical_alignment="bottom")
        subject = field.text_input(
            say("identity.subject"),
            max_chars=255,
            help=say("identity.subject_help"),
            **form.field("subject", account.identity),
        )
        if subject != account.identity and button.button(say("identity.save"), key=form.key("save")):
            with form.saving():
                identities.set_identity(store(), actor, account.id, settings().oidc_issuer, subject)
                form.forget()
                done(told("identity.saved" if subject.strip() else "identity.dropped", login=account.login))


def _take_factor_off(actor: Actor, account: Account) -> None:
    with refusals():
        goes, second = confirmed_by_two(
            actor,
            f"account.factor_off.{account.id}",
            say("account.factor_take_off"),
            say("account.factor_take_off_sure"),
            icon="phonelink_erase",
            needed=True,
        )
        if goes:
            second_factor.take_off(store(), actor, account.id, second=second)
            done(told("account.factor_taken_off", login=account.login))


def new_account(actor: Actor) -> None:
    """Add a colleague; the first password is shown once."""
    waits = begun(actor, "account.new")
    with (
        st.expander(say("account.add"), icon=":material/person_add:", expanded=waits),
        draft(actor, "account.new") as form,
    ):
        name_column, login_column, role_column = st.columns(3)
        name = name_column.text_input(say("account.name"), max_chars=60, **form.field("name", ""))
        login = login_column.text_input(
            say("account.login"), max_chars=40, help=say("account.login_rule"), **form.field("login", "")
        )
        role = role_column.selectbox(
            say("account.role_label"), STAFF_ROLES, format_func=_role_name, **form.field("role", STAFF_ROLES[0])
        )
        department = _department(actor, **form.field("department")) if role is Role.DEPARTMENT else ""
        if not st.button(say("account.add_button"), type="primary", key=form.key("save")):
            return
        with form.saving():
            made = AccountDraft(login=login, name=name, role=role, department=department)
            _, password = accounts.create_account(store(), actor, made)
            st.session_state[_FIRST_PASSWORD] = (made.login, password)
            form.forget()
            st.rerun()


def backup_list(actor: Actor) -> None:
    """Make backups, and put one back."""
    folder = settings().backup_dir
    _accept(actor)
    if not store().is_sqlite:
        st.info(say("backup.postgres"), icon=":material/info:")
    # Folders stand as code, in which nothing is escaped; whoever runs the server has chosen them.
    st.markdown(say("backup.what", folder=str(folder), keys=str(settings().key_dir)))
    _make(actor, folder)
    found = backups.list_backups(store(), actor, folder)
    if not found:
        st.info(say("backup.none"), icon=":material/info:")
    else:
        grid(
            {
                "at": [format_moment(backup.at, language()) for backup in found],
                "name": [backup.name for backup in found],
                "size": [f"{backup.size / 1_000_000:.1f} MB" for backup in found],
            },
            words="backup",
            key="backups",
        )
    _restore(actor, folder, [backup.name for backup in found])


def _make(actor: Actor, folder: Path) -> None:
    """Offer to make a backup, or show how far one is."""
    if under_way(actor, JobKind.BACKUP, _copying, _made):
        return
    if st.button(say("backup.make"), type="primary", icon=":material/save:"):
        begin(actor, lambda: jobs.ask_backup(store(), actor, folder))
    last = jobs.last_job(store(), actor, JobKind.BACKUP)
    if last is not None and last.account_id is None and last.state is JobState.FAILED:
        # Nobody was there when it ended, at night.
        with refusals():
            jobs.answer_of(store(), actor, last.id)


def _copying(known: LongWork) -> str:
    return say("backup.making", share=round(100 * known.share))


def _made(answer: backups.Backup) -> None:
    instead_of = told("backup.replaced", name=answer.instead_of) if answer.instead_of else ""
    done(told("backup.made", name=answer.name) + instead_of)


def _accept(actor: Actor) -> None:
    """Offer to let a database be the right one that does not fit what is noted outside it."""
    faults = [one for one in at_start(store()) if one.code != "store.key"]
    if not faults:
        return
    with st.container(border=True), draft(actor, "backup.accept") as form:
        st.subheader(say("backup.accept_title"))
        for fault in faults:
            st.error(plain(fault_text(fault, language())), icon=":material/error:")
        st.markdown(say("backup.accept_what"))
        reason = st.text_input(say("backup.accept_reason"), max_chars=200, **form.field("reason", ""))
        with form.saving():
            goes, second = confirmed_by_two(
                actor,
                "backup.accept",
                say("backup.accept"),
                say("backup.accept_sure"),
                icon="verified",
                needed=backups.takes_two(store(), actor),
            )
            if goes:
                backups.accept_store(store(), actor, reason, second=second)
                form.forget()
                done(say("backup.accepted"))


def _restore(actor: Actor, folder: Path, names: list[str]) -> None:
    with st.expander(say("backup.restore_title"), icon=":material/settings_backup_restore:"):
        st.markdown(say("backup.restore_what"))
        name = st.selectbox(say("backup.from_folder"), names, index=None, placeholder=say("backup.choose"))
        upload = file_field(say("backup.from_file"), type=["sqlite"])
        if not (name or upload):
            return
        if upload is None:
            _restore_from(actor, folder / str(name), folder)
            return
        with tempfile.TemporaryDirectory() as scratch:
            file = Path(scratch) / f"{upload.file_id}.sqlite"
            file.write_bytes(upload.getvalue())
            _restore_from(actor, file, folder)


def _restore_from(actor: Actor, file: Path, folder: Path) -> None:
    """Show what a backup would change before anybody is asked to confirm it."""
    if st.button(say("backup.look"), icon=":material/search:"):
        st.session_state.pop(_LOOKED, None)
        with refusals(), st.spinner(say("backup.looking")):
            st.session_state[_LOOKED] = (file.name, backups.compare_backup(store(), actor, file))
    looked, found = st.session_state.get(_LOOKED, ("", None))
    if found is None or looked != file.name:
        return
    st.markdown(told("backup.holds", ballots=found.examined.ballots, entries=found.examined.log_entries))
    for title, count in found.lost:
        keeps = say("backup.keeps") if found.is_kept else ""
        st.warning(told("backup.loses", poll=title, count=count) + keeps, icon=":material/warning:")
    if not found.is_kept:
        st.warning(say("backup.not_kept"), icon=":material/warning:")
    if found.differences:
        st.markdown(say("backup.changes"))
        difference_table(found.differences)
    else:
        st.caption(say("backup.no_changes"))
    moved = found.other_installation and st.checkbox(say("backup.moved"))
    if found.other_installation and not moved:
        st.warning(say("backup.elsewhere"), icon=":material/warning:")
        return
    with refusals():
        goes, second = confirmed_by_two(
            actor,
            "backup.restore",
            say("backup.restore"),
            say("backup.sure"),
            icon="settings_backup_restore",
            needed=backups.takes_two(store(), actor),
        )
        if goes:
            with st.spinner(say("backup.restoring")):
                examined = backups.restore_backup(store(), actor, file, folder, second=second, moved=moved)
            st.session_state.pop(_LOOKED)
            done(told("backup.restored", ballots=examined.ballots, entries=examined.log_entries))
