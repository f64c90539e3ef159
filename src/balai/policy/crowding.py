"""Whether a pack's phrases can be told from each other at a cost that everybody can bear.

Speech is sieved first, and each phrase that passes is compared letter by letter. Many phrases
that are alike to the sieve, or of which each begins the next, would all be compared at every
word that anybody says.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from balai.policy.errors import PackInvalid
from balai.policy.near import COMPARED_MAX, rarest_words
from balai.policy.normal import spelled_form, tokens, whole_form
from balai.policy.phrase import Matching, Phrase

ALIKE_MAX: Final = 16
Tokens = tuple[str, ...]


def check_crowding(phrases: Mapping[str, Sequence[Phrase]]) -> None:
    """Check phrases, by the file in which they stand.

    Raises:
        PackInvalid: too many are alike; the message names the one that is too much.
    """
    read = [(file, one, tokens(one.text)) for file, listed in phrases.items() for one in listed]
    for form_of in (whole_form, spelled_form):
        _check_alike(read, form_of)
    _check_near(read)


def _check_alike(
    read: Iterable[tuple[str, Phrase, Tokens]], form_of: Callable[[Tokens], str]
) -> None:
    """Walk through the forms in their order: those that begin another come just before it."""
    forms = sorted(
        ((form_of(found), file, phrase) for file, phrase, found in read),
        key=lambda one: (one[0], one[1], one[2].line),
    )
    begun: list[str] = []
    for form, file, phrase in forms:
        while begun and not form.startswith(begun[-1]):
            begun.pop()
        begun.append(form)
        if len(begun) > ALIKE_MAX:
            raise PackInvalid(
                f"more than {ALIKE_MAX} phrases are like this one, or the beginning of it",
                file=file,
                line=phrase.line,
                remedy="keep those that say it in the fewest words",
            )


def _check_near(read: Iterable[tuple[str, Phrase, Tokens]]) -> None:
    fuzzy = [one for one in read if one[1].match is Matching.FUZZY]
    entries = {number: (one.language, found) for number, (_, one, found) in enumerate(fuzzy)}
    same: defaultdict[str, int] = defaultdict(int)
    for number, at in rarest_words(entries).items():
        file, phrase, found = fuzzy[number]
        same[found[at]] += 1
        if same[found[at]] > COMPARED_MAX:
            raise PackInvalid(
                f'more than {COMPARED_MAX} fuzzy phrases have "{found[at]}" as rarest word',
                file=file,
                line=phrase.line,
                remedy="write match: exact for some of them",
            )
