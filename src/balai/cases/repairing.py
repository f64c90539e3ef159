"""Repair: what was decided or taken wrongly is undone, each part of it observed as well.

A seat is offered again, a voice is given back, bans and restrictions are lifted, statements
withdrawn, flags released and reporters' records corrected; and the room, which saw the cut,
is told.
"""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from balai import feed
from balai.cases import effects, ladder
from balai.cases.finding import Finding
from balai.cases.ladder import Acting, Banning
from balai.cases.model import (
    DECISION_STEPS,
    Case,
    CaseFlag,
    CaseRestriction,
    CaseState,
    DecidedEffect,
    Decision,
    DecisionState,
    EffectState,
    Measure,
    Outcome,
)
from balai.clock import now
from balai.ids import new_id
from balai.rooms import bans, chat, replays
from balai.rooms.announce import name_in, tell_flag, tell_seat
from balai.rooms.model import (
    ON_AIR,
    Ban,
    Flag,
    FlagState,
    Restriction,
    RestrictionKind,
    Seat,
    SeatState,
    Wish,
    WishKind,
    WishState,
)
from balai.rooms.requests import request
from balai.rooms.restrictions import REASON_MAX
from balai.rooms.safety import TEAM_NAME
from balai.statements import issuing, wording
from balai.statements.model import Statement

# Where nothing else is wanted, the decision's row is back as soon as its record is.
_AT_ONCE: Final = "lifted"
_OVERTURNED: Final = "overturned"
_REPLAY: Final = "replay"
_TAKES_NO_SEAT: Final = frozenset({Measure.NUDGE, Measure.TIMED_MUTE, Measure.TAKE_LINE})
_BACK_BY: Final[Mapping[RestrictionKind, WishKind]] = {
    RestrictionKind.MUTE: WishKind.UNMUTE,
    RestrictionKind.HOLD: WishKind.RELEASE,
}


def repair(session: Session, decision: Decision, acting: Acting, *, to: Outcome) -> None:
    """Undo a decision that an appeal has overturned; `to` is what was found instead.

    Each effect is under way back until it was observed; the case closes no sooner. Who is
    found to have done wrong all the same, only less, is not said to have been right.
    """
    case = decision.case
    assert DecisionState.OVERTURNED in DECISION_STEPS[decision.state]  # noqa: S101
    decision.state, decision.overturned_at = DecisionState.OVERTURNED, now()
    effects.step(case, CaseState.OPEN)
    rows = effects.of_decision(session, decision.id)
    repaired = sorted({_repaired(row) for row in rows if _was_seen(row)})
    for row in rows:
        row.state, row.attempts, row.error = EffectState.UNDOING, 0, None
        _undo(session, row, case, acting)
        _withdraw(session, row.statement_id, acting.reason)
    if decision.outcome is Outcome.VIOLATION and to is Outcome.NO_VIOLATION:
        _tell_room(session, case, "appeal", repaired)


def give_back(session: Session, decision: Decision, acting: Banning) -> None:
    """Give back what hosts took wrongly: every restriction that the case judges."""
    case = decision.case
    taken = session.scalars(
        select(Restriction)
        .join(CaseRestriction, CaseRestriction.restriction_id == Restriction.id)
        .where(CaseRestriction.case_id == case.id)
        .order_by(Restriction.from_at)
    ).all()
    for restriction in taken:
        row = DecidedEffect(
            id=new_id(),
            decision_id=decision.id,
            measure=Measure.GIVE_BACK,
            room_id=restriction.room_id,
            restriction_id=restriction.id,
            state=EffectState.PENDING,
            attempts=0,
        )
        session.add(row)
        _give_back(session, row, restriction, acting)
        _withdraw(session, restriction.statement_id)
    if taken:
        written = chat.of_restrictions(session, [one.id for one in taken])
        name = next((line.name for line in written.values()), None)  # as everybody read it
        what = sorted({one.kind.value for one in taken})
        _tell_room(session, case, "contest", what, name=name)


def decide_flags(session: Session, case: Case, found: Finding, acting: Acting) -> None:
    """Confirm or release the flags of a case; what hosts decided about them stays theirs."""
    is_violation = found.outcome is Outcome.VIOLATION
    state = FlagState.CONFIRMED if is_violation else FlagState.RELEASED
    for flag in _flags(session, case):
        is_free = flag.state is FlagState.OPEN or flag.decided_by_name == TEAM_NAME
        if is_free and flag.state is not state:
            _decide(session, flag, state, acting)
        if not is_violation and flag.holds:
            _ask_release(session, flag, acting)


def _was_seen(row: DecidedEffect) -> bool:
    return row.measure is not Measure.NUDGE and row.state is EffectState.CARRIED_OUT


def _repaired(row: DecidedEffect) -> str:
    return _REPLAY if row.measure is Measure.OUT_OF_REPLAY else row.measure.value


def _undo(session: Session, row: DecidedEffect, case: Case, acting: Acting) -> None:
    if row.measure is Measure.OUT_OF_REPLAY:
        _put_back(session, row)
        return
    ban = session.get(Ban, row.ban_id) if row.ban_id else None
    if ban is not None:
        bans.lift(ban)
    wish = session.get(Wish, row.wish_id) if row.wish_id is not None else None
    row.wish_id = None
    if wish is not None:
        _call_back(wish)
    if row.measure is Measure.TIMED_MUTE and wish is not None and case.seat is not None:
        _unmute(session, row, case.seat, acting)
    if row.measure is Measure.TAKE_LINE:
        _put_lines_back(session, row)
    if row.measure in {Measure.HOUSE_BAN, Measure.PERMANENT_REMOVAL} and case.person_id:
        ladder.restore_invitations(session, row, case.person_id)
    if row.wish_id is None:  # else it is lifted when the worker has observed that it is
        ladder.lift_record(session, row)
        _undone(row)
    if row.measure not in _TAKES_NO_SEAT and case.person_id is not None:
        _offer_seats(session, row, case)


