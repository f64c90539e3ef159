"""Reports: somebody says that something is wrong, with or without an account.

A report reaches back two minutes and seals exactly what it is about. It changes nothing by
itself: it becomes part of a case, which people decide.
"""

import base64
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, true
from sqlalchemy.orm import Session

from balai.cases import joining, priority, raising, receipts, reporters, untold
from balai.cases.errors import (
    MomentInvalid,
    RoomReportsFull,
    TooLateToReport,
    TooManyReports,
)
from balai.cases.joining import NEAR, Matter
from balai.cases.model import Case, CaseKind, CaseState, Concern, Report, Subject
from balai.clock import now
from balai.evidence import sealing
from balai.evidence.model import Sealed
from balai.evidence.sound import RATE_HZ, Window
from balai.evidence.store import Store
from balai.ids import new_id
from balai.people import invitations
from balai.people.keys import HouseKey, digest
from balai.people.model import Person
from balai.people.names import clean_text
from balai.people.sign_in import Caller
from balai.rooms import access, chat
from balai.rooms.chat import LineMissing
from balai.rooms.errors import RoomNotOnAir, SeatMissing
from balai.rooms.languages import require_language
from balai.rooms.model import ON_AIR, Room, Seat

TEXT_MAX: Final = 1_000
MOMENT_MAX: Final = 120 * RATE_HZ
OWN_MAX: Final = 20  # reports of one person or device in one room
# Reports in one room within an hour of people of whom nothing is known; what is beyond is not
# taken. "Somebody may be hurt now" is counted by itself, so that no others use it up.
UNKNOWN_MAX: Final = 1_000
UNKNOWN_WITHIN: Final = timedelta(hours=1)
# The clocks of the sound and of the records differ by so much at most.
_AHEAD: Final = 5 * RATE_HZ
_DECIDED: Final = (CaseState.DECIDED, CaseState.CLOSED)
_UNKNOWN: Final = and_(Report.by_person_id.is_(None), Report.by_device_hash.is_(None))
_ID_LETTERS: Final = 12
_SHARED_MAX: Final = 10  # pieces that are looked through


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What somebody reports; positions belong to a moment, whose seat may be left open.

    `line_id` belongs to a line of the chat: whoever wrote it is whom the report is about.

    `token`: made at random by who sends it. What is sent again with it is the same report, so
    that somebody of whom nothing is known can repeat what was cut off.
    """

    subject: Subject
    concern: Concern
    text: str = ""
    language: str | None = None
    is_urgent: bool = False
    seat_id: str | None = None
    from_position: int | None = None
    to_position: int | None = None
    line_id: str | None = None
    token: str | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """What taking a report needs of the house."""

    key: HouseKey
    store: Store
    window_s: float


def report(
    session: Session, room_id: str, said: Said, *, by: Caller, desk: Desk
) -> tuple[Report, str]:
    """Take a report; give it with its receipt. Who reports the same again adds to the first.

    Raises:
        RoomMissing, SeatMissing, LineMissing: there is nothing of the kind that they may see.
        RoomNotOnAir, TooLateToReport: not yet, or not any more.
        MomentInvalid, TextInvalid, LanguageInvalid: it lacks something.
        TooManyReports, RoomReportsFull: enough was said.

    On failure: when the sound cannot be sealed the report is taken without it.
    """
    by = reporters.as_known(session, by)
    room = access.find(session, room_id, by.person)
    sent_before = session.get(Report, _id_of(room, said, by, desk.key))
    if sent_before is not None and sent_before.room_id == room.id:
        return sent_before, receipts.receipt_of(sent_before, desk.key)
    _require_in_time(room, desk.window_s)
    matter = _matter(session, room, said)
    text = clean_text(said.text, length_max=TEXT_MAX)
    require_language(said.language or room.language)
    taken = _add_to_earlier(session, matter, said, text, by)
    if taken is None:
        _require_few(session, room, said, by)
        taken = _take(session, matter, said, text, by, desk.key)
    _seal(session, taken, desk.store)
    _move(session, taken)
    return taken, receipts.receipt_of(taken, desk.key)


def _id_of(room: Room, said: Said, by: Caller, key: HouseKey) -> str:
    """Derive a report's id from its token; with somebody else's token one finds nothing."""
    if said.token is None:
        return new_id()
    own = ":".join([room.id, by.person_id or "", by.device_hash or "", said.token])
    signed = bytes.fromhex(key.sign("report", own))
    return base64.b32hexencode(signed).decode().lower()[:_ID_LETTERS]


def _require_in_time(room: Room, window_s: float) -> None:
    if room.state in ON_AIR:
        return
    if room.ended_at is None or room.opened_at is None:
        raise RoomNotOnAir
    if now() > room.ended_at + timedelta(seconds=window_s):
        raise TooLateToReport


def _matter(session: Session, room: Room, said: Said) -> Matter:
    seat = _seat(session, room, said)
    if said.subject is Subject.MOMENT:
        _check_moment(room, said)
    elif said.from_position is not None or said.to_position is not None:
        raise MomentInvalid
    if said.subject is not Subject.LINE and said.line_id is not None:
        raise LineMissing
    return Matter(
        room=room,
        subject=said.subject,
        concern=said.concern,
        seat=seat,
        from_position=said.from_position,
        to_position=said.to_position,
    )


def _seat(session: Session, room: Room, said: Said) -> Seat | None:
    """Find whom a report is about: known to everybody is who was on stage, or wrote."""
    if said.subject is Subject.LINE:
        return _writer(session, room, said)
    if said.seat_id is None and said.subject is not Subject.PERSON:
        return None
    seat = session.get(Seat, said.seat_id or "")
    is_here = seat is not None and seat.room_id == room.id and seat.joined_at is not None
    if not is_here or said.subject is Subject.ROOM:
        raise SeatMissing
    return seat


def _writer(session: Session, room: Room, said: Said) -> Seat:
    if said.seat_id is not None:
        raise SeatMissing
    line = chat.find(session, room, said.line_id or "")
    return chat.seat_for(session, room, session.get_one(Person, line.person_id))


def _check_moment(room: Room, said: Said) -> None:
    """Let pass two minutes at most of what has been said by now."""
    begin, end = said.from_position, said.to_position
    if begin is None or end is None or room.live_at is None:
        raise MomentInvalid
    passed_s = ((room.ended_at or now()) - room.live_at).total_seconds()
    is_past = end <= passed_s * RATE_HZ + _AHEAD
    if not (0 <= begin < end <= begin + MOMENT_MAX and is_past):
        raise MomentInvalid


def _add_to_earlier(
    session: Session, matter: Matter, said: Said, text: str, by: Caller
) -> Report | None:
    """Add to what the same reporter has said about the same, if there is room for it."""
    earlier = _earlier(session, matter, said, by)
    if earlier is None:
        return None
    whole = _with(earlier.text, text)
    if len(whole) > TEXT_MAX:
        return None  # a report of its own: nothing is cut off
    if earlier.case.state is not CaseState.OPEN:
        _ask_anew(session, earlier, matter, said)
    if said.from_position is not None and said.to_position is not None:
        earlier.from_position = min(earlier.from_position or 0, said.from_position)
        earlier.to_position = max(earlier.to_position or 0, said.to_position)
        if earlier.case.state is CaseState.OPEN:
            joining.reach(earlier.case, matter)
    earlier.text = whole
    earlier.is_urgent = earlier.is_urgent or said.is_urgent
    earlier.concern = min(earlier.concern, said.concern, key=priority.GRAVITY.__getitem__)
    return earlier


def _ask_anew(session: Session, earlier: Report, matter: Matter, said: Said) -> None:
    """Let a report go on with what is added to it, unless that was decided as well."""
    if said.is_urgent or _decided_case(session, matter, said) is None:
        earlier.case = joining.case_for(session, matter)
        earlier.outcome = earlier.outcome_at = None
        session.flush()


def _with(said: str, text: str) -> str:
    """Add what was not said yet: who was cut off sends the same again."""
    if not text or f"\n{text}\n" in f"\n{said}\n":
        return said
    return f"{said}\n{text}" if said else text


def _earlier(session: Session, matter: Matter, said: Said, by: Caller) -> Report | None:
    """Find what they reported of it; what they are told of it says nothing of the case."""
    theirs = reporters.is_same(by)
    if theirs is None:
        return None
    since = invitations.confided_since(session, by.session_id)
    query = (
        select(Report)
        .join(Case, Case.id == Report.case_id)
        .where(
            theirs,
            Report.room_id == matter.room.id,
            Report.subject == matter.subject,
            Report.seat_id == matter.seat_id,
            Report.line_id == said.line_id,
            or_(
                and_(Report.outcome.is_(None), Case.state == CaseState.OPEN),
                Report.outcome_at > now(),
            ),
            Report.at >= since if since else true(),
        )
        .order_by(Report.at.desc())
    )
    return next((one for one in session.scalars(query) if _is_same(one, matter)), None)


def _is_same(earlier: Report, matter: Matter) -> bool:
    if matter.from_position is None or matter.to_position is None:
        return True
    begin, end = earlier.from_position or 0, earlier.to_position or 0
    is_near = matter.from_position <= end + NEAR and begin <= matter.to_position + NEAR
    whole = max(end, matter.to_position) - min(begin, matter.from_position)
    return is_near and whole <= MOMENT_MAX


def _require_few(session: Session, room: Room, said: Said, by: Caller) -> None:
    theirs = reporters.is_by(by)
    count = select(func.count()).select_from(Report).where(Report.room_id == room.id)
    if theirs is not None:
        if (session.scalar(count.where(theirs)) or 0) >= OWN_MAX:
            raise TooManyReports
        return
    of_kind, lately = Report.is_urgent.is_(said.is_urgent), Report.at > now() - UNKNOWN_WITHIN
    if (session.scalar(count.where(_UNKNOWN, of_kind, lately)) or 0) >= UNKNOWN_MAX:
        raise RoomReportsFull


def _take(
    session: Session, matter: Matter, said: Said, text: str, by: Caller, key: HouseKey
) -> Report:
    at = now()  # before the case is opened: see `untold`
    decided = None if said.is_urgent else _decided_case(session, matter, said)
    case = decided or joining.case_for(session, matter)
    taken = Report(
        id=_id_of(matter.room, said, by, key),
        case_id=case.id,
        room_id=matter.room.id,
        subject=matter.subject,
        seat_id=matter.seat_id,
        from_position=matter.from_position,
        to_position=matter.to_position,
        line_id=said.line_id,
        concern=matter.concern,
        text=text,
        language=said.language or matter.room.language,
        is_urgent=said.is_urgent,
        by_person_id=by.person_id,
        by_device_hash=by.device_hash,
        weight=reporters.weight_of(session, by),
        at=at,
    )
    taken.receipt_hash = digest(receipts.receipt_of(taken, key))
    if decided is not None:
        decision = receipts.decision_in_force(session, decided.id)
        taken.outcome = decision.outcome if decision else None
        taken.outcome_at = untold.outcome_before_from(taken)
    session.add(taken)
    session.flush()
    return taken


def _decided_case(session: Session, matter: Matter, said: Said) -> Case | None:
    """Find the case in which people have decided about this very stretch, or line, and concern.

    Its outcome is told later (see `untold`), and can be appealed; to ask again would be to
    decide by count.
    """
    if said.line_id is not None:
        is_it: ColumnElement[bool] = exists().where(
            Report.case_id == Case.id, Report.line_id == said.line_id
        )
    elif matter.from_position is not None and matter.to_position is not None:
        is_it = and_(
            Case.from_position <= matter.from_position + NEAR,
            Case.to_position >= matter.to_position - NEAR,
        )
    else:
        return None
    query = (
        select(Case)
        .where(
            Case.room_id == matter.room.id,
            Case.kind == CaseKind.CONDUCT,
            Case.seat_id == matter.seat_id,
            Case.state.in_(_DECIDED),
            Case.concern == matter.concern,
            is_it,
        )
        .order_by(Case.opened_at.desc())
    )
    found = session.scalars(query.limit(1)).first()
    has_outcome = found and receipts.decision_in_force(session, found.id) is not None
    return found if has_outcome else None


def _seal(session: Session, taken: Report, store: Store) -> None:
    """Seal exactly what a moment's report is about.

    People of whom nothing is known share, in one case, what was sealed for the first of them.
    """
    if taken.from_position is None or taken.to_position is None:
        return
    voices = frozenset({taken.seat_id}) if taken.seat_id else None
    window = Window(taken.room_id, taken.from_position, taken.to_position, voices)
    if (shared := _shared(session, taken, window)) is not None:
        taken.sealed_id = shared
        return
    sealed = sealing.seal_if_kept(session, store, window, why=f"report:{taken.id}")
    taken.sealed_id = sealed.id if sealed else None


def _shared(session: Session, taken: Report, window: Window) -> str | None:
    """Find what was sealed of the same stretch for somebody as unknown, in the same case."""
    if taken.by_person_id is not None or taken.by_device_hash is not None:
        return None
    query = (
        select(Sealed)
        .join(Report, Report.sealed_id == Sealed.id)
        .where(
            Report.case_id == taken.case_id,
            _UNKNOWN,
            Sealed.destroyed_at.is_(None),
            Sealed.from_position <= window.from_position,
            Sealed.to_position >= window.to_position,
        )
        .limit(_SHARED_MAX)
    )
    whole = (one for one in session.scalars(query) if sealing.window_of(one).contains(window))
    return next((one.id for one in whole), None)


def _move(session: Session, taken: Report) -> None:
    """Let the case stand where this report puts it."""
    case = session.get_one(Case, taken.case_id)
    case.is_urgent = case.is_urgent or (taken.is_urgent and case.state is CaseState.OPEN)
    raising.weigh(session, case)
