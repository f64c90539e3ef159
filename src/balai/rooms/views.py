"""What people are shown of a room: the same shapes in answers and in the feed."""

from collections.abc import Collection, Sequence
from datetime import datetime

from pydantic import BaseModel

from balai.rooms.model import (
    CONNECTED,
    Flag,
    FlagKind,
    FlagStage,
    FlagState,
    Hand,
    HandState,
    Openness,
    Restriction,
    RestrictionKind,
    Role,
    Room,
    RoomState,
    Seat,
    SeatState,
    WatchState,
)


class HostView(BaseModel):
    """Who answers for a room."""

    display_name: str


class RoomFacts(BaseModel):
    """A room's facts; addresses and audience are added where they are known, at the edge.

    `abridged`: some words were taken out of its replay.
    """

    id: str
    title: str
    description: str
    language: str
    openness: Openness
    state: RoomState
    delay_s: float
    recording: bool
    captions: bool
    is_demo: bool
    hands_locked: bool
    slow_s: int = 0
    chat: bool = False
    host: HostView
    speakers: list[str]
    opened_at: datetime | None
    on_air_at: datetime | None
    ended_at: datetime | None
    abridged: bool = False


class WatchView(BaseModel):
    """Whether machines hear a voice, and if not, from which position on and why.

    `why` is one word: detector, deadline, engine, language or doubt.
    """

    state: WatchState
    from_position: int | None
    why: str | None


class SeatView(BaseModel):
    """Somebody on (or on the way to) the stage; `held` is told to hosts and to themselves.

    So is `by_safety`: what the safety team took, which no host gives back. `language`: what
    they speak, when it is not the room's.
    """

    id: str
    name: str
    role: Role
    state: SeatState
    muted: bool
    held: bool | None
    by_safety: list[RestrictionKind] | None
    speaking: bool
    language: str | None
    watch: WatchView


class HandView(BaseModel):
    """A raised hand; `first_time` means they have not yet spoken in this room."""

    id: str
    name: str
    raised_at: datetime
    state: HandState
    first_time: bool


class RestrictionView(BaseModel):
    """What was taken from a person, by whom, why and for how long.

    `line`: what they had written, where that was taken out, and to them alone.
    """

    id: str
    kind: RestrictionKind
    by_name: str
    by_role: Role | None  # none: a rule of the house
    reason: str
    from_at: datetime
    until_at: datetime | None
    lifted_at: datetime | None
    contested_at: datetime | None
    line: str | None = None


class SpanView(BaseModel):
    """A stretch in which a phrase was said; the words themselves are not told."""

    from_position: int
    to_position: int


class PolicyView(BaseModel):
    """Which rule of which pack spoke, why, and where; sentences by language."""

    pack_hash: str
    clause: str
    rule: str
    title: dict[str, str]
    why: dict[str, str]
    priority: int
    language: str
    confidence: float
    spans: list[SpanView]
    not_held_because: str | None


class FlagFacts(BaseModel):
    """What a detector recognised in a voice, what was done, and what a person decided.

    Positions are samples at 48 kHz since the room went on air. `false_alarms_per_1000h` tells
    how often chance alone looks so alike. `held`: a rule held the voice because of it; `holds`:
    it still does. What only a recording has is null for words, and the other way round.
    """

    id: str
    kind: FlagKind
    seat_id: str
    name: str
    title: str
    category: str
    list_name: str
    stage: FlagStage
    from_position: int
    to_position: int
    offset_s: float | None
    score: float | None
    false_alarms_per_1000h: float | None
    speed: float | None
    pitch_semitones: float | None
    policy: PolicyView | None
    detector: str
    held: bool
    holds: bool
    state: FlagState
    decided_by_name: str | None
    decided_at: datetime | None
    reason: str | None


class FlagView(FlagFacts):
    """A flag, and when it was raised."""

    at: datetime


def seat_name(seat: Seat) -> str:
    """Name a seat's person as they chose for this room."""
    return seat.alias or seat.person.display_name


def room_facts(room: Room, seats: Sequence[Seat]) -> RoomFacts:
    """Put a room's facts together from the room and its seats."""
    host_seat = next((seat for seat in seats if seat.person_id == room.host_id), None)
    on_stage = sorted(
        (seat for seat in seats if seat.state in CONNECTED and seat.joined_at),
        key=lambda seat: (seat.joined_at, seat.id),
    )
    return RoomFacts(
        id=room.id,
        title=room.title,
        description=room.description,
        language=room.language,
        openness=room.openness,
        state=room.state,
        delay_s=room.delay_s,
        recording=room.recording,
        captions=room.captions,
        is_demo=room.is_demo,
        hands_locked=room.hands_locked,
        slow_s=room.slow_s,
        chat=room.chat,
        host=HostView(
            display_name=seat_name(host_seat) if host_seat else room.host.display_name
        ),
        speakers=[seat_name(seat) for seat in on_stage],
        opened_at=room.opened_at,
        on_air_at=room.live_at,
        ended_at=room.ended_at,
        abridged=room.abridged,
    )


def seat_view(
    seat: Seat, *, speaking: Collection[str], by_safety: Collection[RestrictionKind] | None
) -> SeatView:
    """Show a seat; without `held` and `by_safety`, None, to those whom it does not concern."""
    return SeatView(
        id=seat.id,
        name=seat_name(seat),
        role=seat.role,
        state=seat.state,
        muted=seat.muted,
        held=None if by_safety is None else seat.held,
        by_safety=None if by_safety is None else sorted(by_safety),
        speaking=seat.id in speaking and seat.state is SeatState.ON_STAGE,
        language=seat.language,
        watch=_watch_view(seat),
    )


def _watch_view(seat: Seat) -> WatchView:
    """Show the worst that is true of a voice."""
    if seat.unwatched_from is not None:
        position, why = seat.unwatched_from, "detector"
        return WatchView(state=WatchState.UNWATCHED, from_position=position, why=why)
    if seat.unheard_from is not None:
        position, why = seat.unheard_from, seat.unheard_why or ""
        return WatchView(state=WatchState.UNHEARD, from_position=position, why=why)
    return WatchView(state=WatchState.WATCHED, from_position=None, why=None)


def hand_view(hand: Hand, seat: Seat | None) -> HandView:
    """Show a hand, with the name and the history of the seat its person may have had."""
    return HandView(
        id=hand.id,
        name=seat_name(seat) if seat else hand.person.display_name,
        raised_at=hand.raised_at,
        state=hand.state,
        first_time=seat is None or seat.joined_at is None,
    )


def restriction_view(restriction: Restriction, *, line: str | None = None) -> RestrictionView:
    """Show a restriction."""
    return RestrictionView(
        id=restriction.id,
        kind=restriction.kind,
        by_name=restriction.by_name,
        by_role=restriction.by_role,
        reason=restriction.reason,
        from_at=restriction.from_at,
        until_at=restriction.until_at,
        lifted_at=restriction.lifted_at,
        contested_at=restriction.contested_at,
        line=line,
    )


def flag_view(flag: Flag) -> FlagView:
    """Show a flag."""
    named = {name: getattr(flag, name) for name in FlagView.model_fields if name != "name"}
    return FlagView(name=seat_name(flag.seat), **named)
