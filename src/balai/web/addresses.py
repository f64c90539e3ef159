"""Addresses that people and players use."""

from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from balai.rooms.model import OVER, RoomState
from balai.rooms.queries import Card
from balai.rooms.views import RoomFacts
from balai.settings import Settings


class RoomCard(RoomFacts):
    """A room as listed: its facts, how many listen, and where its programme is.

    Addresses are null while there is nothing to hear: before it is live, after a room that was
    not recorded, and for those who were sent away from a room that is not open to everybody.
    `captioned_url` has sound and captions for players that know both.
    """

    listeners_band: str
    playlist_url: str | None
    low_latency_url: str | None
    rewind_url: str | None
    replay_url: str | None
    captioned_url: str | None
    captions_url: str | None
    transcript_url: str | None


def house_url(connection: HTTPConnection, settings: Settings) -> str:
    """Give the house's own address as people use it, without a slash at the end."""
    if settings.public_url:
        return settings.public_url.rstrip("/")
    return f"{connection.url.scheme}://{connection.url.netloc}"


def hall_url(connection: HTTPConnection, settings: Settings) -> str:
    """Give the address of the hall's media, without a slash at the end."""
    if settings.hall_url:
        return settings.hall_url.rstrip("/")
    house = urlsplit(house_url(connection, settings))
    host = house.hostname or settings.host
    name = f"[{host}]" if ":" in host else host
    return f"{house.scheme}://{name}:{settings.hall_port_used}"


def room_card(hall: str, card: Card, listeners_band: str) -> RoomCard:
    """Complete a room's facts with addresses and audience."""
    facts = card.facts
    is_over = facts.state in OVER
    has_programme = card.air_token is not None and (
        facts.state is RoomState.LIVE
        or (is_over and facts.recording and facts.on_air_at is not None)
    )
    ring = f"{hall}/hall/{card.air_token}"

    def address(name: str, ending: str = ".m3u8") -> str | None:
        return f"{ring}/{name}{ending}" if has_programme else None

    return RoomCard(
        **facts.model_dump(),
        listeners_band=listeners_band,
        playlist_url=address("live"),
        low_latency_url=address("low"),
        rewind_url=address("rewind"),
        replay_url=address("replay") if is_over else None,
        captioned_url=address("room-replay" if is_over else "room-live"),
        captions_url=address("captions" if is_over else "captions-live"),
        transcript_url=address("transcript", ".vtt"),
    )
