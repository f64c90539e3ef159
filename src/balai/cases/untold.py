"""From when on a reporter is told what becomes of a report, so that nobody learns of others.

Whoever is reported can report the same themselves. If the answer said that the case is looked
at, or was decided, it would say that somebody had reported it before. So:

- Who opened a case is told at once what becomes of it.
- Who joins one reads "received" for 10 to 30 minutes, whatever happens to it meanwhile.
- An outcome that was there before the report is told after one to two days, as if somebody had
  looked at it since.

How long exactly is drawn from the ids of case and report, of which no reporter knows both: what
is told after a fixed time would say why it was not told before.
"""

from datetime import datetime, timedelta
from typing import Final

from balai.cases.model import Case, Report
from balai.clock import now
from balai.people.keys import digest

JOINED: Final = timedelta(minutes=10)
JOINED_MORE: Final = timedelta(minutes=20)
DECIDED_BEFORE: Final = timedelta(days=1)
DECIDED_BEFORE_MORE: Final = timedelta(days=1)
_SHARES: Final = 2**32


def progress_from(report: Report, case_opened_at: datetime) -> datetime:
    """Tell from when on a reporter may read that somebody looks at their report."""
    if report.at <= case_opened_at:
        return report.at
    return report.at + JOINED + _drawn(report) * JOINED_MORE


def outcome_from(report: Report, case: Case) -> datetime:
    """Tell from when on a reporter may read what is decided now; what is hidden stays so."""
    hidden = report.outcome_at or report.at
    return max(now(), progress_from(report, case.opened_at), hidden)


def outcome_before_from(report: Report) -> datetime:
    """Tell from when on a reporter may read what was decided before they reported."""
    return report.at + DECIDED_BEFORE + _drawn(report) * DECIDED_BEFORE_MORE


def is_told(report: Report) -> bool:
    """Tell whether the reporter may read by now what was decided."""
    return report.outcome_at is not None and report.outcome_at <= now()


def _drawn(report: Report) -> float:
    """Draw between 0 and 1, always the same for a report."""
    drawn = digest(f"told:{report.case_id}:{report.id}")[:8]
    return int(drawn, 16) / _SHARES
