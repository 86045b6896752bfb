"""How lists write the class of an item: 基础类, 完善类, 提升类."""

from __future__ import annotations

from renovation.model.items import ItemClass
from renovation.model.names import fold

ITEM_CLASSES = {
    fold(name): kind
    for kind, names in {
        ItemClass.BASIC: ("basic", "基础类", "基础"),
        ItemClass.IMPROVEMENT: ("improvement", "完善类", "完善"),
        ItemClass.ENHANCEMENT: ("enhancement", "提升类", "提升"),
    }.items()
    for name in names
}
CLASS_NAMES = {ItemClass.BASIC: "基础类", ItemClass.IMPROVEMENT: "完善类", ItemClass.ENHANCEMENT: "提升类"}
