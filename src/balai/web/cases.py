"""Cases as reviewers work on them: the queue, claims, the case page, decisions."""

from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Query, Response
from sqlalchemy.orm import Session

from balai.cases import (
    appealing,
    care,
    claiming,
    deciding,
    effects,
    naming,
    queue,
    reading,
    reviewers,
    sounding,
    stating,
)
from balai.cases.deciding import Office
from balai.cases.errors import CaseMissing, OwnCase, WrongJob
from balai.cases.finding import Finding, Step, checked
from balai.cases.model import Case, CaseState, Decision, JobKind
from balai.cases.queue import Cursor
from balai.cases.reviewers import Post
from balai.cases.sounding import Listener
from balai.cases.timeline import RoomFolders
from balai.cases.views import AppealTold, CaseView, JobView, appeal_told, job_view
from balai.evidence.store import store_of
from balai.people.accounts import require_operator
from balai.people.model import Person
from balai.policy.pack import Pack
from balai.rooms import replay_turns
from balai.rulebook.packs import in_force, kept
from balai.web.callers import HouseHere, Somebody
from balai.web.case_shapes import (
    AnswerSent,
    ApprovalSent,
    CaseListed,
    DecisionMade,
    DecisionSent,
    FindingSent,
    FirstView,
    LookedAfter,
    NextAsked,
    Preview,
    QueuePage,
    Retried,
    SoundAsked,
    VoiceNamed,
)
from balai.web.house import House

LIST_MAX: Final = 100

router = APIRouter(prefix="/api", tags=["cases"])

After = Annotated[str | None, Query(max_length=64)]
Limit = Annotated[int, Query(ge=1, le=LIST_MAX)]


@router.get("/cases/queue")
def show_queue(here: HouseHere, by: Somebody, after: After = None) -> QueuePage:
    """Give one page of what one may do, the most pressing first, and what one holds."""
    cursor = Cursor.read(after) if after else None
    with here.database.reading() as session:
        post = reviewers.post_of(session, by)
        jobs = queue.page(session, post, after=cursor)
        return QueuePage(
            jobs=[job_view(job) for job in jobs],
            mine=[job_view(job) for job in queue.mine(session, post)],
            next=str(Cursor.of(jobs[-1])) if len(jobs) == queue.PAGE else None,
            spent=reading.spent_told(care.spent(session, by.id)),
            stuck_replays=replay_turns.stuck(session) if post.is_lead else [],
        )


@router.get("/cases")
def list_cases(
    here: HouseHere,
    by: Somebody,
    state: CaseState | None = None,
    after: After = None,
    limit: Limit = LIST_MAX,
) -> list[CaseListed]:
    """List cases, the soonest due first (operators)."""
    require_operator(by)
    with here.database.reading() as session:
        post = reviewers.post_of(session, by)
        found = reading.cases(session, post, state=state, after=after, limit=limit)
        failed = effects.failed_among(session, [case.id for case in found])
        return [_listed(case, failed=case.id in failed) for case in found]


@router.get("/cases/{case_id}")
def show(here: HouseHere, by: Somebody, case_id: str) -> CaseView:
    """Open a case: all that points at it on one timeline; the look counts into one's shift."""
    with here.writing() as session:
        post = reviewers.post_of(session, by)
        folders = RoomFolders(air=here.settings.air_path, tracks=here.settings.tracks_path)
        return reading.open_case(session, case_id, post, folders)


@router.post("/cases/{case_id}/sound", response_class=Response)
def sound(here: HouseHere, by: Somebody, case_id: str, asked: SoundAsked) -> Response:
    """Give out one voice of a piece of a case's sealed sound, for a purpose.

    What is given out counts into one's shift. The header `X-Voices` names the seats of whom
    there is sound in the piece, first the one that is given.
    """
    with here.database.reading() as session:
        case = _case(session, case_id, reviewers.post_of(session, by))
        care.require_may_see(session, by.id, case)
        sealed = sounding.find(session, case, asked.piece_id)
        to = Listener(by, asked.purpose, asked.seat_id, rather=case.seat_id)
    heard = sounding.heard(here.database, store_of(here.settings), sealed, to)
    with here.writing() as session:
        case = _case(session, case_id, reviewers.post_of(session, by))
        care.looked(session, by.id, case, heard_s=sounding.length_s(sealed))
    voices = {"X-Voices": ",".join(heard.seat_ids)}
    return Response(heard.ogg, media_type="audio/ogg", headers=voices)


@router.post("/cases/{case_id}/retry")
def retry(here: HouseHere, by: Somebody, case_id: str) -> Retried:
    """Try once more what could not be carried out."""
    with here.writing() as session:
        post = reviewers.post_of(session, by)
        return Retried(effects=effects.try_again(session, _case(session, case_id, post)))


@router.post("/jobs/claim")
def claim_next(here: HouseHere, by: Somebody, asked: NextAsked | None = None) -> JobView | None:
    """Claim the first job that one may do, or hear again of one claimed before; null: none."""
    known = asked.known if asked else None
    with here.writing() as session:
        job = claiming.claim_next(session, reviewers.post_of(session, by), known=known)
        return job_view(job) if job else None


