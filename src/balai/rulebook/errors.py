"""What can stand in the way of a policy pack."""

from balai.errors import Conflict, NotAllowed, NotFound


class NeedsAnother(NotAllowed):
    """A policy needs two people: somebody else must approve what you proposed."""


class NotTried(Conflict):
    """This policy was not tried on labelled rooms yet; try it first."""


class BudgetExceeded(Conflict):
    """This policy does more harm or work than the operator allows; narrow its rules."""


class AlreadyInForce(Conflict):
    """This policy is in force already; there is nothing left to do."""


class NothingBefore(Conflict):
    """There is no earlier policy to go back to: the one that came with Balai is in force."""


class ProposalMissing(NotFound):
    """Nobody has proposed this policy; propose it first."""
