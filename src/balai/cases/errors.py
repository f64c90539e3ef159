"""Why something about a report, a case or a decision cannot be done."""

from balai.errors import Conflict, Invalid, NotAllowed, NotFound


class TooLateToReport(Conflict):
    """This room ended too long ago to report it here; write to the house's contact point."""


class MomentInvalid(Invalid):
    """A report keeps at most two minutes of what was already heard; choose such a stretch."""


class TooManyReports(Conflict):
    """You have reported as much in this room as one person may; all of it is looked at."""


class RoomReportsFull(Conflict):
    """Too much was reported here without an account this hour; sign in, or try again later."""


class ReceiptUnknown(NotFound):
    """There is no report with this receipt; look whether the whole link was copied."""


class ReviewersOnly(NotAllowed):
    """Only the safety team of this house may do this; ask its operator."""


class ReviewerMissing(NotFound):
    """This person is not in the safety team; appoint them first."""


class AlreadyReviewer(Conflict):
    """This person is in the safety team already; they choose their languages themselves."""


class TooManyLanguages(Invalid):
    """A reviewer names 32 languages at most; none at all means any."""


class CursorInvalid(Invalid):
    """This is no place in the queue; read it from the beginning."""


class CaseMissing(NotFound):
    """There is no such case; the queue shows what waits."""


class JobMissing(NotFound):
    """There is no such job; the queue shows what waits."""


class JobDone(Conflict):
    """This job is done already; take the next one."""


class JobTaken(Conflict):
    """Somebody else is at work on this job; take the next one."""


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
    """This case waits for a reviewer of its language or theme; take another one."""


class ShiftSpent(Conflict):
    """You have seen as much of this as one shift may hold; leave the rest to others."""


class LighterFirst(Conflict):
    """Five hard cases in a row are enough; take a lighter one before the next."""


class FirstViewNeeded(Conflict):
    """Say first what you think yourself; after that you see what was decided before."""


class FirstViewGiven(Conflict):
    """You have said already what you think yourself; now decide."""


class FindingInvalid(Invalid):
    """A part of this decision is missing or does not belong to it; correct it."""


class ClauseMissing(Invalid):
    """A violation names a clause of the policy in force; choose one."""


class FactsMissing(Invalid):
    """Say in a few words what happened: the person concerned is told it."""


class DecisionMissing(NotFound):
    """There is no such decision, or not for you."""


class NotAppealable(Conflict):
    """This decision is not in force, so there is nothing to appeal against."""


class WhyMissing(Invalid):
    """Say why in a few words: a person reads it."""


class AlreadyAppealed(Conflict):
    """You have already appealed against this; it is on record."""


class AppealTooLate(Conflict):
    """More than six months have passed since this decision; you can still go to court."""


class NothingFailed(Conflict):
    """Every effect of this case was carried out, or still is being carried out."""


class SeenBefore(NotAllowed):
    """You may know what was decided in this case; leave it to somebody who does not."""


class CaseMoved(Conflict):
    """Something was added to this case while you read; look at it, then answer."""


class OtherJobHeld(Conflict):
    """You hold another question of this case; answer it or give it back first."""


class PolicyGone(Conflict):
    """The policy by which this was proposed is gone; decide by the one in force instead."""


class StillFailed(Conflict):
    """Something decided was not done: try again, or an operator says what was done by hand."""


class CaseNotClosed(Conflict):
    """Only a closed case about what somebody said or did can be golden; choose one of those."""


class GoldenMissing(NotFound):
    """This case is not golden; read the list anew."""


class GoldenFull(Conflict):
    """There are 500 golden cases already; take one back first."""


class VoiceSilent(Conflict):
    """Nothing of this voice is in this piece of sound; choose another voice or piece."""
