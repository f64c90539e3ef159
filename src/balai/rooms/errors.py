"""Why something about a room cannot be done."""

from balai.errors import Conflict, Invalid, NotAllowed, NotFound, Unavailable


class RoomMissing(NotFound):
    """There is no such room, or it is not open to you."""


class SeatMissing(NotFound):
    """There is no such seat in this room."""


class HandMissing(NotFound):
    """There is no such raised hand in this room."""


class EffectMissing(NotFound):
    """There is no such effect in this room."""


class FlagMissing(NotFound):
    """There is no such flag in this room."""


class RestrictionMissing(NotFound):
    """There is no such restriction of yours."""


class RoomEnded(Conflict):
    """This room has ended."""


class RoomNotOnAir(Conflict):
    """This room is not on air."""


class RoomNotDraft(Conflict):
    """This room has already been opened."""


class HouseFull(Conflict):
    """This house has as many rooms on air as it can carry; try again when one has ended."""


class TooManyDrafts(Conflict):
    """You have prepared as many rooms as you may; open or end one of them first."""


class HandsLocked(Conflict):
    """The host takes no more hands at the moment; try again later."""


class TooManyHands(Conflict):
    """Too many hands are raised at the moment; try again shortly."""


class HandTooSoon(Unavailable):
    """Hands are slow in this room: raise yours again a little later."""

    def __init__(self, wait_s: int = Unavailable.retry_s) -> None:
        super().__init__(f"Hands are slow in this room: raise yours again in {wait_s} s.")
        self.retry_s = wait_s


class AlreadyOnStage(Conflict):
    """This person already has a seat on this stage."""


class StageSeatsTaken(Conflict):
    """Every seat on this stage is taken; somebody has to step down first."""


class NoDemonstration(Conflict):
    """This is not the demonstration room: nobody here is a recording."""


class SeatNotConnectable(Conflict):
    """This seat is not ready for the stage; go through the green room first."""


class SeatNotOnStage(Conflict):
    """This person is not on stage."""


class ConsentMissing(NotAllowed):
    """This room is recorded; who speaks in it has to agree to that."""


class ConsentWithdrawn(Conflict):
    """You withdrew your consent to this recording: listen here, or speak in another room."""


class NothingRecorded(Conflict):
    """Nothing of your voice is recorded in this room, so there is nothing to withdraw."""


class HostsOnly(NotAllowed):
    """Only the host and the co-hosts may do this; ask one of them."""


class HostOnly(NotAllowed):
    """Only the host may do this; ask them."""


class HostUntouchable(NotAllowed):
    """The host cannot be moved or cut by others; the host can step down or end the room."""


class Banned(NotAllowed):
    """You may not take part in this room at present; you can read why, and contest it."""


class ListenOnly(NotAllowed):
    """You may listen here and not speak for a while; your statement of reasons says why."""


class ShutOut(NotAllowed):
    """You may not use this house at present; you can read why, and appeal."""


class TicketRefused(NotAllowed):
    """This ticket for the stage is unknown, used or too old; ask for a new one."""


class ReasonMissing(Invalid):
    """A reason is needed: the person concerned is shown it."""


class EffectInvalid(Invalid):
    """A part of this effect is missing or does not belong to it; correct it."""


class AlreadyContested(Conflict):
    """You have already contested this; it is on record."""


class FlagDecided(Conflict):
    """Somebody has already decided about this flag; take the next one."""


class FlagUndecided(Conflict):
    """Decide about the flag first: it is not yet known whether what was held may air."""


class HeldMeanwhile(Conflict):
    """A rule of the house held this voice meanwhile; see its flag."""


class HeldIsConfirmed(Conflict):
    """What was held is confirmed and never airs; release the voice without it."""


class OwnFlag(NotAllowed):
    """A flag about your own voice is decided by another host or the operator."""


class DoneBySafety(NotAllowed):
    """The safety team holds or mutes this voice; only the safety team gives it back."""


class RulesOnlyHold(NotAllowed):
    """A rule of the house can hold a voice and nothing more; people decide the rest."""


class TokenUsed(Conflict):
    """Something else was sent with this token before; reload the page and press again."""


class TooManyWishes(Unavailable):
    """This room's worker has too much to do; try again in a few seconds."""
