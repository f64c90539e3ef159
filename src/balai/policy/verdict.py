"""What a policy says of a stretch of speech."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from balai.policy.clause import Effect
from balai.policy.matcher import Hit


class NotHeld(StrEnum):
    """Why a rule that asked for a hold did not get one."""

    NO_WORDS = "no_words"  # no phrase of its clause was found
    NOT_VETTED = "not_vetted"  # none that people reviewed was found in its own letters
    ENGINE = "engine"  # the recogniser may not hold in this language
    UNSURE = "unsure"  # the recogniser was not sure of every word of it


@dataclass(frozen=True, slots=True)
class Verdict:
    """What may be done about a stretch until a person decides, and why.

    `hits` has the words themselves: they belong into the case and into no log. `rule`, `clause`
    and `why` are those of the strongest effect; `priority` is the highest of all in `spoken`.
    """

    pack_hash: str
    effect: Effect = Effect.NONE
    priority: int = 0
    rule: str = ""
    clause: str = ""
    why: Mapping[str, str] = field(default_factory=dict)
    hits: tuple[Hit, ...] = ()
    spoken: tuple[str, ...] = ()  # every rule whose condition is true
    not_held_because: NotHeld | None = None
    silent_rules: tuple[str, ...] = ()  # rules whose condition could not be worked out
    hits_dropped: int = 0
    words_unread: int = 0
