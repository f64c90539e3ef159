"""Small policy packs, made by code."""

from pathlib import Path
from typing import Final

from balai.policy.stretch import Heard, Stretch

PACK: Final = """\
id: small
version: 1.0.0
title: {en: Small, id: Kecil}
description: {en: For tests., id: Untuk uji.}
languages: [en, id, mul]
"""
CLAUSES: Final = """\
- id: threats
  title: {en: Threats, id: Ancaman}
  text: {en: Do not threaten., id: Jangan mengancam.}
  grounds: [caste, religious-affiliation]
  statement:
    category: STATEMENT_CATEGORY_VIOLENCE
    keywords: [KEYWORD_HATE_SPEECH]
    ground: DECISION_GROUND_INCOMPATIBLE_CONTENT
  effects: [priority, notice, delay, hold]
  examples:
    - {text: kill all of them, language: en, kind: use}
    - {text: "he said: kill all of them", language: en, kind: report, note: Reported.}
- id: insults
  title: {en: Insults, id: Hinaan}
  text: {en: Do not insult., id: Jangan menghina.}
  statement:
    category: STATEMENT_CATEGORY_ILLEGAL_OR_HARMFUL_SPEECH
    ground: DECISION_GROUND_ILLEGAL_CONTENT
  effects: [priority, notice]
  examples:
    - {text: kamu bangsat, language: id, kind: use}
    - {text: the class is skilled, language: en, kind: harmless}
"""
ENGLISH: Final = """\
frames: [he said, "they wrote:"]
negations: [do not, don't, never]
phrases:
  - {text: kill all of them, clause: threats, severity: 4, vetted: true, match: exact}
  - {text: burn it down, clause: threats, severity: 3}
  - {text: subhuman filth, clause: insults, severity: 3, match: fuzzy, note: Rare words.}
  - {text: ass, clause: insults, severity: 1}
"""
INDONESIAN: Final = """\
frames: [katanya]
negations: [jangan]
phrases:
  - {text: bunuh mereka, clause: threats, severity: 4, vetted: true}
  - {text: bangsat, clause: insults, severity: 2, match: fuzzy}
  - {text: rampok hartanya, clause: threats, severity: 4, vetted: true, match: fuzzy}
"""
EVERYWHERE: Final = """\
phrases:
  - {text: sieg heil, clause: insults, severity: 3}
"""
RULES: Final = """\
- id: threat-vetted
  clause: threats
  when: hits.exists(h, h.vetted && h.severity >= 4 && !h.framed && !h.negated)
  effect: hold
  priority: 90
  why: {en: A threat., id: Sebuah ancaman.}
- id: threat-said
  clause: threats
  when: size(hits) > 0
  effect: notice
  priority: 40
  why: {en: Threatening words were said., id: Kata yang mengancam.}
- id: insult
  clause: insults
  when: hits.exists(h, h.severity >= 2 && confidence > 0.3)
  effect: priority
  priority: 20
  why: {en: An insult., id: Sebuah hinaan.}
"""
FILES: Final = {
    "pack.yaml": PACK,
    "clauses.yaml": CLAUSES,
    "rules.yaml": RULES,
    "phrases/en.yaml": ENGLISH,
    "phrases/id.yaml": INDONESIAN,
    "phrases/mul.yaml": EVERYWHERE,
}


def encoded(**changed: str) -> dict[str, bytes]:
    """Give the files of the small pack, some of them changed: `clauses=…`, `en=…`."""
    named = {Path(name).stem: name for name in FILES}
    return {
        name: text.encode()
        for name, text in (
            FILES | {named[stem]: text for stem, text in changed.items()}
        ).items()
    }


def written(folder: Path, files: dict[str, bytes] | None = None) -> Path:
    """Write a pack's files."""
    for name, data in (files or encoded()).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def heard(text: str, confidence: float = 1.0) -> tuple[Heard, ...]:
    """Give a text as words heard."""
    return tuple(Heard(word, confidence) for word in text.split())


def stretch(text: str, *, confidence: float = 1.0, **known: object) -> Stretch:
    """Give a text as a stretch that an engine which may hold has heard."""
    fields = {"language": "en", "engine": "test", "engine_may_hold": True} | known
    return Stretch(words=heard(text, confidence), **fields)  # type: ignore[arg-type]
