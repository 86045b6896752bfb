"""What lists call the levels of government and others that pots of money come from."""

from __future__ import annotations

from renovation.model.funding import SourceKind
from renovation.model.names import fold
from renovation.text import Language, text

#: What lists call the levels of pots.
LEVELS = {
    fold(name): kind
    for kind, names in {
        SourceKind.CENTRAL: ("central", "中央财政", "中央"),
        SourceKind.PROVINCE: ("province", "省级财政", "省级", "省"),
        SourceKind.CITY: ("city", "市级财政", "市级", "市"),
        SourceKind.DISTRICT: ("district", "县（区）级财政", "区（县）级财政", "区级", "县级", "区"),
        SourceKind.LOTTERY: ("lottery", "福彩公益金", "福彩"),
        SourceKind.CHARITY: ("charity", "慈善资金", "慈善"),
        SourceKind.SPECIAL: ("special", "专项资金", "专项债券", "专项"),
        SourceKind.UTILITY: ("utility", "专营单位"),
        SourceKind.OWNER_UNIT: ("owner_unit", "产权单位"),
        SourceKind.MAINTENANCE_FUND: ("maintenance_fund", "维修资金"),
        SourceKind.COMMON_INCOME: ("common_income", "公共收益"),
        SourceKind.RESIDENTS: ("residents", "居民出资", "居民"),
        SourceKind.PRIVATE: ("private", "社会资本"),
    }.items()
    for name in (*names, *(text(f"source_kind.{kind.value}", language) for language in Language))
}
LEVELS_SAID = "中央、省、市、区、福彩、慈善、居民"