@router.post("/jobs/{job_id}/claim")
def claim(here: HouseHere, by: Somebody, job_id: str) -> JobView:
    """Claim a job for ten minutes."""
    with here.writing() as session:
        return job_view(claiming.claim(session, job_id, reviewers.post_of(session, by)))


@router.post("/jobs/{job_id}/renew")
def renew(here: HouseHere, by: Somebody, job_id: str) -> JobView:
    """Keep a job for another ten minutes: one is still at work on it."""
    with here.writing() as session:
        return job_view(claiming.renew(session, job_id, reviewers.post_of(session, by)))


@router.post("/jobs/{job_id}/release", status_code=204)
def release(here: HouseHere, by: Somebody, job_id: str) -> None:
    """Give a job back; nobody counts that."""
    with here.writing() as session:
        claiming.release(session, job_id, reviewers.post_of(session, by))


@router.post("/jobs/{job_id}/first-view")
def first_view(here: HouseHere, by: Somebody, job_id: str, said: FirstView) -> JobView:
    """Say what one thinks, before reading what was decided."""
    with here.writing() as session:
        post = reviewers.post_of(session, by)
        return job_view(claiming.view_first(session, job_id, post, **said.model_dump()))


@router.post("/jobs/{job_id}/voice")
def name_voice(here: HouseHere, by: Somebody, job_id: str, said: VoiceNamed) -> JobView:
    """Say whose voice it was, where whoever reported could not tell."""
    with here.writing() as session:
        post = reviewers.post_of(session, by)
        return job_view(naming.name(session, job_id, post, seat_id=said.seat_id))


@router.post("/jobs/{job_id}/preview")
def preview(here: HouseHere, by: Somebody, job_id: str, sent: FindingSent) -> Preview:
    """Compile the statements of reasons of a decision that is not made yet."""
    pack = _pack(here)
    with here.database.reading() as session:
        job = claiming.held(session, job_id, reviewers.post_of(session, by))
        found = checked(_finding(sent), job.case, pack)
        return Preview(statements=stating.preview(session, job.case, found, pack))


@router.post("/jobs/{job_id}/decide")
def decide(here: HouseHere, by: Somebody, job_id: str, sent: DecisionSent) -> DecisionMade:
    """Decide: clause, facts and effects; statement and ledger entry are written with it."""
    pack = _pack(here)
    with here.writing() as session:
        office, found = _office(session, here, pack, by), _finding(sent)
        return _made(deciding.decide(session, job_id, found, office, revision=sent.revision))


@router.post("/jobs/{job_id}/approve")
def approve(here: HouseHere, by: Somebody, job_id: str, sent: ApprovalSent) -> DecisionMade:
    """Agree, as the second person, with what needs two; or decide otherwise."""
    pack = _pack(here)
    with here.writing() as session:
        office = _office(session, here, pack, by)
        instead = _finding(sent.instead) if sent.instead else None
        return _made(deciding.approve(session, job_id, sent.why, office,
                                      instead=instead, revision=sent.revision))  # fmt: skip


@router.post("/jobs/{job_id}/answer")
def answer(here: HouseHere, by: Somebody, job_id: str, sent: AnswerSent) -> list[AppealTold]:
    """Answer the appeals against a decision, with reasons."""
    pack = _pack(here)
    with here.writing() as session:
        office = _office(session, here, pack, by)
        instead = _finding(sent.instead) if sent.instead else None
        appeals = appealing.answer(session, job_id, sent.answer, office,
                                   instead=instead, revision=sent.revision)  # fmt: skip
        return [appeal_told(one) for one in appeals]


@router.post("/jobs/{job_id}/done", status_code=204)
def look_after(
    here: HouseHere, by: Somebody, job_id: str, said: LookedAfter | None = None
) -> None:
    """End a job of the kind `effect`: what failed is tried again, or was done by hand."""
    with here.writing() as session:
        job = claiming.held(session, job_id, reviewers.post_of(session, by))
        if job.kind is not JobKind.EFFECT:
            raise WrongJob
        effects.look_after(session, job, by_hand=said.by_hand if said else "", by=by)


def _pack(here: House) -> Pack:
    return in_force(here.database, here.settings.packs_path)


def _office(session: Session, here: House, pack: Pack, by: Person) -> Office:
    before = partial(kept, here.settings.packs_path)
    return Office(reviewers.post_of(session, by), pack, here.key, before)


def _finding(sent: FindingSent) -> Finding:
    return Finding(
        outcome=sent.outcome,
        facts=sent.facts,
        clause=sent.clause,
        steps=tuple(Step(**one.model_dump()) for one in sent.effects),
    )


def _made(decision: Decision) -> DecisionMade:
    return DecisionMade(
        id=decision.id,
        state=decision.state,
        case_id=decision.case_id,
        case_state=decision.case.state,
        statement_id=decision.statement_id,
        ledger_index=decision.ledger_index,
    )


def _case(session: Session, case_id: str, post: Post) -> Case:
    case = session.get(Case, case_id)
    if case is None:
        raise CaseMissing
    if queue.is_concerned(session, case, post.person.id):
        raise OwnCase
    return case


def _listed(case: Case, *, failed: bool) -> CaseListed:
    own = CaseListed.model_fields.keys() - {"room_title", "failed"}
    named = {name: getattr(case, name) for name in own}
    return CaseListed(room_title=case.room.title, failed=failed, **named)
