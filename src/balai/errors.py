"""Six kinds of error, named by what the caller can do.

The first line of a class's docstring is the sentence a person reads; `code` is stable and
listed in docs/errors.md. Only `web/errors.py` turns kinds into HTTP status codes.
"""

import re


class BalaiError(Exception):
    """Something went wrong in Balai."""

    kind = "unavailable"

    def __init__(self, detail: str = "") -> None:
        """Keep an optional detail, e.g. which field is wrong: no speech, no secret."""
        super().__init__(detail or self.sentence())
        self.detail = detail

    @classmethod
    def code(cls) -> str:
        """Give the stable code, e.g. `stage_full` for `StageFull`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    @classmethod
    def sentence(cls) -> str:
        """Give the sentence shown to a person."""
        return (cls.__doc__ or "").strip().splitlines()[0]


class Invalid(BalaiError):
    """What was sent is not valid; correct it and send it again."""

    kind = "invalid"


class NotAllowed(BalaiError):
    """You may not do this; ask somebody who may."""

    kind = "not_allowed"


class NotFound(BalaiError):
    """This does not exist, or not for you."""

    kind = "not_found"


class Conflict(BalaiError):
    """This does not fit the present state; reload, look again and choose anew."""

    kind = "conflict"


class Unavailable(BalaiError):
    """This does not work right now; try again shortly."""

    kind = "unavailable"
    retry_s = 5  # when it is worth another try


class Tampered(BalaiError):
    """Stored data was changed from outside; stop and tell a person."""

    kind = "tampered"
