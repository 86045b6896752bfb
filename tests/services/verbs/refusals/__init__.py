"""What leads to each refusal that takes more than one wrong argument: acts on the small town, the last is refused."""

from verbs.refusals.places import DEMANDS, PROJECTS, REGISTER
from verbs.refusals.planning import MONEY, PROGRAMME, STAFF
from verbs.refusals.polls import PAPER, POLLS
from verbs.refusals.races import RACES
from verbs.refusals.steps import Act

__all__ = ["REFUSALS", "Act"]

REFUSALS = (*PAPER, *POLLS, *DEMANDS, *MONEY, *PROJECTS, *REGISTER, *PROGRAMME, *STAFF, *RACES)
