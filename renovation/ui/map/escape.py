"""Make text that people typed harmless where it enters a page or a script."""

from __future__ import annotations

import html
import json
import re
from typing import Any

#: ``html.escape`` leaves these alone, and they are live inside the JavaScript template literals that folium writes.
_LIVE = str.maketrans({"`": "&#96;", "$": "&#36;", "\\": "&#92;", "{": "&#123;", "}": "&#125;"})

_IN_SCRIPT = str.maketrans({character: f"\\u{ord(character):04x}" for character in "<>&{}_`$'/\u2028\u2029"})
_JSON_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


def html_text(text: str) -> str:
    """Return ``text`` to stand between tags or in an attribute, also inside a JavaScript template literal."""
    return html.escape(text).translate(_LIVE)


def script_json(value: Any) -> str:
    """Return ``value`` as JSON that can stand inside a script.

    Within its strings no character is left that could close the script, open an interpolation, or be taken for one
    of the variable names that folium and streamlit-folium rewrite.
    """
    written = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return _JSON_STRING.sub(lambda found: found[0].translate(_IN_SCRIPT), written)
