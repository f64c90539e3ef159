"""Hosts observed: a room's record is read, judged, and becomes one case if need be."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from balai.cases import priority, raising, reporters, weighing
from balai.cases.host_conduct import (
    Call,
    Complaint,
    Cut,
    Observed,
    Pattern,
    Stay,
    judge,
)
from balai.cases.model import (
    Case,
    CaseKind,
    CaseState,
    Concern,
    Outcome,
    Report,
    Subject,
)
from balai.clock import now
from balai.ids import new_id
from balai.rooms import access
from balai.rooms.model import (
    CONNECTED,
    Flag,
    Hand,
    HandState,
    Restriction,
    RestrictionKind,
    Role,
    Room,
    Seat,
)

READ_MAX: Final = 1_000  # rows of one kind of one room, newest first
ANSWERED: Final = (HandState.ACCEPTED, HandState.DECLINED)  # of hands
_KINDS: Final = (
    RestrictionKind.MUTE,
    RestrictionKind.MOVE_TO_HALL,
    RestrictionKind.REMOVE,
    RestrictionKind.TAKE_LINE,
)
_SENT_AWAY: Final = frozenset({RestrictionKind.MOVE_TO_HALL, RestrictionKind.REMOVE})
# What hosts took: of other restrictions this rule knows nothing.
# A line that nobody contests is none; there can be any number of them.
IS_CUT: Final = and_(
    Restriction.by_role.in_(access.HOSTING),
    Restriction.kind.in_(_KINDS),
    or_(Restriction.kind != RestrictionKind.TAKE_LINE, Restriction.contested_at.is_not(None)),
)


@dataclass(frozen=True, slots=True)
class Hands:
    """Who came on stage by a raised hand, and whose hand was declined, raised when last."""

    accepted: Set[str]
    declined: Mapping[str, datetime]


def has_news(session: Session, room_id: str) -> bool:
    """Tell whether `observe` would write something; it reads only."""
    room = session.get_one(Room, room_id)
    case = _case_of(session, room)
    if case is not None and case.state is not CaseState.OPEN:
        return False
    pattern = judge(observed(session, room))
    if case is None:
        return pattern.is_hostile
    return case.facts != facts_of(session, pattern, room)


def observe(session: Session, room_id: str) -> Case | None:
    """Open the one case about a room's host when the rule says so, or tell it what is new.

    Gives the case while it is open, None when there is none. It takes nothing from anybody.
    """
    room = session.get_one(Room, room_id)
    case = _case_of(session, room)
    if case is not None and case.state is not CaseState.OPEN:
        return None
    pattern = judge(observed(session, room))
    if case is None and not pattern.is_hostile:
        return None
    case = case or _open_case(session, room)
    case.facts = facts_of(session, pattern, room)
    return case


def observed(session: Session, room: Room) -> Observed:
    """Read what the records know of how a room's host uses the tools."""
    hands, people = _hands(session, room), _people(session, room)
    hosts = access.hosts_of(session, room.id)
    cuts = _cuts(session, room, hands)
    reports = _reports(session, room, hosts)
    return Observed(
        at=now(),
        cuts=cuts,
        stays=_stays(session, room, hands, {one.person_id for one in cuts}),
        calls=[*_flags(session, room), *_reported(reports, people, hosts)],
        complaints=_complaints(session, reports, people, hosts),
    )


def facts_of(session: Session, pattern: Pattern, room: Room) -> dict[str, object]:
    """Put together what reviewers are shown: the cuts, and what speaks against each."""
    by_hand = _hands(session, room).accepted
    cut_people = {one.cut.person_id for one in pattern.judged}
    reasons = select(Restriction.reason).where(
        Restriction.id.in_([one.cut.restriction_id for one in pattern.judged])
    )
    return {
        "points": pattern.points,
        "disputes": pattern.disputes,
        "people": len(cut_people),
        "came_by_hand": len(by_hand),
        "came_by_hand_and_cut": len(by_hand & cut_people),
        "different_reasons": len({text.casefold() for text in session.scalars(reasons)}),
        "cuts": [
            {
                "restriction_id": one.cut.restriction_id,
                "kind": one.cut.kind,
                "at": one.cut.at.isoformat(),
                "signs": list(one.signs),
                "points": one.points,
            }
            for one in pattern.judged
        ],
    }


def _case_of(session: Session, room: Room) -> Case | None:
    query = select(Case).where(Case.room_id == room.id, Case.kind == CaseKind.HOST)
    return session.scalars(query.limit(1)).first()


