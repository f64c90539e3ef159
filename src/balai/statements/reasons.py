"""Why something is taken from a person: what a statement of reasons is compiled from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from balai.policy.statement import COUNTRIES
from balai.statements.model import Measure

OTHER_VIOLATION: Final = "STATEMENT_CATEGORY_OTHER_VIOLATION_TC"
SPOKEN: Final = ("CONTENT_TYPE_AUDIO",)
WRITTEN: Final = ("CONTENT_TYPE_TEXT",)


class Decider(StrEnum):
    """Who decided."""

    RULE = "rule"
    HOST = "host"
    COHOST = "cohost"
    REVIEWER = "reviewer"  # the safety team of the house


class Source(StrEnum):
    """What it began with, as the public database calls it."""

    VOLUNTARY = "SOURCE_VOLUNTARY"
    ARTICLE_16 = "SOURCE_ARTICLE_16"
    TRUSTED_FLAGGER = "SOURCE_TRUSTED_FLAGGER"
    OTHER_NOTIFICATION = "SOURCE_TYPE_OTHER_NOTIFICATION"


class Automation(StrEnum):
    """How far a machine decided, as the public database calls it."""

    FULLY = "AUTOMATED_DECISION_FULLY"
    PARTIALLY = "AUTOMATED_DECISION_PARTIALLY"
    NONE = "AUTOMATED_DECISION_NOT_AUTOMATED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """It is against a clause of the policy; titles by language, `why` in the person's."""

    id: str
    title: Mapping[str, str]
    category: str
    keywords: tuple[str, ...] = ()
    why: str = ""
    is_illegal_too: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Illegal:
    """It is against the law: which one, and why it is."""

    legal_ground: str
    why: str
    category: str
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomRules:
    """It is against what a host wants in their room; why, stands in their own words."""


Ground = Clause | Illegal | RoomRules


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasons:
    """What was decided about a person, and why.

    `words` are the deciding person's own: the person concerned reads them whatever they hold,
    the public only when they name nobody. `facts` of a reviewer must name nobody; without
    them the plain facts stand. `names` are those of the people involved. `countries` None:
    everywhere. `language` is the one in which the person reads, `content_language` the one
    in which they spoke.
    """

    measure: Measure
    from_at: datetime
    until_at: datetime | None = None
    ground: Ground
    decided_by: Decider
    words: str = ""
    facts: str = ""
    names: frozenset[str] = frozenset()
    source: Source = Source.VOLUNTARY
    automated_detection: bool = False
    automated_decision: Automation = Automation.NONE
    content_types: tuple[str, ...] = SPOKEN
    content_on: date | None = None
    content_language: str = ""
    countries: tuple[str, ...] | None = None
    language: str = "en"

    @property
    def scope(self) -> tuple[str, ...]:
        """The states in which it applies, as the public database names them."""
        return COUNTRIES if self.countries is None else self.countries
