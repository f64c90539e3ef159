"""The safety team: operators appoint, train and end; languages and themes are one's own."""

from fastapi import APIRouter

from balai.cases import care, reading, reviewers
from balai.cases.care import Spent
from balai.cases.model import Concern, Reviewer
from balai.people.model import Person
from balai.web.callers import HouseHere, Somebody
from balai.web.case_shapes import (
    ReviewerAppointed,
    ReviewerChange,
    ReviewerTrained,
    ReviewerView,
)

router = APIRouter(prefix="/api/reviewers", tags=["reviewers"])


@router.get("")
def team(here: HouseHere, by: Somebody) -> list[ReviewerView]:
    """List the safety team (its members); what somebody refuses or saw is told to leads."""
    with here.database.reading() as session:
        reviewers.post_of(session, by)
        team = reviewers.team(session)
        seen = care.spent_by(session, [person.id for _, person in team])
        return [
            _view(reviewer, person, to=by, seen=seen[person.id]) for reviewer, person in team
        ]


@router.post("", status_code=201)
def appoint(here: HouseHere, by: Somebody, new: ReviewerAppointed) -> ReviewerView:
    """Take somebody into the safety team (operators)."""
    with here.writing() as session:
        reviewer = reviewers.appoint(session, new.handle, languages=new.languages, by=by)
        person = session.get_one(Person, reviewer.person_id)
        return _view(reviewer, person, to=by, seen=care.spent(session, person.id))


@router.patch("/me")
def change(here: HouseHere, by: Somebody, wanted: ReviewerChange) -> ReviewerView:
    """Change one's own languages and refused themes; nobody asks why."""
    with here.writing() as session:
        reviewer = reviewers.set_own(
            session, by, languages=wanted.languages, refuses=wanted.refuses
        )
        return _view(reviewer, by, to=by, seen=care.spent(session, by.id))


@router.put("/{handle}/skills")
def train(here: HouseHere, by: Somebody, handle: str, said: ReviewerTrained) -> ReviewerView:
    """Say what somebody of the team is trained for (operators)."""
    with here.writing() as session:
        reviewer, person = reviewers.train(session, handle, skills=said.skills, by=by)
        return _view(reviewer, person, to=by, seen=care.spent(session, person.id))


@router.delete("/{handle}", status_code=204)
def end(here: HouseHere, by: Somebody, handle: str) -> None:
    """Let somebody leave the safety team: operators anybody, everybody themselves."""
    with here.writing() as session:
        reviewers.end(session, handle, by=by)


def _view(
    reviewer: Reviewer | None, person: Person, *, to: Person, seen: Spent
) -> ReviewerView:
    may_know = to.is_operator or to.id == person.id
    refused = sorted(reviewer.refuses) if reviewer else []
    return ReviewerView(
        handle=person.handle,
        display_name=person.display_name,
        is_lead=person.is_operator,
        languages=reviewers.languages_of(reviewer) if reviewer else None,
        skills=sorted(reviewers.skills_of(reviewer)) if reviewer else [],
        refuses=[Concern(name) for name in refused] if may_know else None,
        spent=reading.spent_told(seen) if may_know else None,
    )
