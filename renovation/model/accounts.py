"""Staff accounts, roles, and the table that says which role may do what."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from renovation.errors import DeniedError
from renovation.model.scope import EVERYWHERE, Scope


class Role(StrEnum):
    """Who acts. ``RESIDENT`` and ``STATION`` never sign in with an account."""

    RESIDENT = "resident"
    STATION = "station"
    SOCIAL_WORKER = "social_worker"
    SECOND_CLERK = "second_clerk"
    PLANNER = "planner"
    ADMIN = "admin"
    OBSERVER = "observer"
    DEPARTMENT = "department"


#: Who signs in with an account. ``DEPARTMENT`` 承办单位 sees its own demands alone.
STAFF_ROLES = (
    Role.SOCIAL_WORKER,
    Role.SECOND_CLERK,
    Role.PLANNER,
    Role.ADMIN,
    Role.OBSERVER,
    Role.DEPARTMENT,
)


class Action(StrEnum):
    """Everything a person can ask the services to do."""

    SEE_PUBLIC = "see_public"
    CAST_BALLOT = "cast_ballot"
    SEE_REGISTER = "see_register"
    EDIT_AREAS = "edit_areas"
    EDIT_ESTATES = "edit_estates"
    IMPORT_PLACES = "import_places"
    RUN_SURVEY = "run_survey"
    VISIT_DOOR = "visit_door"
    TAKE_DEMAND = "take_demand"
    HANDLE_DEMAND = "handle_demand"
    DO_WORK = "do_work"
    SEE_DESK = "see_desk"
    SEE_PHOTOS = "see_photos"
    EDIT_PROJECTS = "edit_projects"
    EDIT_PRICES = "edit_prices"
    EDIT_POTS = "edit_pots"
    EDIT_MONEY = "edit_money"
    OFFER_PLEDGE = "offer_pledge"
    RECORD_PLEDGE = "record_pledge"
    RECORD_GATE = "record_gate"
    EDIT_POLL = "edit_poll"
    RUN_STATION = "run_station"
    ISSUE_CODES = "issue_codes"
    KEY_PAPER = "key_paper"
    ADJUDICATE = "adjudicate"
    OPEN_CLOSE_POLL = "open_close_poll"
    SEE_RESULTS = "see_results"
    RANK = "rank"
    SET_CRITERIA = "set_criteria"
    SEE_PANELS = "see_panels"
    PUBLISH = "publish"
    READ_LOG = "read_log"
    VERIFY = "verify"
    BACK_UP = "back_up"
    MANAGE_ACCOUNTS = "manage_accounts"
    CHANGE_SETTINGS = "change_settings"
    EDIT_LISTS = "edit_lists"


#: After RELIABILITY §5. A missing row is a refusal.
PERMISSIONS: dict[Action, frozenset[Role]] = {
    Action.SEE_PUBLIC: frozenset(Role),
    Action.CAST_BALLOT: frozenset({Role.RESIDENT, Role.STATION}),
    Action.SEE_REGISTER: frozenset({Role.SOCIAL_WORKER, Role.SECOND_CLERK, Role.PLANNER, Role.ADMIN, Role.OBSERVER}),
    Action.EDIT_AREAS: frozenset({Role.PLANNER, Role.ADMIN}),
    Action.EDIT_ESTATES: frozenset({Role.SOCIAL_WORKER, Role.PLANNER, Role.ADMIN}),
    Action.IMPORT_PLACES: frozenset({Role.SOCIAL_WORKER, Role.PLANNER, Role.ADMIN}),
    Action.RUN_SURVEY: frozenset({Role.SOCIAL_WORKER, Role.PLANNER, Role.ADMIN}),
    Action.VISIT_DOOR: frozenset({Role.SOCIAL_WORKER, Role.PLANNER, Role.ADMIN}),
    Action.TAKE_DEMAND: frozenset({Role.RESIDENT, Role.SOCIAL_WORKER, Role.SECOND_CLERK, Role.PLANNER, Role.ADMIN}),
    Action.HANDLE_DEMAND: frozenset({Role.SOCIAL_WORKER, Role.PLANNER, Role.ADMIN}),
    Action.DO_WORK: frozenset({Role.SOCIAL_WORKER, Role.PLANNER, Role.ADMIN, Role.DEPARTMENT}),
    Action.SEE_DESK: frozenset({Role.DEPARTMENT}),
    Action.SEE_PHOTOS: frozenset(
        {Role.SOCIAL_WORKER, Role.SECOND_CLERK, Role.PLANNER, Role.ADMIN, Role.OBSERVER, Role.DEPARTMENT}
    ),
    Action.EDIT_PROJECTS: frozenset({Role.SOCIAL_WORKER, Role.PLANNER, Role.ADMIN}),
    Action.EDIT_PRICES: frozenset({Role.PLANNER, Role.ADMIN}),
    Action.EDIT_POTS: frozenset({Role.PLANNER, Role.ADMIN}),
    Action.EDIT_MONEY: frozenset({Role.PLANNER, Role.ADMIN}),
    Action.OFFER_PLEDGE: frozenset({Role.RESIDENT, Role.SOCIAL_WORKER, Role.PLANNER, Role.ADMIN}),
    Action.RECORD_PLEDGE: frozenset({Role.SOCIAL_WORKER, Role.PLANNER, Role.ADMIN}),
    Action.RECORD_GATE: frozenset({Role.SOCIAL_WORKER, Role.PLANNER, Role.ADMIN}),
    Action.EDIT_POLL: frozenset({Role.PLANNER, Role.ADMIN}),
    Action.RUN_STATION: frozenset({Role.SOCIAL_WORKER, Role.ADMIN}),
    Action.ISSUE_CODES: frozenset({Role.SOCIAL_WORKER, Role.ADMIN}),
    Action.KEY_PAPER: frozenset({Role.SOCIAL_WORKER, Role.SECOND_CLERK}),
    Action.ADJUDICATE: frozenset({Role.ADMIN}),
    Action.OPEN_CLOSE_POLL: frozenset({Role.ADMIN}),
    Action.SEE_RESULTS: frozenset({Role.SOCIAL_WORKER, Role.PLANNER, Role.ADMIN, Role.OBSERVER}),
    Action.RANK: frozenset({Role.PLANNER, Role.ADMIN}),
    Action.SET_CRITERIA: frozenset({Role.PLANNER, Role.ADMIN}),
    Action.SEE_PANELS: frozenset({Role.SOCIAL_WORKER, Role.PLANNER, Role.ADMIN, Role.OBSERVER}),
    Action.PUBLISH: frozenset({Role.PLANNER, Role.ADMIN}),
    Action.READ_LOG: frozenset({Role.ADMIN, Role.OBSERVER}),
    Action.VERIFY: frozenset({Role.SOCIAL_WORKER, Role.SECOND_CLERK, Role.PLANNER, Role.ADMIN, Role.OBSERVER}),
    Action.BACK_UP: frozenset({Role.ADMIN}),
    Action.MANAGE_ACCOUNTS: frozenset({Role.ADMIN}),
    Action.CHANGE_SETTINGS: frozenset({Role.ADMIN}),
    Action.EDIT_LISTS: frozenset({Role.PLANNER, Role.ADMIN}),
}


#: What concerns the whole town whatever it is about, as the hierarchy of areas, prices, pots, and what estates and
#: projects are judged by do (thresholds, weightings, own columns, panels, the year's batch): an account that sees a
#: part of town may do none.
WHOLE_TOWN = frozenset(
    {
        Action.EDIT_AREAS,
        Action.EDIT_PRICES,
        Action.EDIT_POTS,
        Action.SET_CRITERIA,
        Action.SEE_PANELS,
        Action.READ_LOG,
        Action.VERIFY,
        Action.BACK_UP,
        Action.CHANGE_SETTINGS,
    }
)


#: What a session that somebody left open does not do: password or second factor are asked for again.
PROVED = frozenset({Action.MANAGE_ACCOUNTS, Action.CHANGE_SETTINGS})
PROOF_LASTS = timedelta(minutes=5)
PROOF_MINUTES = int(PROOF_LASTS.total_seconds() // 60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who asks a service for something.

    Attributes
    ----------
    scope
        Narrows what a role may see to a part of the hierarchy.
    department
        Whose demands an account of a department sees; empty for every other role.
    address
        Where the request comes from; floods are counted by it.
    session
        The hash of the session's token; scripts of whoever runs the machine have none.
    """

    role: Role
    account_id: int | None = None
    login: str = ""
    name: str = ""
    scope: Scope = EVERYWHERE
    department: str = ""
    address: str = field(default="", compare=False)
    session: str = field(default="", compare=False)


