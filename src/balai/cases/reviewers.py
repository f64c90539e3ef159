"""The safety team: who reviews, their languages and skills, what they will not hear.

Operators lead the team and review too; they say who is trained for what. To refuse a theme
needs no reason and is told to nobody but the reviewer and the leads.
"""

from collections.abc import Collection, Set
from dataclasses import dataclass
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from balai.cases.errors import (
    AlreadyReviewer,
    ReviewerMissing,
    ReviewersOnly,
    TooManyLanguages,
)
from balai.cases.model import Concern, Reviewer
from balai.clock import now
from balai.ledger import log as ledger
from balai.people.accounts import by_handle, require_operator
from balai.people.model import Person
from balai.rooms.languages import require_language

LANGUAGES_MAX: Final = 32
SHOWN_MAX: Final = 200
_ANY: Final = "any"


@dataclass(frozen=True, slots=True)
class Post:
    """One reviewer as the queue knows them.

    `languages` None: they understand all that come. `left`: themes that others are trained
    for and they are not.
    """

    person: Person
    languages: Set[str] | None
    refuses: Set[Concern]
    left: Set[Concern] = frozenset()

    @property
    def is_lead(self) -> bool:
        """Whether they lead the team: operators do."""
        return self.person.is_operator


def post_of(session: Session, person: Person) -> Post:
    """Give somebody's post in the safety team.

    Raises:
        ReviewersOnly: they have none.
    """
    reviewer = session.get(Reviewer, person.id)
    if reviewer is not None and reviewer.ended_at is None:
        return _post(session, person, reviewer)
    if person.is_operator:
        return Post(person, None, frozenset())
    raise ReviewersOnly


def is_reviewer(session: Session, person: Person) -> bool:
    """Tell whether somebody is of the safety team."""
    reviewer = session.get(Reviewer, person.id)
    return person.is_operator or (reviewer is not None and reviewer.ended_at is None)


def appoint(
    session: Session, handle: str, *, languages: Collection[str], by: Person
) -> Reviewer:
    """Take somebody into the safety team; who was in it before comes back with new languages.

    No language at all means: any. Asked again for the same, it does nothing.

    Raises:
        OperatorsOnly: this person may not.
        PersonMissing: nobody is called so.
        AlreadyReviewer: they are in it with other languages, and keep them.
        LanguageInvalid, TooManyLanguages: this names no languages.
    """
    require_operator(by)
    person = by_handle(session, handle)
    kept = _kept(languages)
    found = session.get(Reviewer, person.id)
    if found is not None and found.ended_at is None:
        if found.languages != kept:
            raise AlreadyReviewer
        return found
    reviewer = found or Reviewer(person_id=person.id, refuses={})
    reviewer.languages = kept
    reviewer.appointed_by_id, reviewer.appointed_at = by.id, now()
    reviewer.ended_at = None
    session.add(reviewer)
    told: dict[str, object] = {"person_id": person.id, "by_person_id": by.id}
    ledger.append(session, kind="reviewer_appointed", record=told)
    return reviewer


def end(session: Session, handle: str, *, by: Person) -> None:
    """Let somebody leave the safety team: the operator anybody, everybody themselves.

    Raises:
        OperatorsOnly: this person may not.
        ReviewerMissing: they are not in it.
    """
    person = by_handle(session, handle)
    if person.id != by.id:
        require_operator(by)
    reviewer = _present(session, person)
    reviewer.ended_at = now()
    told: dict[str, object] = {"person_id": person.id, "by_person_id": by.id}
    ledger.append(session, kind="reviewer_ended", record=told)


def set_own(
    session: Session,
    person: Person,
    *,
    languages: Collection[str] | None = None,
    refuses: Collection[Concern] | None = None,
) -> Reviewer:
    """Change one's own languages and the themes one will not hear; None leaves them.

    Raises:
        ReviewersOnly: they are not in the team.
        LanguageInvalid, TooManyLanguages: this names no languages.
    """
    reviewer = _own(session, person)
    if languages is not None:
        reviewer.languages = _kept(languages)
    if refuses is not None:
        reviewer.refuses = {concern.value: True for concern in refuses}
    return reviewer


