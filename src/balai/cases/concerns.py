"""What a flag is about in the words of a report's form, and how much it weighs."""

from collections.abc import Mapping
from typing import Final

from balai.cases.model import Concern
from balai.cases.weighing import Raised
from balai.rooms.model import Flag, FlagKind, FlagStage, FlagState

# The clauses of the pack that comes with Balai. Other packs are read by their categories.
_BY_CLAUSE: Final[Mapping[str, Concern]] = {
    "threats": Concern.THREAT,
    "incitement": Concern.HATE,
    "abuse-origin": Concern.HATE,
    "abuse-faith": Concern.HATE,
    "abuse-gender": Concern.HATE,
    "abuse-body": Concern.HATE,
    "glorification": Concern.TERROR,
    "recruitment": Concern.TERROR,
    "doxxing": Concern.PRIVATE,
    "danger": Concern.DANGER,
}
# Categories of the European database of statements.
_BY_CATEGORY: Final[Mapping[str, Concern]] = {
    "STATEMENT_CATEGORY_VIOLENCE": Concern.THREAT,
    "STATEMENT_CATEGORY_RISK_FOR_PUBLIC_SECURITY": Concern.TERROR,
    "STATEMENT_CATEGORY_ILLEGAL_OR_HARMFUL_SPEECH": Concern.HATE,
    "STATEMENT_CATEGORY_DATA_PROTECTION_AND_PRIVACY_VIOLATIONS": Concern.PRIVATE,
    "STATEMENT_CATEGORY_CYBER_VIOLENCE": Concern.HARASSMENT,
    "STATEMENT_CATEGORY_CYBER_VIOLENCE_AGAINST_WOMEN": Concern.HARASSMENT,
    "STATEMENT_CATEGORY_PROTECTION_OF_MINORS": Concern.CHILD,
    "STATEMENT_CATEGORY_SELF_HARM": Concern.DANGER,
}
# What lists of recordings call their categories is free text; the first word that fits counts.
_BY_WORD: Final = (
    ("child", Concern.CHILD),
    ("minor", Concern.CHILD),
    ("terror", Concern.TERROR),
    ("extremis", Concern.TERROR),
    ("recruit", Concern.TERROR),
    ("execution", Concern.TERROR),
    ("threat", Concern.THREAT),
    ("hate", Concern.HATE),
    ("chant", Concern.HATE),
)
# A recording is recognised surely; a phrase means what was said around it.
_WEIGHT: Final[Mapping[tuple[FlagKind, FlagStage], float]] = {
    (FlagKind.EAR, FlagStage.CONFIRMED): 0.9,
    (FlagKind.EAR, FlagStage.SUSPECTED): 0.4,
    (FlagKind.WORDS, FlagStage.CONFIRMED): 0.7,
    (FlagKind.WORDS, FlagStage.SUSPECTED): 0.4,
}
SUREST: Final = max(_WEIGHT.values())
_LET_GO: Final = 0.1  # a person said it is harmless; they may be wrong, or of one mind with it


def concern_of(flag: Flag) -> Concern:
    """Tell what a flag is about."""
    clause = (flag.policy or {}).get("clause")
    if flag.kind is FlagKind.WORDS:
        known = _BY_CLAUSE.get(str(clause)) or _BY_CATEGORY.get(flag.category)
        return known or Concern.OTHER
    category = flag.category.casefold()
    return next((concern for word, concern in _BY_WORD if word in category), Concern.OTHER)


def raised_of(flag: Flag) -> Raised:
    """Give a flag as it weighs at this moment."""
    let_go = flag.state is FlagState.RELEASED
    weight = _LET_GO if let_go else _WEIGHT[flag.kind, flag.stage]
    return Raised(concern_of(flag), weight, flag.kind, holds=flag.holds)
