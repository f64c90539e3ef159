"""Keys for words that sound alike, by language; a language without rules has none.

English: Metaphone. Indonesian: the old spellings and the sounds that speakers and recognisers
mix up, folded in this order:

- spelling before 1972: oe→u, dj→j, tj→c, sj→sy, nj→ny, ch→kh;
- loans: kh→k, gh→g, sy→s, dz→z, z→j, x→ks, q→k, v and f→p;
- ai at the end→e, au at the end→o (sampai, sampe; kalau, kalo);
- h at the beginning dropped (hutang, utang); k and h at the end dropped;
- at the end b→p, d→t, g→k (ng stays);
- a doubled letter counts once.

Source: L. Philips, "Hanging on the Metaphone", 1990 (through jellyfish); Ejaan Yang
    Disempurnakan, Presidential Decision 57 of 1972.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import groupby
from typing import Final

import jellyfish

KEY_LETTERS_MIN: Final = 3
_CACHED: Final = 65_536
_INDONESIAN: Final = tuple(
    (re.compile(pattern), by)
    for pattern, by in (
        ("oe", "u"),
        ("dj", "j"),
        ("tj", "c"),
        ("sj", "sy"),
        ("nj", "ny"),
        ("ch|kh", "k"),
        ("gh", "g"),
        ("sy", "s"),
        ("dz|z", "j"),
        ("x", "ks"),
        ("q", "k"),
        ("[vf]", "p"),
        ("ai$", "e"),
        ("au$", "o"),
        ("^h", ""),
        ("[kh]+$", ""),
        ("b$", "p"),
        ("d$", "t"),
        ("(?<!n)g$", "k"),
    )
)


@lru_cache(_CACHED)
def key(language: str, token: str) -> str:
    """Give the key of a normalised token; "" when it has none that tells it from others."""
    by = _KEYS.get(language.partition("-")[0])
    if by is None or not (token.isascii() and token.isalpha()):
        return ""
    made = by(token)
    return made if len(made) >= KEY_LETTERS_MIN else ""


def _english(token: str) -> str:
    return jellyfish.metaphone(token)


def _indonesian(token: str) -> str:
    for pattern, by in _INDONESIAN:
        token = pattern.sub(by, token)
    return "".join(letter for letter, _ in groupby(token))


_KEYS: Final[Mapping[str, Callable[[str], str]]] = {"en": _english, "id": _indonesian}
