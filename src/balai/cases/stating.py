"""From a finding to its statements of reasons: one for each thing that is taken."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from balai.cases import lines
from balai.cases.finding import Finding, Step
from balai.cases.ladder import is_moot
from balai.cases.model import Case, CaseFlag, Measure, Report
from balai.clock import now
from balai.ids import new_id
from balai.policy.clause import Clause
from balai.policy.pack import Pack
from balai.rooms import restrictions
from balai.statements import issuing, model, reasons, rules
from balai.statements.compile import compiled
from balai.statements.model import Statement
from balai.statements.views import Told

# A nudge takes nothing, and what was given back is told by the statement that is withdrawn.
STATED: Final[Mapping[Measure, model.Measure]] = {
    Measure.TIMED_MUTE: model.Measure.MUTE,
    Measure.LISTEN_ONLY: model.Measure.CHAT_ONLY,
    Measure.OFF_STAGE: model.Measure.MOVE_TO_HALL,
    Measure.ROOM_BAN: model.Measure.ROOM_BAN,
    Measure.HOUSE_BAN: model.Measure.HOUSE_BAN,
    Measure.PERMANENT_REMOVAL: model.Measure.PERMANENT_REMOVAL,
    Measure.OUT_OF_REPLAY: model.Measure.CONTENT_REMOVED,
    Measure.TAKE_LINE: model.Measure.TAKE_LINE,
}


def preview(session: Session, case: Case, finding: Finding, pack: Pack) -> list[Told]:
    """Compile what the person would read, without issuing anything.

    Raises:
        StatementInvalid: a rule is broken; the message names the field and the remedy.
    """
    at = now()
    return [
        compiled(
            _reasons(session, case, finding, step, pack=pack, at=at), puid=new_id(), at=at
        ).told
        for step in finding.steps
        if step.measure in STATED
    ]


def state(
    session: Session, case: Case, finding: Finding, step: Step, *, pack: Pack, decision_id: str
) -> Statement | None:
    """Issue the statement of one step; None: nothing is taken by it.

    Raises:
        StatementInvalid: a rule is broken; then nothing is decided either.
    """
    if (
        step.measure not in STATED
        or case.person_id is None
        or is_moot(session, step.measure, case)
    ):
        return None
    return issuing.issue(
        session,
        _reasons(session, case, finding, step, pack=pack, at=now()),
        for_person_id=case.person_id,
        room_id=case.room_id,
        decision_id=decision_id,
    )


def title_of(clause: Clause, language: str) -> str:
    """Name a clause in a language, in English if it has no words in that."""
    return clause.title.get(language.split("-")[0]) or clause.title.get("en") or clause.id


def until(step: Step, at: datetime) -> datetime | None:
    """Give the moment until which a step lasts; None: for good, or over at once."""
    return None if step.seconds is None else at + timedelta(seconds=step.seconds)


def _reasons(
    session: Session, case: Case, finding: Finding, step: Step, *, pack: Pack, at: datetime
) -> reasons.Reasons:
    clause = pack.clauses[finding.clause or ""]
    opened = case.room.live_at or case.opened_at
    return reasons.Reasons(
        measure=STATED[step.measure],
        from_at=at,
        until_at=until(step, at),
        ground=_ground(clause, case.language),
        decided_by=reasons.Decider.REVIEWER,
        facts=finding.facts,
        names=_names(session, case),
        source=_source(session, case),
        automated_detection=_has_flags(session, case),
        content_types=_content(session, case),
        content_on=opened.date(),
        content_language=case.language,
        language=case.language,
    )


def _ground(clause: Clause, language: str) -> reasons.Clause:
    text = clause.text.get(language.split("-")[0]) or clause.text.get("en") or ""
    length_max = rules.FREE_TEXTS["incompatible_content_explanation"]
    return reasons.Clause(
        id=clause.id,
        title=clause.title,
        category=clause.statement.category,
        keywords=clause.statement.keywords,
        why=text[:length_max],
    )


def _content(session: Session, case: Case) -> tuple[str, ...]:
    """Tell whether it is about what was said, what was written, or both."""
    is_written = bool(session.scalar(select(lines.reported(case).exists())))
    is_spoken = not is_written or case.from_position is not None
    return (*(reasons.SPOKEN if is_spoken else ()), *(reasons.WRITTEN if is_written else ()))


def _source(session: Session, case: Case) -> reasons.Source:
    reported = session.scalar(select(exists().where(Report.case_id == case.id)))
    return reasons.Source.ARTICLE_16 if reported else reasons.Source.VOLUNTARY


def _has_flags(session: Session, case: Case) -> bool:
    return bool(session.scalar(select(exists().where(CaseFlag.case_id == case.id))))


def _names(session: Session, case: Case) -> frozenset[str]:
    """Give the names of everybody on this stage, its host and the person concerned."""
    about = {case.person.display_name, case.person.handle} if case.person else set()
    return restrictions.names_in(session, case.room) | about
