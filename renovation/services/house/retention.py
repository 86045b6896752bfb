"""Keep what tells of persons no longer than needed (个人信息保护法 第19条): a term, what is due, and the deletion."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from renovation.errors import InvalidError
from renovation.model.accounts import Action, Actor, require
from renovation.model.canonical import plain
from renovation.model.clock import now, today
from renovation.rules.demands.contacts import masked
from renovation.services.acts import acting
from renovation.services.doors import reading
from renovation.services.surveys.figures import figures_of
from renovation.store import Connection, Store, settings
from renovation.store.demands import demands as demands_store
from renovation.store.house import retention
from renovation.store.surveys import campaigns, visits

TERM_SETTING = "retention.days"
#: A year answers a complaint about an answer; a locality sets its own.
DEFAULT_DAYS = 365
LEAST_DAYS, MOST_DAYS = 30, 3650
#: Demands cleaned in one transaction: others must be able to write meanwhile.
_AT_ONCE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """The term in days after a demand is done with, and what is due now; ``surveys`` have terms of their own."""

    days: int
    demands: int
    photos: int
    surveys: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """What a deletion took: demands gone through, texts masked, photos; whether no trace is left in the files.

    Of ``surveys`` the answers of single doors went, and the figures stay.
    """

    demands: int
    texts: int
    photos: int
    swept: bool
    surveys: int = 0


def _days(connection: Connection) -> int:
    return int(settings.get(connection, TERM_SETTING, DEFAULT_DAYS))


def read_retention(store: Store, actor: Actor | None) -> Retention:
    """Return the term and what is due."""
    with reading(store, actor, Action.CHANGE_SETTINGS) as door:
        days = _days(door.connection)
        ids = retention.due(door.connection, now() - timedelta(days=days))
        photos = sum(retention.photos_of(door.connection, ids[at : at + 500]) for at in range(0, len(ids), 500))
        surveys = len(campaigns.due(door.connection, today()))
    return Retention(days=days, demands=len(ids), photos=photos, surveys=surveys)


def set_retention(store: Store, actor: Actor | None, days: int) -> None:
    """Set the term.

    Raises
    ------
    InvalidError
        ``retention.days``: shorter than a month, or longer than ten years.
    """
    if not LEAST_DAYS <= days <= MOST_DAYS:
        raise InvalidError("retention.days", value=days, least=LEAST_DAYS, most=MOST_DAYS)
    with acting(store, actor, Action.CHANGE_SETTINGS) as unit:
        before = _days(unit.connection)
        settings.put(unit.connection, TERM_SETTING, days)
        unit.log("retention.set", "settings", "retention", before=before, days=days)
        unit.commit()


def delete_due(store: Store, actor: Actor | None) -> Deleted:
    """Take contact details and names out of the words of demands whose term is over, and delete their photos.

    The demand itself stays, for the figures; its history and the log say what was done. Of a survey whose term is over
    the visits go, and what they added up to stays.
    """
    require(actor, Action.CHANGE_SETTINGS)
    demands = texts = photos = 0
    while True:
        with acting(store, actor, Action.CHANGE_SETTINGS) as unit:
            days = _days(unit.connection)
            ids = retention.due(unit.connection, unit.at - timedelta(days=days))[:_AT_ONCE]
            if not ids:
                break
            now_texts = now_photos = 0
            for demand_id in ids:
                masked_here, deleted_here = retention.clean(unit.connection, demand_id, masked, unit.at)
                now_texts, now_photos = now_texts + masked_here, now_photos + deleted_here
                demands_store.note_event(unit.connection, demand_id, step="cleaned", login=unit.actor.login, at=unit.at)
            unit.log(
                "retention.delete",
                "demand",
                f"{ids[0]}-{ids[-1]}",
                days=days,
                demands=len(ids),
                texts=now_texts,
                photos=now_photos,
            )
            unit.commit()
        demands, texts, photos = demands + len(ids), texts + now_texts, photos + now_photos
    surveys = 0
    with acting(store, actor, Action.CHANGE_SETTINGS) as unit:
        for held in campaigns.due(unit.connection, today()):
            kept = plain(figures_of(unit.connection, held, None))
            gone = visits.forget(unit.connection, held.id)
            campaigns.change(unit.connection, held.id, cleared_on=today(), figures=kept)
            unit.log("survey.clear", "survey", held.id, name=held.draft.name, visits=gone)
            surveys += 1
        unit.commit()
    # Also where nothing was due: what was deleted by hand since lies in the files until then.
    return Deleted(demands=demands, texts=texts, photos=photos, swept=retention.sweep(store), surveys=surveys)
