"""Tables of letters: which look alike, which stand for each other, which are one in Arabic."""

from typing import Final

# Letters that fold to others and that Unicode does not take apart by itself.
LATIN: Final = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe"}
    | {"þ": "th", "ŧ": "t", "ɡ": "g", "ɑ": "a", "ŋ": "ng", "ĸ": "k", "ſ": "s", "ɩ": "i"}
)

# Look-alikes of Latin letters, in the case in which they look alike; used in mixed words only.
LOOKALIKE: Final = str.maketrans(
    # Cyrillic
    dict(zip("авеёкмнорстухіїјѕԁԛԝһ", "abeekmhopctyxiijsdqwh", strict=True))
    | dict(zip("АВЕЁКМНОРСТУХІЇЈЅԌԚԜҺ", "abeekmhopctyxiijsgqwh", strict=True))
    # Greek
    | dict(zip("αβγεικνορτυχωϲϳ", "abyeikvoptuxwcj", strict=True))
    | dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "abezhikmnoptyx", strict=True))
)

# Cyrillic and Greek words by sound.
# Source: after ISO 9 and ISO 843, without their marks and with digraphs as spoken.
SOUND: Final = str.maketrans(
    dict(zip("абвгдезийклмнопрстуфхцыэіїјѕ", "abvgdeziiklmnoprstufhcyeiijs", strict=True))
    | {"ё": "e", "ж": "zh", "ч": "ch", "ш": "sh", "щ": "sh", "ю": "yu", "я": "ya"}
    | {"ъ": "", "ь": "", "ґ": "g", "є": "ye", "ў": "u", "ђ": "dj", "љ": "lj", "њ": "nj"}
    | {"ћ": "c", "џ": "dz", "қ": "k", "ғ": "g", "ң": "ng", "ү": "u", "ұ": "u", "ө": "o"}
    | {"һ": "h", "ә": "a"}
    | dict(zip("αβγδεζηικλμνξοπρσςτυφω", "abgdeziiklmnxoprsstufo", strict=True))
    | {"θ": "th", "χ": "ch", "ψ": "ps"}
)

# One letter in several forms. Vowels are not written, so nothing is turned into Latin letters.
ARABIC: Final = str.maketrans(
    dict.fromkeys("أإآٱ", "ا")
    | dict.fromkeys("ىیېےئ", "ي")
    | dict.fromkeys("کڪ", "ك")
    | dict.fromkeys("ةہۀەھ", "ه")
    | {"ؤ": "و", "ۇ": "و", "ـ": "", "ء": ""}
)

# What a digit or sign stands for inside a word that also has letters.
SIGNS: Final = {
    "0": "o",
    "1": "il",
    "2": "z",
    "3": "e",
    "4": "a",
    "5": "s",
    "6": "gb",
    "7": "t",
    "8": "b",
    "9": "g",
    "@": "a",
    "$": "s",
    "!": "il",
    "|": "il",
    "+": "t",
    "€": "e",
}

# One letter for all that can stand for each other: a first sieve, never an answer.
SIEVE: Final = str.maketrans(dict(zip("01234567!|+89@$€lg", "oizeasbtiitbbaseib", strict=True)))

# Marks over and under letters, no letters themselves; in other scripts they are vowels.
MARK_RANGES: Final = (
    (0x0300, 0x036F),
    (0x0591, 0x05C7),
    (0x0610, 0x061A),
    (0x064B, 0x065F),
    (0x0670, 0x0670),
    (0x06D6, 0x06ED),
    (0x08D3, 0x08FF),
    (0x1AB0, 0x1AFF),
    (0x1DC0, 0x1DFF),
    (0x20D0, 0x20FF),
    (0xFE00, 0xFE0F),
    (0xFE20, 0xFE2F),
    (0xE0100, 0xE01EF),
)
