"""Every plain page of the residents' door."""

from __future__ import annotations

from renovation.model import addresses
from renovation.web import frame
from renovation.web.demands import give, my_demand, sketches
from renovation.web.money import adopt
from renovation.web.outcome import receipt, results
from renovation.web.polls import announcement, ballot
from renovation.web.surveys import doors

#: What the server serves beside the app.
ROUTES = (
    *frame.ROUTES,
    *ballot.ROUTES,
    *doors.ROUTES,
    frame.page(addresses.RECEIPT, receipt.look, receipt.send),
    frame.page(addresses.DEMAND, give.look, give.send, most=give.MOST),
    frame.page(f"{addresses.DEMAND}/sketch", sketches.draw),
    frame.page(addresses.MY_DEMAND, my_demand.look, my_demand.send),
    frame.page(addresses.ADOPT, adopt.look, adopt.send),
    frame.page(addresses.RESULTS, results.look),
    frame.page(addresses.ANNOUNCEMENT, announcement.look),
    frame.page(f"{addresses.RESULTS}/bundle", results.bundle),
)