def _put_back(session: Session, row: DecidedEffect) -> None:
    """Let the replay be made with these words again, unless it never was made without them."""
    if not replays.lift(session, row.id):
        _undone(row)
    elif row.room_id is not None:
        replays.try_again(session, row.room_id)


def _put_lines_back(session: Session, row: DecidedEffect) -> None:
    restriction = ladder.restriction_of(session, row)
    if restriction is not None:
        chat.give_back(session, restriction)


def _call_back(wish: Wish) -> None:
    """Take a wish back that nobody has carried out; what undoes it comes behind it."""
    if wish.state is WishState.PENDING:
        wish.state, wish.error, wish.done_at = WishState.FAILED, _OVERTURNED, now()


def _undone(row: DecidedEffect) -> None:
    row.state, row.observed, row.undone_at = EffectState.UNDONE, _AT_ONCE, now()


def _unmute(session: Session, row: DecidedEffect, seat: Seat, acting: Acting) -> None:
    """Give the microphone back, unless somebody else has muted it as well."""
    own = ladder.restriction_of(session, row)
    others = ladder.others_weighing(session, seat, RestrictionKind.MUTE, own)
    if seat.room.state in ON_AIR and not others:
        ladder.send(session, row, seat, WishKind.UNMUTE, acting)


def _offer_seats(session: Session, row: DecidedEffect, case: Case) -> None:
    """Let the person come back to the stages that they were taken from and that are on air."""
    seat = case.seat
    if row.room_id is not None and (seat is None or row.room_id != seat.room_id):
        query = select(Seat).where(
            Seat.room_id == row.room_id, Seat.person_id == case.person_id
        )
        seat = session.scalars(query).first()
    if seat is not None:
        offer_seat(session, seat)


def offer_seat(session: Session, seat: Seat) -> None:
    """Offer a seat again to whoever lost it wrongly, though the stage be full."""
    is_lost = seat.state is SeatState.LEFT and seat.joined_at is not None
    if is_lost and seat.room.state in ON_AIR:
        seat.state = SeatState.INVITED
        tell_seat(session, seat)


def _give_back(
    session: Session, row: DecidedEffect, restriction: Restriction, acting: Banning
) -> None:
    seat = session.get_one(Seat, restriction.seat_id)
    kind = _BACK_BY.get(restriction.kind)
    weighs = restriction.lifted_at is None
    others = ladder.others_weighing(session, seat, restriction.kind, restriction)
    if kind is not None and weighs and not others and seat.room.state in ON_AIR:
        ladder.send(session, row, seat, kind, acting)  # it lifts the restriction when observed
    else:
        ladder.lift_record(session, row)
        ladder.observed(row, _AT_ONCE)
    if restriction.kind is RestrictionKind.REMOVE:
        for ban in bans.of_person(session, seat.room_id, seat.person, key=acting.key):
            if ban.by_person_id == restriction.by_person_id:
                bans.lift(ban)
    if restriction.kind is RestrictionKind.TAKE_LINE:
        chat.give_back(session, restriction)
    elif kind is None:
        offer_seat(session, seat)


def _withdraw(session: Session, statement_id: str | None, why: str | None = None) -> None:
    """Withdraw a statement; without a reason: because the team found a host's cut wrong."""
    statement = session.get(Statement, statement_id) if statement_id else None
    if statement is not None and statement.withdrawn_at is None:
        said = why or wording.sentence("contest_right", statement.language)
        issuing.withdraw(session, statement.id, why=said)


def _flags(session: Session, case: Case) -> list[Flag]:
    query = (
        select(Flag)
        .join(CaseFlag, CaseFlag.flag_id == Flag.id)
        .where(CaseFlag.case_id == case.id)
        .order_by(Flag.at)
    )
    return list(session.scalars(query))


def _decide(session: Session, flag: Flag, state: FlagState, acting: Acting) -> None:
    flag.state, flag.decided_at = state, now()
    flag.decided_by_id, flag.decided_by_name = acting.by.id, TEAM_NAME
    flag.reason = acting.reason[:REASON_MAX]
    tell_flag(session, flag)


def _ask_release(session: Session, flag: Flag, acting: Acting) -> None:
    """Let a voice be heard again; what was held is late, and does not air."""
    if flag.seat.room.state not in ON_AIR:
        return
    args: dict[str, object] = {
        "seat_id": flag.seat_id,
        "by_name": TEAM_NAME,
        "reason": acting.reason,
        "air_held": False,
    }
    request(session, flag.room_id, WishKind.RELEASE, args, by_person_id=acting.by.id)


def _tell_room(
    session: Session, case: Case, why: str, what: list[str], *, name: str | None = None
) -> None:
    """Tell those who saw the cut that it was wrong: publicly, as the cut was seen."""
    if not what or case.person is None:
        return
    data: dict[str, object] = {
        "seat_id": case.seat_id,
        "name": name or name_in(session, case.room_id, case.person),
        "why": why,
        "what": what,
    }
    feed.append(session, room_id=case.room_id, kind="repair", data=data)
