"""The one door from an id to an object: what lies outside an account's part of town is not there.

Whoever has an :class:`Door` has been let in by the table of permissions; the door asks for sight, and where an act of a
poll is named, for the act's permission and stage. No service turns an id into an object beside it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager

from renovation.errors import DeniedError, NotFoundError
from renovation.model.accounts import Account, Action, Actor, Role, require
from renovation.model.ballots import PaperBatch, Station
from renovation.model.consents import ConsentRecord
from renovation.model.demands import Demand
from renovation.model.funding import Contribution, Payment, Pledge, Pot
from renovation.model.imports import ImportRecord
from renovation.model.intake import SubTask
from renovation.model.panels import Panel
from renovation.model.photos import Photo, PhotoOwner, PhotoOwnerKind
from renovation.model.places import Estate, EstateFilter, EstateWork
from renovation.model.polls import TIMETABLE, CodeBatch, Poll, PollAct, PollStage, Venue, require_stage
from renovation.model.projects import Project
from renovation.model.scenarios import HeldScenario
from renovation.model.surveys import Survey
from renovation.rules.programme.scenario_parts import part_of
from renovation.services.sight import Sight
from renovation.store import Store
from renovation.store.demands import demands, work
from renovation.store.money import gates, payments, pledges, pots
from renovation.store.polls import codes, paper, polls, stations
from renovation.store.programme import panels, scenarios
from renovation.store.projects import projects
from renovation.store.register import areas, buildings, estate_works, estates, imports, photos
from renovation.store.staff import accounts
from renovation.store.surveys import campaigns


def row_id(written: str, code: str) -> int:
    """Return the number that an object of the model has by its id in words.

    Raises
    ------
    NotFoundError
        Of this code, where it is no number: nothing has such an id.
    """
    if not (written.isascii() and written.isdigit() and len(written) < 19):
        raise NotFoundError(code, id=written[:40])
    return int(written)


class Door(Sight):
    """Every object in sight by its id."""

    def estate(self, estate_id: int) -> Estate:
        """Return an estate in sight.

        Raises
        ------
        NotFoundError
            ``estate.not_found``.
        """
        return estates.get(self.connection, estate_id, allowed=self.scope)

    def building_estate(self, building_id: int) -> Estate:
        """Return the estate in sight that a building stands in.

        Raises
        ------
        NotFoundError
            ``estate.building_not_found``.
        """
        with _not_there("estate.building_not_found"):
            return self.estate(buildings.estate_of(self.connection, building_id))

    def estate_work(self, work_id: int) -> EstateWork:
        """Return earlier works of an estate in sight.

        Raises
        ------
        NotFoundError
            ``estate_work.not_found``.
        """
        found = estate_works.get(self.connection, work_id)
        with _not_there("estate_work.not_found"):
            self.estate(found.draft.estate_id)
        return found

    def photo_owner(self, owner: PhotoOwner) -> None:
        """Refuse what photos belong to where it is not in sight.

        Raises
        ------
        NotFoundError
            ``estate.not_found``, ``demand.not_found`` or ``project.not_found``.
        """
        if self.actor.role is Role.DEPARTMENT and owner.kind is not PhotoOwnerKind.DEMAND:
            raise NotFoundError(f"{owner.kind.value}.not_found")
        match owner.kind:
            case PhotoOwnerKind.ESTATE:
                self.estate(owner.id)
            case PhotoOwnerKind.DEMAND:
                self.demand(owner.id)
            case PhotoOwnerKind.PROJECT:
                self.project(owner.id)

    def photo(self, photo_id: int) -> Photo:
        """Return a photo of an estate, demand or project in sight.

        Raises
        ------
        NotFoundError
            ``photo.not_found``.
        """
        found = photos.get(self.connection, photo_id)
        with _not_there("photo.not_found"):
            self.photo_owner(found.owner)
        return found

    def import_record(self, import_id: int) -> ImportRecord:
        """Return the record of a file that was taken in; who sees a part of town sees those of their own files.

        Raises
        ------
        NotFoundError
            ``import.unknown``.
        DeniedError
            ``import.not_yours``.
        """
        found = imports.get(self.connection, import_id)
        if found is None:
            raise NotFoundError("import.unknown", id=import_id)
        if not self.sees_all and found.login != self.actor.login:
            raise DeniedError("import.not_yours", login=found.login)
        return found

    def survey(self, survey_id: int) -> Survey:
        """Return a campaign whose estates all lie in sight.

        Raises
        ------
        NotFoundError
            ``survey.not_found``.
        """
        found = campaigns.get(self.connection, survey_id)
        if self.estates_in_sight(found.draft.estate_ids) != set(found.draft.estate_ids):
            raise NotFoundError("survey.not_found", id=survey_id)
        return found

    def demand(self, demand_id: int) -> Demand:
        """Return a demand of an estate in sight; a department sees those that it is asked to do something about.

        Raises
        ------
        NotFoundError
            ``demand.not_found``.
        """
        found = demands.get(self.connection, demand_id, scopes=[self.scope])
        office = self.actor.department
        if self.actor.role is Role.DEPARTMENT and not work.concerns(self.connection, found, office):
            raise NotFoundError("demand.not_found", id=demand_id)
        return found

    def task(self, task_id: int) -> SubTask:
        """Return one department's part of a demand in sight.

        Raises
        ------
        NotFoundError
            ``demand.task_not_found``.
        """
        found = work.task(self.connection, task_id)
        with _not_there("demand.task_not_found"):
            self.demand(found.demand_id)
            if self.actor.role is Role.DEPARTMENT and found.department != self.actor.department:
                raise NotFoundError("demand.task_not_found")
        return found

    def project(self, project_id: int) -> Project:
        """Return a project of an estate in sight.

        Raises
        ------
        NotFoundError
            ``project.not_found``.
        """
        return projects.get(self.connection, project_id, scopes=[self.scope])

    def pot(self, pot_id: int) -> Pot:
        """Return a pot; it is the whole town's, and everybody who plans sees it.

        Raises
        ------
        NotFoundError
            ``pot.not_found``.
        """
        return pots.get_pot(self.connection, pot_id)

    def contribution(self, contribution_id: int) -> Contribution:
        """Return a source of money of a project in sight.

        Raises
        ------
        NotFoundError
            ``funding.not_found``.
        """
        found = pots.get_contribution(self.connection, contribution_id)
        with _not_there("funding.not_found", id=contribution_id):
            self.project(int(found.project))
        return found

    def pledge(self, pledge_id: int) -> Pledge:
        """Return a supporter's promise to a project in sight.

        Raises
        ------
        NotFoundError
            ``pledge.not_found``.
        """
        return pledges.get(self.connection, pledge_id, scopes=[self.scope])

    def payment(self, payment_id: int) -> Payment:
        """Return a payment for a project in sight.

        Raises
        ------
        NotFoundError
            ``payment.not_found``.
        """
        return payments.get(self.connection, payment_id, scopes=[self.scope])

    def consent(self, consent_id: int) -> ConsentRecord:
        """Return a vote of the owners of an estate in sight.

        Raises
        ------
        NotFoundError
            ``consent.not_found``.
        """
        return gates.get_consent(self.connection, consent_id, scopes=[self.scope])

    def poll(self, poll_id: str, act: PollAct | None = None) -> Poll:
        """Return a poll in sight, for an act that its stage has.

        A poll lies where its estate does, else where all its projects do. A draft is for staff alone.

        Raises
        ------
        NotFoundError
            ``poll.unknown``.
        DeniedError
            The act is not for this role; or ``account.whole_town``: the poll names no place, and is to be changed.
        StageError
            The act does not exist in this stage.
        """
        held = polls.get(self.connection, poll_id)
        where = self.places_of([held])[held.id]
        if not self.shows(held, where):
            raise NotFoundError("poll.unknown", poll=poll_id[:40])
        if act is not None:
            require(self.actor, TIMETABLE[act][1])
        if self.writes and not where:
            self.require_whole_town()
        if act is not None:
            require_stage(held.stage, act)
        return held

    def public_poll(self, poll_id: str, act: PollAct | None = None) -> Poll:
        """Return a poll that is published, whoever asks; before that as :meth:`poll`.

        Raises
        ------
        NotFoundError, DeniedError, StageError
            As for :meth:`poll`.
        """
        held = polls.get(self.connection, poll_id)
        return held if held.stage is PollStage.PUBLISHED else self.poll(poll_id, act)

    def polls(
        self,
        *,
        stages: Iterable[PollStage] | None = None,
        estate_id: int | None = None,
        with_published: bool = False,
    ) -> tuple[Poll, ...]:
        """Return the polls in sight, newest first, and on demand every one that is published."""
        found = polls.listed(self.connection, stages=stages, estate_id=estate_id)
        places = self.places_of(found)
        return tuple(
            held
            for held in found
            if (with_published and held.stage is PollStage.PUBLISHED) or self.shows(held, places[held.id])
        )

    def venue(self, poll: Poll, venue_id: int) -> Venue:
        """Return a venue of a poll.

        Raises
        ------
        NotFoundError
            ``poll.venue_unknown``: there is none, or it belongs to another poll.
        """
        for place in polls.venues(self.connection, poll.id):
            if place.id == venue_id:
                return place
        raise NotFoundError("poll.venue_unknown", venue=venue_id)

    def require_households(self, poll: Poll, household_ids: Collection[int]) -> None:
        """Refuse doors that do not lie where a poll does, or out of sight.

        Raises
        ------
        NotFoundError
            ``estate.household_not_found``.
        """
        if not household_ids:
            return
        homes = buildings.estates_of_households(self.connection, household_ids)
        there = {poll.estate_id} if poll.estate_id is not None else self.estates_in_sight(homes.values())
        if set(household_ids) - {one for one, estate_id in homes.items() if estate_id in there}:
            raise NotFoundError("estate.household_not_found")

    def code_batch(self, batch_id: int, act: PollAct | None = None) -> CodeBatch:
        """Return a batch of codes of a poll in sight, for an act that the poll's stage has.

        Raises
        ------
        NotFoundError
            ``code.batch_unknown``.
        DeniedError, StageError
            As for :meth:`poll`.
        """
        found = codes.batch(self.connection, batch_id)
        with _not_there("code.batch_unknown", batch=batch_id):
            self.poll(found.poll_id, act)
        return found

    def paper_batch(self, batch_id: int, act: PollAct | None = None) -> PaperBatch:
        """Return a batch of paper ballots of a poll in sight, for an act that the poll's stage has.

        Raises
        ------
        NotFoundError
            ``paper.batch_unknown``.
        DeniedError, StageError
            As for :meth:`poll`.
        """
        found = paper.batch(self.connection, batch_id)
        with _not_there("paper.batch_unknown"):
            self.poll(found.poll_id, act)
        return found

    def station(self, station_id: int) -> Station:
        """Return a voting station of a poll in sight.

        Raises
        ------
        NotFoundError
            ``station.unknown``.
        """
        found = stations.get(self.connection, station_id)
        with _not_there("station.unknown"):
            self.poll(found.poll_id)
        return found

    def scenario(self, scenario_id: str) -> HeldScenario:
        """Return a scenario as far as it lies in sight; to be changed it has to lie there whole.

        Raises
        ------
        NotFoundError
            ``scenario.unknown``.
        DeniedError
            ``scenario.beyond_scope``.
        """
        held = scenarios.get(self.connection, scenario_id)
        if self.sees_all:
            return held
        if self.writes:
            self.require_in_sight(held.basis, held.name)
            return held
        homes = estates.find(self.connection, EstateFilter(), allowed=self.scope)
        return part_of(held, homes, {one.id: one.name for one in areas.list_areas(self.connection)})

    def panel(self, panel_id: int) -> Panel:
        """Return a panel with every sheet.

        Raises
        ------
        NotFoundError
            ``panel.unknown``.
        DeniedError
            ``account.whole_town``: a panel compares what lies anywhere.
        """
        self.require_whole_town()
        return panels.get(self.connection, panel_id)

    def account(self, account_id: int) -> Account:
        """Return a staff account that sees no more than this one does.

        Raises
        ------
        NotFoundError
            ``account.unknown``.
        """
        found = accounts.get(self.connection, account_id)
        if not (self.sees_all or self.covers(found.scope)):
            raise NotFoundError("account.unknown")
        return found


@contextmanager
def _not_there(code: str, **fields: object) -> Iterator[None]:
    """Say of the part what is so of the whole: not that it is there, and its poll is not."""
    try:
        yield
    except NotFoundError:
        raise NotFoundError(code, **fields) from None


@contextmanager
def reading(store: Store, actor: Actor | None, action: Action) -> Iterator[Door]:
    """Yield a door to one consistent state of the store once the table of permissions allows ``action``.

    Raises
    ------
    DeniedError
        Nobody is signed in, or the role may not.
    UnavailableError
        The store cannot be read.
    """
    allowed = require(actor, action)
    with store.read() as connection:
        yield Door(connection, allowed)
