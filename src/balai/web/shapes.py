"""What requests hold and what answers hold, where the record side has no shape of its own."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from balai.people.names import DISPLAY_NAME_MAX, HANDLE_MAX
from balai.rooms.green_room import ALIAS_MAX
from balai.rooms.hands import SLOW_S_MAX
from balai.rooms.model import Openness, WishKind, WishState
from balai.rooms.opening import DELAY_S_MAX, DESCRIPTION_MAX, TITLE_MAX
from balai.rooms.queries import MeView
from balai.rooms.restrictions import REASON_MAX
from balai.rooms.views import FlagView, HandView, SeatView
from balai.web.addresses import RoomCard

# Beyond this, a number is no longer exact in a browser.
Number = Annotated[int, Field(ge=0, le=2**53)]
Link = Annotated[str, Field(max_length=64)]


class Sent(BaseModel):
    """What a client sends: nothing unknown, no NaN."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class NewPerson(Sent):
    handle: str = Field(max_length=2 * HANDLE_MAX)
    display_name: str = Field(max_length=2 * DISPLAY_NAME_MAX)


class OperatorClaim(NewPerson):
    token: Link


class Acceptance(Sent):
    """Names are needed for a new account, not for coming back or entering one more room."""

    handle: str | None = Field(None, max_length=2 * HANDLE_MAX)
    display_name: str | None = Field(None, max_length=2 * DISPLAY_NAME_MAX)


class NewInvitation(Sent):
    uses: int = Field(1, ge=1, le=100)
    hours: int = Field(72, ge=1, le=720)
    room_id: str | None = Field(None, max_length=12)


class NewRoom(Sent):
    title: str = Field(max_length=2 * TITLE_MAX)
    description: str = Field("", max_length=2 * DESCRIPTION_MAX)
    language: str = Field("en", max_length=12)
    openness: Openness = Openness.OPEN
    delay_s: float = Field(0.0, ge=0, le=DELAY_S_MAX)
    recording: bool = True
    captions: bool = True
    chat: bool = False


class RoomChange(Sent):
    title: str | None = Field(None, max_length=2 * TITLE_MAX)
    hands_locked: bool | None = None
    slow_s: int | None = Field(None, ge=0, le=SLOW_S_MAX)
    delay_s: float | None = Field(None, ge=0, le=DELAY_S_MAX)
    captions: bool | None = None
    chat: bool | None = None


class StageInvitation(Sent):
    handle: str = Field(max_length=2 * HANDLE_MAX)


class Consent(Sent):
    alias: str | None = Field(None, max_length=2 * ALIAS_MAX)
    recording_ok: bool
    language: str | None = Field(None, max_length=12)


class CohostChange(Sent):
    seat_id: str = Field(max_length=12)
    cohost: bool


class EffectAsked(Sent):
    """`seconds`: of a mute (null: until lifted) or dump (null: all); `ban_s` null: for good.

    `token`: made at random for this press; sent again with it, it is the same effect.
    """

    seat_id: str | None = Field(None, max_length=12)
    reason: str | None = Field(None, max_length=2 * REASON_MAX)
    seconds: float | None = None
    air_held: bool = False
    ban_s: float | None = None
    token: str | None = Field(None, min_length=16, max_length=64)


class FlagConfirmed(Sent):
    reason: str | None = Field(None, max_length=2 * REASON_MAX)


class FlagReleased(FlagConfirmed):
    """`air_held`: what was held airs late; else the voice returns with what it says now."""

    air_held: bool = False


class ContestText(Sent):
    """One tap is enough: the text may be left out."""

    text: str = Field("", max_length=1000)


class PersonView(BaseModel):
    id: str
    handle: str
    display_name: str
    is_operator: bool
    is_reviewer: bool = Field(description="Of the safety team: operators are, too")


class IceServer(BaseModel):
    """As RTCPeerConnection takes it."""

    urls: list[str]
    username: str | None = None
    credential: str | None = None


class Me(BaseModel):
    person: PersonView | None
    csrf_token: str
    house_name: str
    ice_servers: list[IceServer]
    evidence_s: int = Field(description="Seconds of what is said on stage that are kept sealed")
    report_window_s: int = Field(description="How long after its end a room can be reported")


class RoomName(BaseModel):
    id: str
    title: str


class InvitationView(BaseModel):
    """A link as seen by whoever holds it; `purpose` sign_in needs no names."""

    valid: bool
    reason: str | None = None
    house_name: str
    invited_by: str | None = None
    expires_at: datetime | None = None
    room: RoomName | None = None
    purpose: Literal["join", "sign_in", "operator"] | None = None


class InvitationMade(BaseModel):
    id: str
    url: str
    uses_left: int
    expires_at: datetime


class InvitationListed(BaseModel):
    """Without its address, which is kept nowhere."""

    id: str
    uses_left: int
    expires_at: datetime
    room_id: str | None


class SessionView(BaseModel):
    id: str
    user_agent: str
    created_at: datetime
    expires_at: datetime
    current: bool


class SignInLinkView(BaseModel):
    """A link with which somebody could sign in as the reader, and who made it."""

    id: str
    made_by: str
    made_at: datetime
    used: bool


class RoomView(BaseModel):
    """One room at one moment; follow the events from `last_event_id`."""

    room: RoomCard
    seats: list[SeatView]
    hands: list[HandView]
    flags: list[FlagView]
    me: MeView
    last_event_id: int


class Ticket(BaseModel):
    ticket: str
    whip_url: str
    expires_at: datetime


class JingleAsked(BaseModel):
    """The guest was told; what becomes of it is told by flags and effects."""

    asked: bool = True


class WordsView(BaseModel):
    """What was said between two positions: samples at 48 kHz since the room went on air."""

    text: str
    from_position: int
    to_position: int


class EffectAccepted(BaseModel):
    id: int
    state: WishState


class EffectView(BaseModel):
    id: int
    kind: WishKind
    state: WishState
    requested_at: datetime
    done_at: datetime | None
    observed: dict[str, object] | None
    error: str | None


class Health(BaseModel):
    status: Literal["ok"] = "ok"
