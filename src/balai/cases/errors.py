"""Why something about a report, a case or a decision cannot be done."""

from balai.errors import Conflict, Invalid, NotAllowed, NotFound


class TooLateToReport(Conflict):
    """This room ended too long ago to report it here; write to the house's contact point."""


class MomentInvalid(Invalid):
    """A report keeps at most two minutes of what was already heard; choose such a stretch."""


class TooManyReports(Conflict):
    """You have reported as much in this room as one person may; all of it is looked at."""


class RoomReportsFull(Conflict):
    """So much was reported here without an account that only people signed in can add to it."""


class ReceiptUnknown(NotFound):
    """There is no report with this receipt."""


class ReviewersOnly(NotAllowed):
    """Only the safety team of this house may do this."""


class ReviewerMissing(NotFound):
    """This person is not in the safety team."""


class TooManyLanguages(Invalid):
    """A reviewer names 32 languages at most; none at all means any."""


class CursorInvalid(Invalid):
    """This is no place in the queue; read it from the beginning."""


class CaseMissing(NotFound):
    """There is no such case."""


class JobMissing(NotFound):
    """There is no such job."""


class JobDone(Conflict):
    """This job is done already."""


class JobTaken(Conflict):
    """Somebody else is at work on this job."""


class NotYourJob(Conflict):
    """Claim this job first; a claim ends after ten minutes without a sign of life."""


class WrongJob(Conflict):
    """This job asks another question; answer the one that it asks."""


class TooManyClaims(Conflict):
    """You hold as many jobs as you may; decide one or give one back first."""


class OwnCase(NotAllowed):
    """This case is about you, a room of yours or something you reported; others decide it."""


class TookPart(NotAllowed):
    """You have decided in this case already; now somebody else has to."""


class CaseNotForYou(NotAllowed):
    """This case is in a language you do not understand, or of a theme you do not hear."""


class ShiftSpent(Conflict):
    """You have seen as much of this as one shift may hold; leave the rest to others."""


class LighterFirst(Conflict):
    """Five hard cases in a row are enough; take a lighter one before the next."""


class FirstViewNeeded(Conflict):
    """Say first what you think yourself; after that you see what was decided before."""


class FirstViewGiven(Conflict):
    """You have said already what you think yourself."""


class FindingInvalid(Invalid):
    """This decision lacks something, or has something that does not belong to it."""


class ClauseMissing(Invalid):
    """A violation names a clause of the policy in force; without one there is none."""


class FactsMissing(Invalid):
    """The facts are needed: the person concerned is told them."""


class DecisionMissing(NotFound):
    """There is no such decision, or not for you."""


class NotAppealable(Conflict):
    """This decision is not in force, so there is nothing to appeal against."""


class AlreadyAppealed(Conflict):
    """You have already appealed against this; it is on record."""


class AppealTooLate(Conflict):
    """More than six months have passed since this decision."""


class NothingFailed(Conflict):
    """Every effect of this case was carried out, or still is being carried out."""
