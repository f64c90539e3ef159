"""What can stand in the way of a policy pack."""

from balai.errors import Conflict, NotAllowed, NotFound


class NeedsAnother(NotAllowed):
    """A policy needs two people: somebody else must approve what you proposed."""


class NotTried(Conflict):
    """This policy was not tried on labelled rooms yet; try it first."""


class BudgetExceeded(Conflict):
    """This policy would do more harm or make more work than the operator allows."""


class AlreadyInForce(Conflict):
    """This policy is in force already."""


class NothingBefore(Conflict):
    """There is no earlier policy to go back to: the one that came with Balai is in force."""


class ProposalMissing(NotFound):
    """Nobody has proposed this policy."""