def train(
    session: Session, handle: str, *, skills: Collection[Concern], by: Person
) -> tuple[Reviewer, Person]:
    """Say what somebody of the team is trained for: all of it, in place of what was said.

    Raises:
        OperatorsOnly: this person may not say so.
        PersonMissing: nobody is called so.
        ReviewerMissing: they are not in the team.
    """
    require_operator(by)
    person = by_handle(session, handle)
    reviewer = _own(session, person) if person.is_operator else _present(session, person)
    wanted: dict[str, object] = {concern.value: True for concern in sorted(skills)}
    if reviewer.skills != wanted:
        reviewer.skills = wanted
        told: dict[str, object] = {"person_id": person.id, "by_person_id": by.id}
        ledger.append(session, kind="reviewer_trained", record={**told, "skills": [*wanted]})
    return reviewer, person


def team(session: Session) -> list[tuple[Reviewer | None, Person]]:
    """Read the safety team, 200 at most; operators may be without a post of their own."""
    query = (
        select(Reviewer, Person)
        .select_from(Person)
        .outerjoin(Reviewer, Reviewer.person_id == Person.id)
        .where(
            Person.deleted_at.is_(None),
            or_(
                Person.is_operator,
                Reviewer.person_id.is_not(None) & Reviewer.ended_at.is_(None),
            ),
        )
        .order_by(Person.handle)
        .limit(SHOWN_MAX)
    )
    rows = session.execute(query).all()
    return [(one if one and one.ended_at is None else None, person) for one, person in rows]


def languages_of(reviewer: Reviewer) -> list[str] | None:
    """Give the languages of a reviewer; None: any."""
    return None if reviewer.languages.get(_ANY) else sorted(reviewer.languages)


def skills_of(reviewer: Reviewer) -> frozenset[Concern]:
    """Give the themes that a reviewer is trained for."""
    return frozenset(Concern(name) for name in reviewer.skills)


def _post(session: Session, person: Person, reviewer: Reviewer) -> Post:
    languages = languages_of(reviewer)
    return Post(
        person,
        None if languages is None else frozenset(languages),
        frozenset(Concern(name) for name in reviewer.refuses),
        frozenset() if person.is_operator else _trained_for(session) - skills_of(reviewer),
    )


def _trained_for(session: Session) -> frozenset[Concern]:
    """Give the themes for which the team has anybody who does not refuse them."""
    found: set[Concern] = set()
    for reviewer, _ in team(session):
        if reviewer is not None:
            found |= {one for one in skills_of(reviewer) if one.value not in reviewer.refuses}
    return frozenset(found)


def _kept(languages: Collection[str]) -> dict[str, object]:
    if len(languages) > LANGUAGES_MAX:
        raise TooManyLanguages
    for language in languages:
        require_language(language)
    bare = {language.split("-")[0]: True for language in languages}
    return dict(bare) if bare else {_ANY: True}


def _present(session: Session, person: Person) -> Reviewer:
    reviewer = session.get(Reviewer, person.id)
    if reviewer is None or reviewer.ended_at is not None:
        raise ReviewerMissing
    return reviewer


def _own(session: Session, person: Person) -> Reviewer:
    """Give one's own post; an operator without one gets it now."""
    reviewer = session.get(Reviewer, person.id)
    if reviewer is not None and reviewer.ended_at is None:
        return reviewer
    if not person.is_operator:
        raise ReviewersOnly
    reviewer = reviewer or Reviewer(person_id=person.id, refuses={})
    reviewer.languages, reviewer.appointed_at, reviewer.ended_at = {_ANY: True}, now(), None
    session.add(reviewer)
    return reviewer
