"""Receipts: two words and ten digits that follow from a voting code under its key and say nothing of the vote.

The words make a receipt easy to copy and to read out; they exist in both languages and mean the same number, so a
receipt shown in Chinese can be checked in English. 12 + 33 bits: two receipts of a poll of 10,000 ballots coincide once
in a million polls.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

from renovation.errors import InvalidError

_PAIRS = """
松树=pine 柳树=willow 竹林=bamboo 荷花=lotus 菊花=aster 梅花=plum 茶叶=tea 麦田=wheat
苹果=apple 橙子=orange 葡萄=grape 西瓜=melon 花生=peanut 核桃=walnut 蘑菇=mushroom 萝卜=radish
燕子=swallow 喜鹊=magpie 白鹤=crane 海鸥=gull 金鱼=goldfish 蝴蝶=butterfly 蜜蜂=bee 松鼠=squirrel
熊猫=panda 骏马=horse 山羊=goat 小鹿=deer 青蛙=frog 乌龟=turtle 大象=elephant 白兔=rabbit
太阳=sun 月亮=moon 星星=star 彩虹=rainbow 白云=cloud 春雨=rain 雪花=snow 清风=breeze
高山=mountain 河流=river 湖水=lake 海浪=wave 沙滩=beach 小岛=island 森林=forest 草原=meadow
灯塔=lighthouse 石桥=bridge 木船=boat 风筝=kite 铃铛=bell 钢琴=piano 竹笛=flute 大鼓=drum
毛笔=brush 书本=book 雨伞=umbrella 茶壶=teapot 钥匙=key 时钟=clock 地图=map 车站=station
"""
_WORDS = tuple(pair.split("=") for pair in _PAIRS.split())
_CHINESE = tuple(chinese for chinese, _ in _WORDS)
_ENGLISH = tuple(english for _, english in _WORDS)
_DIGITS = 10
_SPACE = len(_WORDS) ** 2 * 10**_DIGITS


def receipt_number(secret: bytes) -> int:
    """Return the number that a keyed hash (32 bytes) stands for."""
    return int.from_bytes(secret, "big") % _SPACE


def format_receipt(number: int, language: str) -> str:
    """Write a receipt in the words of a language: ``松树-海鸥-482-739-1560``."""
    pair, digits = divmod(number, 10**_DIGITS)
    first, second = divmod(pair, len(_WORDS))
    words = _ENGLISH if str(language) == "en" else _CHINESE
    shown = f"{digits:0{_DIGITS}d}"
    return f"{words[first]}-{words[second]}-{shown[:3]}-{shown[3:6]}-{shown[6:]}"


def read_receipt(typed: str) -> int:
    """Return the number of a receipt as somebody copied it, in either language, with any spacing.

    Raises
    ------
    InvalidError
        ``receipt.shape``.
    """
    folded = unicodedata.normalize("NFKC", typed[:200]).lower()
    digits = "".join(re.findall(r"[0-9]", folded))
    found = re.findall("|".join((*_CHINESE, *sorted(_ENGLISH, key=len, reverse=True))), folded)
    if len(found) != 2 or len(digits) != _DIGITS:
        raise InvalidError("receipt.shape")
    first, second = ((_CHINESE if word in _CHINESE else _ENGLISH).index(word) for word in found)
    return (first * len(_WORDS) + second) * 10**_DIGITS + int(digits)


def commitment_of(poll_id: str, number: int) -> str:
    """Return what the public list holds of a receipt."""
    return hashlib.sha256(f"receipt|{poll_id}|{number}".encode()).hexdigest()
