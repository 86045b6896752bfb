"""Line pictures of what may be wished for and kept, beside its words on screen, on a phone and on paper.

Drawn for this project, each as one path of lines on a field of 24 by 24, so that a page of all of them stays small.
"""

from __future__ import annotations

from base64 import b64encode
from functools import cache

from renovation.model.places import Deficit
from renovation.model.surveys import WISHES, SurveyQuestion

_PATHS = {
    Deficit.STAIR_HAZARD.value: "M3 21h5v-4h5v-4h5V9h3 M3 14 18 2 M6 15v-3 M11 11V8 M16 7V4",
    Deficit.PIPES.value: "M2 8h9v5h6 M2 12h5v5h10 M17 11v8 M21 11v8 M17 15h4 M9 4v4 M6 4h6",
    Deficit.ROOF_LEAK.value: "M2 11 12 3l10 8 M5 9v12h14V9 M12 10v2 M9 14v2 M15 14v2 M12 17v2",
    Deficit.FACADE.value: "M4 21V3h16v18z M4 9h16 M4 15h16 M9 3v6 M15 3v6 M12 9v6 M7 15v6 M17 15v6",
    Deficit.FIRE_ACCESS.value: "M2 17V9h11v8 M13 11h5l4 4v2 M2 17h3 M9 17h6 M19 17h3 M5 17a2 2 0 1 0 4 0a2 2 0 1 0-4 0"
    " M15 17a2 2 0 1 0 4 0a2 2 0 1 0-4 0 M3 6 14 3",
    Deficit.LIGHTING.value: "M6 22V6q0-3 4-3h5 M15 2h4l1 4h-6z M14 9l-2 4 M17 9v5 M20 9l2 4 M3 22h6",
    Deficit.DRAINAGE.value: "M3 9h18 M5 9l2 12h10l2-12 M9 13v4 M12 13v4 M15 13v4"
    " M8 2q-2 3 0 4q2-1 0-4 M15 2q-2 3 0 4q2-1 0-4",
    Deficit.CABLES.value: "M4 22V3 M20 22V3 M2 5h4 M18 5h4 M4 6q8 6 16 0 M4 9q8 6 16 0 M4 12q8 6 16 0",
    Deficit.ACCESSIBILITY.value: "M10 4a2 2 0 1 0 .1 0 M10 8v7h6l3 6 M10 11h5 M7 11a6 6 0 1 0 8 9",
    Deficit.EBIKE_CHARGING.value: "M2 17a3 3 0 1 0 6 0a3 3 0 1 0-6 0 M16 17a3 3 0 1 0 6 0a3 3 0 1 0-6 0"
    " M5 17h9l4-9h-3 M18 8l1 9 M8 2 5 7h4l-3 5",
    Deficit.GREEN_SPACE.value: "M12 22v-8 M12 14q-8 0-8-5q0-3 3-3q1-4 5-4t5 4q3 0 3 3q0 5-8 5 M3 22h18",
    Deficit.ELDERLY_SERVICES.value: "M9 3a2 2 0 1 0 .1 0 M9 8v6l-3 8 M9 14l3 3v5 M9 10l6 3"
    " M16 12v10 M14 12q0-2 2-2t2 2",
    Deficit.CHILDREN_SPACE.value: "M3 21 8 4h8l5 17 M10 4v11 M14 4v11 M9 15h6v2H9z",
    Deficit.WASTE_SORTING.value: "M3 8h7v13H3z M14 8h7v13h-7z M2 8h9 M13 8h9 M5 5h3 M16 5h3 M5 12h3 M16 12h3",
    "trees": "M12 22v-9 M5 13 12 2l7 11z M4 22h16",
    Deficit.PARKING.value: "M3 16v-4l3-6h12l3 6v4z M3 12h18 M6 16v3 M18 16v3 M6 14h2 M16 14h2",
    "yard": "M3 20h18 M4 20v-9 M20 20v-9 M4 13h16 M8 13v4 M12 13v5 M16 13v4 M12 4a2 2 0 1 0 .1 0",
    "facade": "M5 21V4h14v17z M8 7h3v3H8z M13 7h3v3h-3z M8 13h3v3H8z M13 13h3v3h-3z M10 21v-3h4v3",
    "stalls": "M3 9 5 4h14l2 5z M3 9q2 3 4.5 0q2 3 4.5 0q2 3 4.5 0q2 3 4.5 0 M5 12v9h14v-9 M5 16h14",
}


def path_of(question: SurveyQuestion, option: str) -> str:
    """Return the lines of an option's picture, nothing where it has none."""
    return _PATHS.get(option, "") if question.code in (WISHES, "keep", "broken") else ""


def drawing(path: str, side: str = "1.4em") -> str:
    """Return lines as a picture that stands in a page."""
    return (
        f'<svg viewBox="0 0 24 24" width="{side}" height="{side}" fill="none" stroke="currentColor" stroke-width="1.6" '
        f'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="{path}"/></svg>'
    )


@cache
def address_of(path: str) -> str:
    """Return lines as a picture that an address holds whole."""
    alone = drawing(path, "24").replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ')
    return "data:image/svg+xml;base64," + b64encode(alone.replace("currentColor", "#14606e").encode()).decode()
