"""Find what tells of a person in free text: telephone and identity numbers, addresses of mail and chat, names.

A text is read as people do: full-width signs, circled figures and Chinese numerals (一三八…) count as figures. What is
looked for has to look like one of these and like nothing else: measures, dates, prices and numbers of buildings pass.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

#: What stands where something was taken out.
MASK = "＊"

_NUMERALS = dict(zip("〇零一二三四五六七八九幺两壹贰叁肆伍陆柒捌玖", "001234567891" + "2123456789", strict=True))
#: A run of Chinese numerals this long is a number that is spelled, not a word.
_SPELLED = re.compile(rf"[{''.join(_NUMERALS)}](?:[ \t.\-·•—–_、,，/]?[{''.join(_NUMERALS)}]){{6,}}")

#: The hundred commonest family names, most of China; those in the second string also begin words of houses and streets.
_NAMES = (
    "王李张刘陈杨赵周吴徐孙朱胡郭何林罗郑梁谢宋唐许韩冯邓曹彭曾肖蔡潘袁董余苏叶吕魏蒋杜丁沈姜傅钟卢汪戴崔任陆廖姚谭邹熊郝孟秦"
    "邱侯尹薛阎雷贺倪严牛殷葛邵莫覃黎赖龚"
)
_NAMES_OF_THINGS = "高黄马石白江史顾毛金万段钱汤孔易常武乔庞方安康龙温田范夏付程于文洪施向管路"
_NAME = f"[{_NAMES}][一-鿿]{{1,2}}"
_COMPANY = f"[{_NAMES}{_NAMES_OF_THINGS}]"
_GAP = r"[ \t.\-·•—–_、,，/]{0,2}"
_ONE_GAP = r"[ \t.\-·•—–_、,，/]"
_DOOR = r"\d{1,3} ?(?:栋|幢|座|号楼|号院|楼|-) ?(?:\d{1,2} ?(?:单元|门|-) ?)?\d{3,4}(?!\d)(?: ?[室号房])?"
_ENDS = r"(?=[，。,.；;、\s]|$)"
_NO_AMOUNT = r"(?![\d ]*(?:元|块|万|亿|平|米|㎡|m|吨|度|户|张))"
_ID = r"[A-Za-z][A-Za-z0-9_\-]{4,19}|\d{5,12}"

_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        # Identity card: place, day of birth, number and check sign.
        rf"(?<!\d)[1-9]\d{{5}}{_GAP}(?:1[89]|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]){_GAP}\d{{3}}[\dxX](?!\d)",
        # Mobile telephone: in one, in the groups people say it in, or every figure for itself.
        rf"(?<![\d¥￥.])(?:\+?86{_GAP})?1[3-9]\d(?:{_GAP}\d{{4}}{_GAP}\d{{4}}|{_ONE_GAP}\d{{3}}{_ONE_GAP}\d{{5}})(?!\d)"
        + _NO_AMOUNT,
        rf"(?<![\d¥￥.])1[3-9]\d{{2}}{_ONE_GAP}\d{{3}}{_ONE_GAP}\d{{4}}(?!\d)" + _NO_AMOUNT,
        rf"(?<![\d¥￥.])1{_ONE_GAP}[3-9](?:{_ONE_GAP}\d){{9}}(?!\d)",
        # Telephone at home: area code and 7 or 8 figures, or what "telephone" announces.
        rf"(?<!\d)[(（]?0[1-9]\d{{1,2}}[)）]?{_GAP}\d{{3,4}}{_GAP}\d{{4}}(?!\d)",
        r"(?:(?<=电话)|(?<=座机)|(?<=手机)|(?<=手机号)|(?<=号码)|(?<=致电))[:是为 ]{0,3}\d{3,4}[ \-]?\d{4,8}(?!\d)",
        r"[A-Za-z0-9._%+-]{1,64} ?@ ?[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4}",
        # Chat: what announces it, then an id.
        r"(?i:微 ?信|薇信|威信|wechat|weixin|(?<![a-z])[vw]x|扣扣|企鹅|抖音|钉钉|(?<![a-z])qq)"
        rf"(?:同号|号码|号|(?i:id))?[:：是为 ]{{0,3}}(?P<chat>{_ID})",
        rf"(?<![A-Za-z0-9])[vV微][:：] ?(?P<v>{_ID})",
        # What a form's heading announces.
        rf"(?:(?<=联系人)|(?<=姓名)|(?<=我叫)|(?<=我是)|(?<=户主)|(?<=业主))[:：是为 ]{{0,3}}[一-鿿]{{1,3}}{_ENDS}",
        # A name with a door, before or behind it.
        rf"(?:^|(?<=[\s，。,、；;：:（(])|(?<=业主|住户|居民|户主)|(?<=联系人)|(?<=找))"
        rf"{_NAME}[ ，,、:（(]{{0,2}}(?:住|家)?{_DOOR}",
        rf"(?<!\d){_DOOR}[ ，,、:的]{{0,2}}(?:业主|住户|居民|户主)?{_NAME}(?=[\s，。,.；;、]|$|家|说|反映|要求)",
        # A family name with its courtesy.
        r"[一-鿿](?=先生|女士|小姐)",
        rf"(?<!保){_COMPANY}(?=师傅|阿姨|大爷|大妈|大姐|大哥|奶奶|爷爷|叔叔|老师|医生|婆婆)",
    )
)
#: What stands before a courtesy, or behind a heading, without being anybody's name.
_NOBODY = frozenset("某位老各名的") | {"委员会", "代表", "大会", "意见", "同意"}


def contacts_in(text: str) -> tuple[str, ...]:
    """Return what of a text tells of a person, in the order it stands there."""
    return tuple(text[start:end] for start, end in _spans(text))


def masked(text: str) -> str:
    """Return the text with everything that tells of a person replaced by :data:`MASK`, one sign for one sign."""
    signs = list(text)
    for start, end in _spans(text):
        signs[start:end] = MASK * (end - start)
    return "".join(signs)


def _plain(text: str) -> str:
    """Return the text with every figure as an ASCII one and full-width signs as usual ones, sign by sign."""
    return "".join(map(_plain_sign, text))


def _plain_sign(sign: str) -> str:
    if sign.isascii():
        return sign
    if (figure := unicodedata.digit(sign, None)) is not None:
        return str(figure)
    usual = unicodedata.normalize("NFKC", sign)
    return usual if len(usual) == 1 and sign != MASK else sign


def _readings(text: str) -> Iterator[str]:
    plain = _plain(text)
    yield plain
    spelled = _SPELLED.sub(lambda run: "".join(_NUMERALS.get(sign, sign) for sign in run.group()), plain)
    if spelled != plain:
        yield spelled


def _spans(text: str) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for read in _readings(text):
        for pattern in _PATTERNS:
            for match in pattern.finditer(read):
                start, end = match.span(match.lastgroup or 0)
                if read[start:end].strip(":：是为 ") in _NOBODY or MASK in text[start:end]:
                    continue
                if not any(start < other_end and other < end for other, other_end in found):
                    found.append((start, end))
    return sorted(found)
