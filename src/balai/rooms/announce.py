"""Feed entries about rooms, seats, hands and restrictions, each for those whom it concerns."""

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from balai import feed
from balai.people.model import Person
from balai.rooms import by_safety, speaking
from balai.rooms.model import (
    CONNECTED,
    Flag,
    Gap,
    Hand,
    Restriction,
    Room,
    Seat,
    SeatState,
    WatchState,
)
from balai.rooms.views import (
    SeatView,
    flag_view,
    hand_view,
    restriction_view,
    room_facts,
    seat_name,
    seat_view,
)


def tell_room(session: Session, room: Room) -> None:
    """Tell everybody the room's facts as they are now."""
    facts = room_facts(room, seats_of(session, room.id))
    feed.append(
        session, room_id=room.id, kind="room", data={"room": facts.model_dump(mode="json")}
    )


def tell_seat(session: Session, seat: Seat) -> None:
    """Tell of a seat: before the stage only the hosts and its person, then everybody.

    `person_id` is for the edge, which hides it, and from those whom they do not concern `held`
    and `by_safety`.
    """
    session.flush()
    view = seat_as_it_is(session, seat)
    public = seat.state in CONNECTED or (
        seat.state is SeatState.LEFT and seat.joined_at is not None
    )
    feed.append(
        session,
        room_id=seat.room_id,
        kind="seat",
        data={"seat": view.model_dump(mode="json"), "person_id": seat.person_id},
        audience=feed.EVERYONE if public else feed.audience_of(seat.person_id),
    )


def seat_as_it_is(session: Session, seat: Seat) -> SeatView:
    """Show a seat to those whom it concerns."""
    taken = by_safety.taken(session, seat).get(seat.id, ())
    speaks = speaking.seats_now(session, seat.room_id)
    return seat_view(seat, speaking=speaks, by_safety=taken)


def tell_hand(session: Session, hand: Hand) -> None:
    """Tell the hosts and its person of a hand."""
    session.flush()
    view = hand_view(hand, seat_of(session, hand.room_id, hand.person_id))
    feed.append(
        session,
        room_id=hand.room_id,
        kind="hand",
        data={"hand": view.model_dump(mode="json")},
        audience=feed.audience_of(hand.person_id),
    )


def tell_watch(session: Session, seat: Seat, gap: Gap) -> None:
    """Tell everybody from where on (and up to where) no detector heard a voice."""
    tell_seat(session, seat)
    feed.append(
        session,
        room_id=seat.room_id,
        kind="watch",
        data={
            "seat_id": seat.id,
            "state": gap.state if gap.to_position is None else WatchState.WATCHED,
            "was": gap.state,
            "from_position": gap.from_position,
            "to_position": gap.to_position,
            "why": gap.why,
        },
    )


def tell_flag(session: Session, flag: Flag) -> None:
    """Tell the hosts and the house's operators of a flag; the person hears of effects only."""
    session.flush()
    feed.append(
        session,
        room_id=flag.room_id,
        kind="flag",
        data={"flag": flag_view(flag).model_dump(mode="json")},
        audience=f"{feed.HOSTS}+{feed.OPERATORS}",
    )


def tell_restriction(session: Session, restriction: Restriction) -> None:
    """Tell the person concerned and the hosts of a restriction."""
    view = restriction_view(restriction)
    feed.append(
        session,
        room_id=restriction.room_id,
        kind="restriction",
        data={"restriction": view.model_dump(mode="json"), "person_id": restriction.person_id},
        audience=feed.audience_of(restriction.person_id),
    )


def seats_of(session: Session, *room_ids: str) -> list[Seat]:
    """Read the seats of rooms, with their people."""
    return list(
        session.scalars(
            select(Seat)
            .where(Seat.room_id.in_(room_ids))
            .options(joinedload(Seat.person))
            .order_by(Seat.id)
        )
    )


def name_in(session: Session, room_id: str, person: Person) -> str:
    """Name somebody as they are called in a room."""
    seat = seat_of(session, room_id, person.id)
    return seat_name(seat) if seat else person.display_name


def seat_of(session: Session, room_id: str, person_id: str) -> Seat | None:
    """Find the seat a person has, or had, in a room."""
    return session.scalars(
        select(Seat).where(Seat.room_id == room_id, Seat.person_id == person_id)
    ).first()
