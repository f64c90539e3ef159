"""What is sent and answered about reports."""

from datetime import datetime

from pydantic import BaseModel, Field

from balai.cases.model import Concern, Outcome, Subject
from balai.cases.receipts import ReportState
from balai.cases.reporting import TEXT_MAX
from balai.web.shapes import Number, Sent


class NewReport(Sent):
    """Positions belong to a moment; its seat may be left out: all voices are meant then."""

    subject: Subject
    concern: Concern
    text: str = Field("", max_length=2 * TEXT_MAX)
    language: str | None = Field(None, max_length=12)
    is_urgent: bool = False
    seat_id: str | None = Field(None, max_length=12)
    from_position: Number | None = None
    to_position: Number | None = None


class ReportView(BaseModel):
    """A report as its reporter sees it.

    `is_sealed`: the sound is kept as evidence. `something_done`: a measure was observed to be
    carried out; null before the decision. What was done to whom is told to nobody else.
    """

    id: str
    room_id: str
    room_title: str
    subject: Subject
    seat_id: str | None
    from_position: int | None
    to_position: int | None
    concern: Concern
    text: str
    is_urgent: bool
    is_sealed: bool
    at: datetime
    state: ReportState
    outcome: Outcome | None
    outcome_at: datetime | None
    something_done: bool | None


class ReportTaken(BaseModel):
    """The receipt is shown this once; with it the report is found without an account."""

    receipt: str
    report: ReportView
