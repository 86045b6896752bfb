"""Invented names: they sound like a city of the Pearl River delta and stand for nothing real."""

from __future__ import annotations

import random

from renovation.model.places import EstateType

_TREES = "荔榕桂梅竹莲松兰柳枫桐樟"
_LANDS = ("湖", "江", "岭", "溪", "塘", "岗", "亭", "岸", "桥", "洲")
_SIDES = "东西南北新古上下长和安永"
_SPOTS = ("门", "街", "坊", "桥", "井", "巷", "园", "里", "埔", "围", "洲", "墩")
_EMPLOYERS = (
    "第二机床厂", "丝绸厂", "农机厂", "印刷厂", "氮肥厂", "水泵厂", "罐头厂", "电池厂", "搪瓷厂", "粮油公司",
    "供销社", "百货公司", "航运公司", "水利局", "邮电局", "教师进修学校", "中医院", "林业站", "地质队", "盐业公司",
    "物资局", "轻工局", "建筑二公司", "木材公司", "食品公司", "运输车队", "纺织厂", "造船厂", "化工厂", "自来水公司",
    "电影公司", "种子公司", "砖瓦厂", "橡胶厂",
)  # fmt: skip
_HOUSES = ("宿舍", "家属院", "大院", "生活区")
_FAIR = ("荔香", "桂景", "榕荫", "翠竹", "金莲", "丽景", "云栖", "松涛", "锦绣", "怡安", "康乐", "紫荆", "碧水", "嘉和",
         "明月", "朝阳", "春晖", "晴川", "芳草", "听涛")  # fmt: skip
_KINDS = ("花园", "苑", "阁", "小区", "名庭", "居")


class Names:
    """Hands out each name once, in an order the seed decides."""

    def __init__(self, rng: random.Random) -> None:
        self._streets = _shuffled([tree + land for tree in _TREES for land in _LANDS], rng)
        self._communities = _shuffled([side + spot for side in _SIDES for spot in _SPOTS], rng)
        self._estates = {
            EstateType.WORK_UNIT: _shuffled([f"{e}{h}" for e in _EMPLOYERS for h in _HOUSES[:2]], rng),
            EstateType.COMMODITY: _shuffled([f + k for f in _FAIR for k in _KINDS], rng),
            EstateType.PUBLIC: _shuffled([f"{side}{spot}公房" for side in _SIDES for spot in _SPOTS], rng),
            EstateType.MIXED: _shuffled([f"{f}新村" for f in _FAIR] + [f"{e}{_HOUSES[2]}" for e in _EMPLOYERS], rng),
        }

    def street(self, *, rural: bool) -> str:
        """Return a street's name (a town's where it is rural)."""
        return self._streets.pop() + ("镇" if rural else "街道")

    def community(self, *, rural: bool) -> str:
        """Return a community's name (a village's where it is rural)."""
        return self._communities.pop() + ("村" if rural else "社区")

    def estate(self, kind: EstateType) -> str:
        """Return an estate's name that suits how it came to be."""
        return self._estates[kind].pop()


def _shuffled(names: list[str], rng: random.Random) -> list[str]:
    rng.shuffle(names)
    return names
