"""What is sent and answered about reports."""

from pydantic import BaseModel, Field

from balai.cases.model import Concern, Subject
from balai.cases.receipts import ReportView
from balai.cases.reporting import TEXT_MAX
from balai.web.shapes import Number, Sent


class NewReport(Sent):
    """Positions belong to a moment; its seat may be left out: all voices are meant then.

    `line_id`: the line of the chat, of a report about one; it has no seat.

    `token`: made at random for this report; sent again with it, it is the same report.
    """

    subject: Subject
    concern: Concern
    text: str = Field("", max_length=2 * TEXT_MAX)
    language: str | None = Field(None, max_length=12)
    is_urgent: bool = False
    seat_id: str | None = Field(None, max_length=12)
    from_position: Number | None = None
    to_position: Number | None = None
    line_id: str | None = Field(None, max_length=12)
    token: str | None = Field(None, min_length=16, max_length=64)


class ReportTaken(BaseModel):
    """The receipt is shown this once; with it the report is found without an account."""

    receipt: str
    report: ReportView
