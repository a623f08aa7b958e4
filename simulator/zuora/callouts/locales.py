"""How a date and a dateTime are written in a callout: ISO, or as the tenant's user locale says.

It alone decides the patterns. Seed 003, "User locale and data format", says that the locale counts and gives no pattern;
the history example of the API reference writes ``01/12/2015 03:23:08`` for en_US (documented), the others follow the
short numeric form of their country (inferred).
"""

import re
from collections.abc import Mapping
from datetime import datetime

ISO = "iso"

# The date pattern of a locale; a dateTime adds the time after a space. None leaves values as they are.
LOCALES: Mapping[str, str | None] = {
    ISO: None,
    "da_DK": "%d-%m-%Y",
    "de_AT": "%d.%m.%Y",
    "de_CH": "%d.%m.%Y",
    "de_DE": "%d.%m.%Y",
    "en_AU": "%d/%m/%Y",
    "en_CA": "%Y-%m-%d",
    "en_GB": "%d/%m/%Y",
    "en_IE": "%d/%m/%Y",
    "en_IN": "%d/%m/%Y",
    "en_NZ": "%d/%m/%Y",
    "en_US": "%m/%d/%Y",
    "es_ES": "%d/%m/%Y",
    "es_MX": "%d/%m/%Y",
    "fi_FI": "%d.%m.%Y",
    "fr_CA": "%Y-%m-%d",
    "fr_FR": "%d/%m/%Y",
    "it_IT": "%d/%m/%Y",
    "ja_JP": "%Y/%m/%d",
    "ko_KR": "%Y.%m.%d",
    "nb_NO": "%d.%m.%Y",
    "nl_NL": "%d-%m-%Y",
    "pl_PL": "%d.%m.%Y",
    "pt_BR": "%d/%m/%Y",
    "pt_PT": "%d/%m/%Y",
    "sv_SE": "%Y-%m-%d",
    "zh_CN": "%Y-%m-%d",
    "zh_TW": "%Y/%m/%d",
}
TIME = "%H:%M:%S"

_DATE = re.compile(r"\d{4}-\d\d-\d\d(?P<time>T\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:?\d\d)?)?", re.ASCII)


def normal_locale(name: str) -> str:
    """The spelling used here: ``en-us`` as ``en_US``, ``ISO`` as ``iso``."""
    language, _, country = name.replace("-", "_").partition("_")
    return language.lower() + (f"_{country.upper()}" if country else "")


def localised(value: str, locale: str) -> str:
    """``value`` in the locale's form where it is an ISO date or dateTime; anything else as it is."""
    pattern = LOCALES[locale]
    if pattern is None:
        return value
    match = _DATE.fullmatch(value)
    if match is None:
        return value
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:  # the shape of a date, yet none: 2026-02-30
        return value
    return moment.strftime(f"{pattern} {TIME}" if match["time"] else pattern)
