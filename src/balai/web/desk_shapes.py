"""The shapes of the live desk: what it shows, and what the safety team asks for."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from balai.rooms.duty import DUTY_HOURS_MAX
from balai.rooms.hands import SLOW_S_MAX
from balai.rooms.overview import DeskRecord
from balai.rooms.restrictions import REASON_MAX
from balai.rooms.safety import MESSAGE_MAX
from balai.rooms.shift_notes import NOTE_MAX
from balai.web.shapes import Sent


class DeskPhrase(BaseModel):
    """Words of one voice, before they air and shortly after.

    Seconds count from when the room went on air. `marks`: from which letter to which a rule of
    the policy speaks of; `title` and `why` are its sentences by language. `dumped`: erased.
    """

    n: int
    text: str
    from_s: float
    to_s: float
    marks: list[tuple[int, int]]
    dumped: bool = False
    clause: str | None = None
    title: dict[str, str] = {}
    why: dict[str, str] = {}


class DeskCourse(BaseModel):
    """What became of a voice: it aired from `known_from_s` to `passed_to_s`, but for `never`.

    Seconds since the room went on air; of what was said before `known_from_s` nothing is known
    any more. `never`: stretches that were kept from air, or will be because they were erased.
    """

    known_from_s: float
    passed_to_s: float
    never: list[tuple[float, float]]


class DeskVoice(BaseModel):
    """A voice at this moment: level 0 (-60 dBFS) to 100 (-6 dBFS); `held_s`: kept back.

    `course` is null for a voice of which no words are shown.
    """

    level: int
    speaking: bool
    held_s: float | None
    course: DeskCourse | None = None


class HeardVoice(DeskVoice):
    """A voice as the worker tells it, with its last phrases."""

    phrases: list[DeskPhrase]


class HeardRoom(BaseModel):
    """A room as the worker tells it."""

    position_s: float
    aired_to_s: float
    delay_s: float
    voices: dict[str, HeardVoice]


class Heard(BaseModel):
    """What the worker tells of all rooms; `words_left_out`: of so many rooms not."""

    rooms: dict[str, HeardRoom]
    words_left_out: int = 0


class DeskGauge(BaseModel):
    """A room's delay line: the hall hears `aired_to_s`, the stage is at `position_s`."""

    position_s: float
    aired_to_s: float
    delay_s: float
    voices: dict[str, DeskVoice]


class DeskRoom(BaseModel):
    """A room on air; in a change, what did not change is missing.

    `gauge` and `words` (last phrases by seat, oldest first) are null while the worker is away;
    a room for invited people shows no words.
    """

    id: str
    record: DeskRecord
    gauge: DeskGauge | None
    words: dict[str, list[DeskPhrase]] | None


class OnDuty(BaseModel):
    """Somebody of the safety team who watches the house."""

    person_id: str
    name: str
    until_at: datetime


class NoteView(BaseModel):
    """What one shift left to the next."""

    id: str
    text: str
    by_name: str
    at: datetime


class NoteAsked(Sent):
    text: str = Field(max_length=2 * NOTE_MAX)


class DutyView(BaseModel):
    """Who is on duty; `required`: a public room opens only while somebody is.

    `notes`: of the last seven days for the next shift, the newest first; twenty at most.
    """

    required: bool
    people: list[OnDuty]
    notes: list[NoteView]


class DeskView(BaseModel):
    """Every room on air at one moment; `at` in milliseconds since 1970.

    `dropped`: changes that this watcher missed because it was too slow.
    """

    at: int
    worker_away: bool
    words_left_out: int
    dropped: int
    duty: DutyView
    rooms: list[DeskRoom]


class DutyAsked(Sent):
    """For how long from now; 0 ends it."""

    hours: float = Field(ge=0, le=DUTY_HOURS_MAX)


class WithReason(Sent):
    reason: str = Field(max_length=2 * REASON_MAX)


class HandsAsked(WithReason):
    locked: bool


class SlowAsked(WithReason):
    """Seconds that one person waits between two hands, or two lines of the chat; 0 ends it."""

    slow_s: int = Field(ge=0, le=SLOW_S_MAX)


class HostMessage(Sent):
    text: str = Field(max_length=2 * MESSAGE_MAX)


class ListenIn(BaseModel):
    """Where a room's programme is, as the hall hears it; null while there is none."""

    playlist_url: str | None
    low_latency_url: str | None


class MonitorAsked(WithReason):
    """Why, and an SDP offer that only receives: one audio section with Opus."""

    offer: str


class MonitorView(BaseModel):
    """The SDP answer; until when it lasts, then one says anew why."""

    answer: str
    until_at: datetime


class TakenOver(BaseModel):
    seat_id: str


class EndView(BaseModel):
    """`asked`: it waits for a second person until then; `ending`: it is being ended."""

    state: Literal["asked", "ending"]
    until_at: datetime | None
