"""What stands on a case's timeline, part by part."""

from pydantic import BaseModel

from balai.cases.model import Concern
from balai.rooms.model import WatchState
from balai.rooms.views import FlagFacts, SpanView


class ReportTold(BaseModel):
    """What somebody reported; never who."""

    id: str
    subject: str
    concern: Concern
    text: str
    language: str
    is_urgent: bool
    weight: float


class LineTold(BaseModel):
    """A line of the transcript."""

    seat_id: str
    name: str
    text: str


class WrittenTold(BaseModel):
    """A line of the chat; `is_reported`: it, and not what stands around it.

    `is_taken`: hosts or the team took it out. `may_be_taken`: a decision on this case may say
    that it comes out, or stays out.
    """

    name: str
    text: str
    is_reported: bool
    is_taken: bool
    may_be_taken: bool


class GapTold(BaseModel):
    """A stretch that machines did not hear, and whose voice it was.

    `state` says what was not heard; its moment has no `to_position` while no end is known.
    """

    seat_id: str
    name: str
    state: WatchState
    why: str


class WordsTold(SpanView):
    """Words in which a rule of the policy recognised something."""

    text: str


class FlagTold(BaseModel):
    """A flag with its why.

    While the case is blind, what people decided about it, whether it still holds and which
    policy was in force (`pack_hash`, then empty) are hidden.
    """

    flag: FlagFacts
    words: list[WordsTold]


class MessageTold(BaseModel):
    """What the safety team or the house told the hosts; `about` as in the event `message`."""

    about: str
    text: str
