"""A stretch of speech as it is judged: its words and what is known around them."""

from dataclasses import dataclass
from typing import Final

WORDS_MAX: Final = 500  # what follows in a longer stretch is not read, and the verdict says so
CONTEXT_WORDS: Final = 12  # of the utterance before: a phrase may be cut in two
CONTEXT_GAP_S: Final = 2.0  # after a longer pause none of them


@dataclass(frozen=True, slots=True)
class Heard:
    """One word as a recogniser heard it, and how sure it is: 0 to 1."""

    text: str
    confidence: float

    @property
    def sureness(self) -> float:
        """The confidence, within 0 to 1; what is no number is not sure at all."""
        return min(float(self.confidence), 1.0) if self.confidence >= 0 else 0.0


@dataclass(frozen=True, slots=True)
class SpeakerSoFar:
    """What was seen of the speaker in this room before."""

    flags_before: int = 0
    holds_before: int = 0
    minutes_on_stage: float = 0.0


@dataclass(frozen=True, slots=True)
class RoomSoFar:
    """What was seen of the room before."""

    flags_before: int = 0
    openness: str = ""
    minutes_on_air: float = 0.0


@dataclass(frozen=True, slots=True)
class Ear:
    """What another detector says of the same stretch; whoever confirms also suspects."""

    suspected: bool = False
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Stretch:
    """What one voice said in a few seconds.

    The first `context_words` words belong to the utterance before: a phrase may begin there,
    but what lies wholly in them was judged already. `language_identified` says that the engine
    guessed the language because nobody had named it; then, as when it is "", every list of the
    pack is listened for. `audience` is how many listen now; None: nobody knows, and then a rule
    that cannot be worked out without it stays silent.
    """

    words: tuple[Heard, ...]
    context_words: int = 0
    language: str = ""
    language_identified: bool = False
    engine: str = ""
    engine_may_hold: bool = False
    speaker: SpeakerSoFar = SpeakerSoFar()
    room: RoomSoFar = RoomSoFar()
    audience: int | None = None
    ear: Ear = Ear()

    @property
    def confidence(self) -> float:
        """The mean of all words; 0 when there are none."""
        count = len(self.words)
        return sum(word.sureness for word in self.words) / count if count else 0.0
