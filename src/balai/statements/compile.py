"""From reasons to a statement of reasons, as the public database and the person read it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from balai.policy.statement import LANGUAGES
from balai.statements import rules
from balai.statements.errors import StatementInvalid
from balai.statements.model import Measure
from balai.statements.personal import found_in
from balai.statements.reasons import (
    OTHER_VIOLATION,
    Automation,
    Clause,
    Decider,
    Illegal,
    Reasons,
    Source,
)
from balai.statements.views import (
    AutomationTold,
    DurationTold,
    GroundTold,
    MeasureTold,
    RedressTold,
    ScopeTold,
    SourceTold,
    Told,
)
from balai.statements.wording import (
    BODIES_URL,
    DECIDED_BY,
    FACTS,
    PRIVATE_REASON,
    ROOM_RULES,
    WITHHELD,
    WORDING,
    language_of,
)

SIX_MONTHS: Final = timedelta(days=184)  # as long as six months can be
_VISIBILITY: Final = "DECISION_VISIBILITY_"
_PROVISION: Final = "DECISION_PROVISION_"
_DECISIONS: Final[Mapping[Measure, Mapping[str, object]]] = {
    Measure.MUTE: {"decision_visibility": [f"{_VISIBILITY}CONTENT_INTERACTION_RESTRICTED"]},
    Measure.CHAT_ONLY: {
        "decision_visibility": [f"{_VISIBILITY}CONTENT_INTERACTION_RESTRICTED"]
    },
    Measure.HOLD: {
        "decision_visibility": [f"{_VISIBILITY}OTHER"],
        "decision_visibility_other": WITHHELD,
    },
    Measure.ROOM_ENDED: {"decision_visibility": [f"{_VISIBILITY}CONTENT_DISABLED"]},
    Measure.CONTENT_DISABLED: {"decision_visibility": [f"{_VISIBILITY}CONTENT_DISABLED"]},
    Measure.CONTENT_REMOVED: {"decision_visibility": [f"{_VISIBILITY}CONTENT_REMOVED"]},
    Measure.TAKE_LINE: {"decision_visibility": [f"{_VISIBILITY}CONTENT_REMOVED"]},
    Measure.MOVE_TO_HALL: {"decision_provision": f"{_PROVISION}PARTIAL_SUSPENSION"},
    Measure.REMOVE: {"decision_provision": f"{_PROVISION}PARTIAL_SUSPENSION"},
    Measure.ROOM_BAN: {"decision_provision": f"{_PROVISION}PARTIAL_SUSPENSION"},
    Measure.HOUSE_BAN: {"decision_provision": f"{_PROVISION}TOTAL_SUSPENSION"},
    Measure.PERMANENT_REMOVAL: {"decision_account": "DECISION_ACCOUNT_TERMINATED"},
}
_END_OF: Final[Mapping[str, str]] = {
    "decision_visibility": "end_date_visibility_restriction",
    "decision_provision": "end_date_service_restriction",
    "decision_account": "end_date_account_restriction",
}
_SOURCES: Final[Mapping[Source, str]] = {
    Source.VOLUNTARY: "voluntary",
    Source.ARTICLE_16: "article_16",
    Source.TRUSTED_FLAGGER: "trusted_flagger",
    Source.OTHER_NOTIFICATION: "other_notification",
}


@dataclass(frozen=True, slots=True)
class Compiled:
    """Both forms of one statement."""

    fields: dict[str, object]
    told: Told
    language: str


def compiled(reasons: Reasons, *, puid: str, at: datetime) -> Compiled:
    """Compile a statement of reasons; `at` is the moment from which six months are counted.

    What a host or a rule says and may not be published is left out of the public form. What a
    reviewer says is refused then: they can say it otherwise.

    Raises:
        StatementInvalid: a rule of the database is broken, or a reviewer names somebody.
    """
    _require_nobody_named(reasons)
    fields = rules.validated(
        {
            "puid": puid,
            **_decision(reasons),
            **_ground(reasons),
            "decision_facts": _facts(reasons),
            "content_type": list(reasons.content_types),
            "territorial_scope": list(reasons.scope),
            "content_language": _content_language(reasons.content_language),
            "content_date": _content_date(reasons),
            "source_type": str(reasons.source),
            "automated_detection": "Yes" if reasons.automated_detection else "No",
            "automated_decision": str(reasons.automated_decision),
        }
    )
    language = language_of(reasons.language)
    return Compiled(fields, _told(reasons, WORDING[language], language, at), language)


def with_end(fields: Mapping[str, object], ended_at: datetime | None) -> dict[str, object]:
    """Give the public form of a statement whose restriction has ended meanwhile."""
    ends = (end for decision, end in _END_OF.items() if decision in fields)
    day = _end(ended_at)
    return {**fields, **(dict.fromkeys(ends, day) if day else {})}


def _require_nobody_named(reasons: Reasons) -> None:
    """Stop a reviewer who names somebody; hosts and rules must be able to act at once."""
    if reasons.decided_by is not Decider.REVIEWER:
        return
    texts = {"decision_facts": reasons.facts}
    if isinstance(reasons.ground, Illegal):
        texts["illegal_content_legal_ground"] = reasons.ground.legal_ground
        texts["illegal_content_explanation"] = reasons.ground.why
    wrong = [
        f"{field}: take {one} out"
        for field, text in texts.items()
        for one in found_in(text, reasons.names)
    ]
    if wrong:
        raise StatementInvalid(wrong)


def _publishable(text: str, otherwise: str, reasons: Reasons, *, length_max: int) -> str:
    """Give a text if it can be published, else what stands for it.

    A reviewer's is given as it is: the rules refuse it where it is too long.
    """
    is_private = len(text) > length_max or found_in(text, reasons.names)
    if is_private and reasons.decided_by is not Decider.REVIEWER:
        return otherwise
    return text.strip() or otherwise


def _decision(reasons: Reasons) -> dict[str, object]:
    decision = dict(_DECISIONS[reasons.measure])
    begins = reasons.from_at.astimezone(UTC).date()
    # A clock that is wrong must not make a hold impossible.
    begins = min(max(begins, rules.FIRST_APPLICATION_DATE), rules.LAST_DATE)
    return with_end(decision, reasons.until_at) | {"application_date": begins.isoformat()}


def _end(moment: datetime | None) -> str | None:
    """Name the day on which it ends; beyond what the database takes, it has no end there."""
    day = moment.astimezone(UTC).date() if moment else None
    return day.isoformat() if day and day <= rules.LAST_DATE else None


def _content_date(reasons: Reasons) -> str:
    day: date = reasons.content_on or reasons.from_at.astimezone(UTC).date()
    return min(max(day, rules.FIRST_CONTENT_DATE), rules.LAST_DATE).isoformat()


def _content_language(language: str) -> str | None:
    bare = language.split("-")[0].upper()
    return bare if bare in LANGUAGES else None


def _facts(reasons: Reasons) -> str:
    plain = f"{FACTS[reasons.measure]} {DECIDED_BY[reasons.decided_by]}"
    return _publishable(reasons.facts, plain, reasons, length_max=rules.FACTS_MAX)


def _ground(reasons: Reasons) -> dict[str, object]:
    ground = reasons.ground
    if isinstance(ground, Illegal):
        return {
            "decision_ground": "DECISION_GROUND_ILLEGAL_CONTENT",
            "illegal_content_legal_ground": ground.legal_ground,
            "illegal_content_explanation": ground.why,
            "category": ground.category,
            "category_specification": list(ground.keywords),
        }
    terms: dict[str, object] = {"decision_ground": "DECISION_GROUND_INCOMPATIBLE_CONTENT"}
    if isinstance(ground, Clause):
        return terms | {
            "incompatible_content_ground": _title(ground),
            "incompatible_content_explanation": _explained(reasons, ground.why),
            "incompatible_content_illegal": "Yes" if ground.is_illegal_too else "No",
            "category": ground.category,
            "category_specification": list(ground.keywords),
        }
    return terms | {
        "incompatible_content_ground": ROOM_RULES,
        "incompatible_content_explanation": _explained(reasons, ""),
        "incompatible_content_illegal": "No",
        "category": OTHER_VIOLATION,
    }


def _title(clause: Clause) -> str:
    """Name a clause in English; its id, if the title cannot be published."""
    title = clause.title.get("en", "").strip()
    length_max = rules.FREE_TEXTS["incompatible_content_ground"]
    is_fit = title and len(title) <= length_max and not found_in(title)
    return title if is_fit else f"Clause {clause.id}"


def _explained(reasons: Reasons, why: str) -> str:
    """Give the first of why and the own words that may be published."""
    length_max = rules.FREE_TEXTS["incompatible_content_explanation"]
    if why:
        return _publishable(why, PRIVATE_REASON, reasons, length_max=length_max)
    words = reasons.words.strip()
    is_fit = words and len(words) <= length_max and not found_in(words, reasons.names)
    return words if is_fit else PRIVATE_REASON


def _told(reasons: Reasons, say: Mapping[str, str], language: str, at: datetime) -> Told:
    by = "facts_rule" if reasons.decided_by is Decider.RULE else "facts_person"
    scope = "scope_all" if reasons.countries is None else "scope_some"
    countries = list(reasons.countries or ())
    detection = "detection_yes" if reasons.automated_detection else "detection_no"
    decision = f"decision_{_automation(reasons.automated_decision)}"
    return Told(
        measure=MeasureTold(kind=reasons.measure, sentence=say[reasons.measure]),
        scope=ScopeTold(
            countries=countries, sentence=say[scope].format(countries=", ".join(countries))
        ),
        duration=DurationTold(
            from_at=reasons.from_at,
            until_at=reasons.until_at,
            sentence=say[_duration(reasons)],
        ),
        facts=reasons.facts.strip() or say[by],
        source=SourceTold(kind=str(reasons.source), sentence=say[_SOURCES[reasons.source]]),
        automation=AutomationTold.model_validate(
            {
                "detection": reasons.automated_detection,
                "decision": _automation(reasons.automated_decision).removesuffix("_automated"),
                "sentence": f"{say[detection]} {say[decision]}",
            }
        ),
        ground=_ground_told(reasons, say, language),
        redress=_redress(say, at),
    )


def _automation(decision: Automation) -> str:
    return decision.removeprefix("AUTOMATED_DECISION_").lower()


def _duration(reasons: Reasons) -> str:
    if reasons.measure is Measure.MOVE_TO_HALL:
        return "at_once"
    return "until_lifted" if reasons.until_at is None else "until_moment"


def _ground_told(reasons: Reasons, say: Mapping[str, str], language: str) -> GroundTold:
    ground, words = reasons.ground, reasons.words.strip()
    if isinstance(ground, Illegal):
        why = "\n".join(one for one in (ground.why.strip(), words) if one)
        return GroundTold(kind="illegal", clause=None, title=ground.legal_ground, why=why)
    if isinstance(ground, Clause):
        title = ground.title.get(language) or ground.title.get("en") or ground.id
        # The words of a rule are the clause's own title: they say nothing more.
        more = "" if words in ground.title.values() else words
        why = "\n".join(one for one in (ground.why.strip(), more) if one)
        return GroundTold(
            kind="clause", clause=ground.id, title=title, why=why or say["why_clause"]
        )
    return GroundTold(
        kind="own_words", clause=None, title=say["room_rules"], why=words or say["no_more"]
    )


def _redress(say: Mapping[str, str], at: datetime) -> RedressTold:
    return RedressTold(
        complaint_until=at + SIX_MONTHS,
        complaint=say["complaint"],
        out_of_court=say["out_of_court"],
        out_of_court_url=BODIES_URL,
        court=say["court"],
    )
