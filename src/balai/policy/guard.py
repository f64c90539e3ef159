"""What a hold needs, whatever a rule says."""

from collections.abc import Sequence
from typing import Final

from balai.policy.matcher import Hit, HitKind
from balai.policy.stretch import Stretch
from balai.policy.verdict import NotHeld

SURE_MIN: Final = 0.5


def refusal(hits: Sequence[Hit], stretch: Stretch) -> NotHeld | None:
    """Tell why a rule may not hold, from the hits of its clause; None when it may.

    It may on words that people reviewed, found in their own letters, every one of them heard
    surely by an engine that may hold; or when another detector suspects the same stretch.
    """
    if not hits:
        return NotHeld.NO_WORDS
    if stretch.ear.suspected:
        return None
    vetted = [hit for hit in hits if hit.phrase.vetted and hit.kind is HitKind.EXACT]
    if not vetted:
        return NotHeld.NOT_VETTED
    if not stretch.engine_may_hold:
        return NotHeld.ENGINE
    return None if any(hit.confidence >= SURE_MIN for hit in vetted) else NotHeld.UNSURE
