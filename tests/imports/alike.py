"""Ways to write an id otherwise that tell nobody apart; each changes what it is given."""

from __future__ import annotations

from collections.abc import Callable

_WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}

OTHERWISE: tuple[Callable[[str], str], ...] = (
    str.swapcase,
    lambda name: name.translate(_WIDE),
    lambda name: f"{name[0]}\u200b{name[1:]}",
    lambda name: f"{name[0]}\u2060{name[1:]}",
    lambda name: f"{name[0]}\u3000{name[1:]}",
    lambda name: f"{name[0]}\u00ad{name[1:]}",
    lambda name: f"{name[0]}\ufe0f{name[1:]}",
    lambda name: f"\u3164{name}",
    lambda name: f"{name[0]} {name[1:]}",
)
