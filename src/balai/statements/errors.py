"""Why a statement of reasons cannot be issued, read or withdrawn."""

from collections.abc import Sequence

from balai.errors import Conflict, Invalid, NotFound

_SHOWN_MAX = 5


class StatementInvalid(Invalid):
    """This statement of reasons breaks a rule; the message names the field and the remedy."""

    def __init__(self, problems: Sequence[str] = ()) -> None:
        """Keep what is wrong, "field: remedy" each; the first five make the message."""
        self.problems = tuple(problems)
        super().__init__(" ".join(f"{one}." for one in self.problems[:_SHOWN_MAX]))


class StatementMissing(NotFound):
    """There is no such statement of reasons of yours."""


class StatementWithdrawn(Conflict):
    """This statement of reasons is already withdrawn."""
