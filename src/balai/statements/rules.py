"""What the public database accepts as a statement of reasons, and what we refuse besides.

A port of its rules. Stricter than the database in three things: a name of a field that it does
not know is a fault, a keyword OTHER needs its words, and free text may name nobody.

Source: EU DSA Transparency Database, app/Http/Requests/StatementStoreRequest.php at
    69e80a0bc8eb3cbfbe8246e898194c3bdf490a4b (digital-services-act/transparency-database);
    Regulation (EU) 2022/2065, article 24(5).
"""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Final
from urllib.parse import urlsplit

from balai.policy import statement as words
from balai.statements.errors import StatementInvalid
from balai.statements.personal import found_in

_SHORT: Final = 500
_LONG: Final = 2_000
FACTS_MAX: Final = 5_000
LAST_DATE: Final = date(2038, 1, 1)
FIRST_CONTENT_DATE: Final = date(2000, 1, 1)
FIRST_APPLICATION_DATE: Final = date(2020, 1, 1)
_PUID: Final = re.compile(r"[a-zA-Z0-9_-]+")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_EAN: Final = re.compile(r"[0-9]{13}")

DECISIONS: Final = (
    "decision_visibility",
    "decision_monetary",
    "decision_provision",
    "decision_account",
)
LISTS: Final[Mapping[str, Collection[str]]] = {
    "decision_visibility": words.VISIBILITIES,
    "content_type": words.CONTENT_TYPES,
    "category_addition": words.CATEGORIES,
    "category_specification": words.KEYWORDS,
    "territorial_scope": words.COUNTRIES,
}
CHOICES: Final[Mapping[str, Collection[str]]] = {
    "decision_monetary": words.MONETARIES,
    "decision_provision": words.PROVISIONS,
    "decision_account": words.ACCOUNTS,
    "account_type": words.ACCOUNT_TYPES,
    "decision_ground": words.GROUNDS,
    "incompatible_content_illegal": words.YES_NO,
    "category": words.CATEGORIES,
    "content_language": words.LANGUAGES,
    "source_type": words.SOURCES,
    "automated_detection": words.YES_NO,
    "automated_decision": words.AUTOMATIONS,
}
FREE_TEXTS: Final[Mapping[str, int]] = {
    "decision_visibility_other": _SHORT,
    "decision_monetary_other": _SHORT,
    "content_type_other": _SHORT,
    "category_specification_other": _SHORT,
    "illegal_content_legal_ground": _SHORT,
    "illegal_content_explanation": _LONG,
    "incompatible_content_ground": _SHORT,
    "incompatible_content_explanation": _LONG,
    "decision_facts": FACTS_MAX,
    "source_identity": _SHORT,
}
_ENDS: Final = tuple(
    f"end_date_{what}_restriction" for what in ("account", "monetary", "service", "visibility")
)
DATES: Final[Mapping[str, date | None]] = {
    "content_date": FIRST_CONTENT_DATE,
    "application_date": FIRST_APPLICATION_DATE,
    **dict.fromkeys(_ENDS),
}
FIELDS: Final = (
    "puid",
    *LISTS,
    *CHOICES,
    *FREE_TEXTS,
    *DATES,
    "decision_ground_reference_url",
    "content_id",
)
REQUIRED: Final = (
    "puid",
    "decision_ground",
    "decision_facts",
    "content_type",
    "category",
    "content_date",
    "application_date",
    "source_type",
    "automated_detection",
    "automated_decision",
)
_ILLEGAL: Final = ("decision_ground", "DECISION_GROUND_ILLEGAL_CONTENT")
_INCOMPATIBLE: Final = ("decision_ground", "DECISION_GROUND_INCOMPATIBLE_CONTENT")
# Needed when the other field says so; otherwise dropped, as the database drops it.
NEEDED_WITH: Final[Mapping[str, tuple[str, str]]] = {
    "decision_visibility_other": ("decision_visibility", "DECISION_VISIBILITY_OTHER"),
    "decision_monetary_other": ("decision_monetary", "DECISION_MONETARY_OTHER"),
    "content_type_other": ("content_type", "CONTENT_TYPE_OTHER"),
    "category_specification_other": ("category_specification", "KEYWORD_OTHER"),
    "illegal_content_legal_ground": _ILLEGAL,
    "illegal_content_explanation": _ILLEGAL,
    "incompatible_content_ground": _INCOMPATIBLE,
    "incompatible_content_explanation": _INCOMPATIBLE,
}