#: A member of the public: a resident at the kiosk or on a phone.
PUBLIC = Actor(role=Role.RESIDENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A staff account; ``identity`` is who it is at the office's identity server, empty where it signs in here."""

    id: int
    login: str
    name: str
    role: Role
    scope: Scope = EVERYWHERE
    department: str = ""
    active: bool = True
    must_change_password: bool = False
    has_second_factor: bool = False
    identity: str = ""


def is_inner(actor: Actor) -> bool:
    """Tell whether inner notes may be read: kits, sealing, who did what; a department reads what concerns it alone."""
    return actor.role in PERMISSIONS[Action.SEE_REGISTER]


def may(actor: Actor, action: Action) -> bool:
    """Tell whether the tables allow ``actor`` this action."""
    return actor.role in PERMISSIONS.get(action, frozenset()) and (
        action not in WHOLE_TOWN or actor.scope == EVERYWHERE
    )


def require_account(actor: Actor | None) -> tuple[Actor, int]:
    """Return who is signed in, and the number of their account.

    Raises
    ------
    DeniedError
        ``account.sign_in_first`` for nobody, and for who acts without an account.
    """
    if actor is None or actor.account_id is None:
        raise DeniedError("account.sign_in_first")
    return actor, actor.account_id


def require(actor: Actor | None, action: Action) -> Actor:
    """Return the actor when the tables allow the action.

    Raises
    ------
    DeniedError
        ``account.sign_in_first`` for nobody, ``account.not_allowed`` for the role, ``account.whole_town`` for who
        sees a part of town.
    """
    if actor is None:
        raise DeniedError("account.sign_in_first")
    if actor.role not in PERMISSIONS.get(action, frozenset()):
        raise DeniedError("account.not_allowed", role=actor.role.value, action=action.value)
    if not may(actor, action):
        raise DeniedError("account.whole_town")
    return actor
