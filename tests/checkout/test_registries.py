"""No address of a package registry stands anywhere in the checkout."""

from __future__ import annotations

import re

from renovation.config import CHECKOUT


def test_no_registry_is_named_anywhere() -> None:
    # Put together here, so that this file itself names none.
    names = ("py" + "pi", "python" + "hosted", "npm" + "js", "yarn" + "pkg", "crates", "rubygems")
    names += ("golang", "debian", "ubuntu", "anaconda", "docker", "aliyun", "tsinghua", "ustc", "douban", "huaweicloud")
    registry = re.compile(rf"\b[\w-]*({'|'.join(names)})[\w-]*(\.[a-z]+)*\.(org|com|io|cn|net)\b", re.IGNORECASE)
    found = []
    for top in sorted(CHECKOUT.iterdir()):
        # Without what is made here: the environment, caches, data, and the map's copied scripts.
        if top.name.startswith(".") and top.name not in {".ci", ".streamlit"}:
            continue
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            if path.is_file() and not {"__pycache__", "vendor", "cache"} & set(path.parts):
                text = path.read_bytes().decode("utf-8", "ignore")
                found += [f"{path.relative_to(CHECKOUT)}: {hit[0]}" for hit in registry.finditer(text)]
    assert not found