def problems(statement: Mapping[str, object], *, names: Collection[str] = ()) -> list[str]:
    """Tell what is wrong with a statement, "field: remedy" each, in the order of its fields.

    `names` are those of the people involved; free text may hold none of them.
    """
    kept = _kept(statement)
    told = [f"{one}: there is no such field; leave it out" for one in _unknown(statement)]
    told += [f"{one}: it is required" for one in _lacking(kept)]
    if not any(one in kept for one in DECISIONS):
        told.append(
            f"decision_visibility: say what was decided in one of {len(DECISIONS)} fields"
        )
    for name, value in kept.items():
        told += [f"{name}: {remedy}" for remedy in _remedies(name, value)]
        if name in FREE_TEXTS and isinstance(value, str):
            told += [f"{name}: take {one} out" for one in found_in(value, names)]
    return told


def validated(
    statement: Mapping[str, object], *, names: Collection[str] = ()
) -> dict[str, object]:
    """Give what the database would keep of a statement: nothing empty, nothing out of place.

    Raises:
        StatementInvalid: it would refuse it, or it names somebody.
    """
    wrong = problems(statement, names=names)
    if wrong:
        raise StatementInvalid(wrong)
    return _kept(statement)


def _kept(statement: Mapping[str, object]) -> dict[str, object]:
    given = {
        name: statement[name]
        for name in FIELDS
        if name in statement and not _is_empty(statement[name])
    }
    return {name: value for name, value in given.items() if _is_in_place(name, given)}


def _is_empty(value: object) -> bool:
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, Sequence | Mapping) and not value)


def _is_in_place(name: str, given: Mapping[str, object]) -> bool:
    if name == "source_identity":
        return given.get("source_type") != "SOURCE_VOLUNTARY"
    if name == "incompatible_content_illegal":
        return _says(given, *_INCOMPATIBLE)
    return name not in NEEDED_WITH or _says(given, *NEEDED_WITH[name])


def _says(given: Mapping[str, object], name: str, word: str) -> bool:
    value = given.get(name)
    return word in value if isinstance(value, list | tuple) else value == word


def _unknown(statement: Mapping[str, object]) -> list[str]:
    return [str(name)[:40] for name in statement if name not in FIELDS]


def _lacking(kept: Mapping[str, object]) -> list[str]:
    needed = (one for one, because in NEEDED_WITH.items() if _says(kept, *because))
    return [one for one in (*REQUIRED, *needed) if one not in kept]


def _remedies(name: str, value: object) -> list[str]:
    """Say what to do about one field that is there."""
    if name in LISTS:
        return _of_list(value, LISTS[name])
    if name == "content_id":
        return [] if _is_ean(value) else ["give an EAN-13 of 13 digits"]
    if not isinstance(value, str):
        return ["write it as text"]
    if name in CHOICES:
        return [] if value in CHOICES[name] else ["choose one of the words of its list"]
    if name in DATES:
        return _of_date(value, DATES[name])
    at_most = FREE_TEXTS.get(name, _SHORT)
    remedies = [f"use {at_most} characters at most"] if len(value) > at_most else []
    if name == "puid" and not _PUID.fullmatch(value):
        remedies.append("use letters a to z, digits, - and _ only")
    if name == "decision_ground_reference_url" and not _is_url(value):
        remedies.append("give an address that begins with https://")
    return remedies


def _of_list(value: object, known: Collection[str]) -> list[str]:
    if not isinstance(value, list | tuple):
        return ["give a list"]
    is_known = all(isinstance(one, str) and one in known for one in value)
    return [] if is_known else ["choose from the words of its list"]


def _of_date(value: str, first: date | None) -> list[str]:
    day = _day(value)
    if day is None:
        return ["write the date as year-month-day"]
    if day > LAST_DATE or (first is not None and day < first):
        return [f"choose a date from {first or 'now'} to {LAST_DATE}"]
    return []


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value) if _DATE.fullmatch(value) else None
    except ValueError:
        return None


def _is_ean(value: object) -> bool:
    ean = value.get("EAN-13") if isinstance(value, Mapping) and len(value) == 1 else None
    return isinstance(ean, str) and _EAN.fullmatch(ean) is not None


def _is_url(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in {"https", "http"} and bool(parts.hostname)
    except ValueError:
        return False