def _open_case(session: Session, room: Room) -> Case:
    at = now()
    case = Case(
        id=new_id(),
        kind=CaseKind.HOST,
        room_id=room.id,
        person_id=room.host_id,
        state=CaseState.OPEN,
        concern=Concern.OTHER,
        language=room.language,
        opened_at=at,
        due_at=at,
    )
    session.add(case)
    session.flush()
    raising.open_first_job(session, case, priority.HOST_CONDUCT)
    return case


def _cuts(session: Session, room: Room, hands: Hands) -> list[Cut]:
    query = (
        select(Restriction, Seat.joined_at)
        .join(Seat, Seat.id == Restriction.seat_id)
        .where(
            Restriction.room_id == room.id,
            IS_CUT,
        )
        .order_by(Restriction.from_at.desc(), Restriction.id)
        .limit(READ_MAX)
    )
    since: dict[str, datetime] = {}
    cuts = []
    for one, joined_at in reversed(session.execute(query).all()):
        is_written = one.kind is RestrictionKind.TAKE_LINE
        came_at = None if is_written else since.get(one.person_id, joined_at)
        cuts.append(_cut(one, hands, came_at))
        if one.kind in _SENT_AWAY:
            since[one.person_id] = one.from_at  # they came back later: at the earliest now
    return cuts


def _cut(one: Restriction, hands: Hands, since: datetime | None) -> Cut:
    return Cut(
        restriction_id=one.id,
        person_id=one.person_id,
        kind=one.kind,
        at=one.from_at,
        until_at=one.until_at,
        lifted_at=one.lifted_at,
        is_contested=one.contested_at is not None,
        came_by_hand=one.person_id in hands.accepted,
        came_earliest_at=since,
        hand_declined_at=hands.declined.get(one.person_id),
    )


def _hands(session: Session, room: Room) -> Hands:
    query = (
        select(Hand)
        .where(Hand.room_id == room.id, Hand.state.in_(ANSWERED))
        .order_by(Hand.raised_at.desc())
        .limit(READ_MAX)
    )
    hands = list(reversed(session.scalars(query).all()))
    return Hands(
        accepted={one.person_id for one in hands if one.state is HandState.ACCEPTED},
        declined={
            one.person_id: one.raised_at for one in hands if one.state is HandState.DECLINED
        },
    )


def _stays(session: Session, room: Room, hands: Hands, cut_people: Set[str]) -> list[Stay]:
    query = select(Seat).where(
        Seat.room_id == room.id,
        Seat.role == Role.SPEAKER,
        Seat.state.in_(CONNECTED),
        Seat.joined_at.is_not(None),
    )
    return [
        Stay(seat.person_id in hands.accepted, seat.joined_at)
        for seat in session.scalars(query)
        if seat.joined_at is not None and seat.person_id not in cut_people
    ]


def _flags(session: Session, room: Room) -> list[Call]:
    query = (
        select(Seat.person_id, Flag.at)
        .join(Flag, Flag.seat_id == Seat.id)
        .where(Flag.room_id == room.id)
        .order_by(Flag.at.desc())
        .limit(READ_MAX)
    )
    return [Call(person_id, at) for person_id, at in session.execute(query)]


def _reports(session: Session, room: Room, hosts: Set[str]) -> list[Report]:
    """Read what others than the hosts reported, without what was found wrong."""
    query = (
        select(Report)
        .where(
            Report.room_id == room.id,
            or_(Report.outcome.is_(None), Report.outcome != Outcome.NO_VIOLATION),
            or_(Report.by_person_id.is_(None), Report.by_person_id.not_in(hosts)),
        )
        .order_by(Report.at.desc())
        .limit(READ_MAX)
    )
    return list(session.scalars(query))


def _reported(
    reports: Sequence[Report], people: Mapping[str, str], hosts: Set[str]
) -> list[Call]:
    """Give reports of speakers by people with an account: a host could be anybody else."""
    known = [(people.get(one.seat_id or ""), one) for one in reports if one.by_person_id]
    return [Call(whom, one.at) for whom, one in known if whom is not None and whom not in hosts]


def _complaints(
    session: Session, reports: Sequence[Report], people: Mapping[str, str], hosts: Set[str]
) -> list[Complaint]:
    about = [
        one
        for one in reports
        if one.subject is Subject.ROOM or people.get(one.seat_id or "") in hosts
    ]
    voiced = reporters.voiced(session, about)
    groups = weighing.groups(voiced)
    number = {id(one): str(n) for n, group in enumerate(groups) for one in group.members}
    return [Complaint(one.person_id, number[id(one)], one.at) for one in voiced]


def _people(session: Session, room: Room) -> dict[str, str]:
    query = select(Seat.id, Seat.person_id).where(Seat.room_id == room.id)
    return dict(session.execute(query).all())
