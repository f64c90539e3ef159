"""Policy packs: what may not be said here, in one reviewed and versioned folder of files."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from balai.policy.clause import (
    ID_PATTERN,
    ID_REMEDY,
    TEXT_LETTERS_MAX,
    TITLE_LETTERS_MAX,
    Clause,
    Tongues,
    read_clauses,
)
from balai.policy.crowding import check_crowding
from balai.policy.errors import PackInvalid
from balai.policy.folder import PHRASES, PackFiles, hash_of, read_folder
from balai.policy.phrase import PhraseList, read_phrases
from balai.policy.reading import Node, parse
from balai.policy.rules import Rule, read_rules

LANGUAGES_MAX: Final = 32
PHRASES_MAX: Final = 50_000
_VERSION: Final = r"[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}"


@dataclass(frozen=True, slots=True)
class Pack:
    """One policy: its clauses, what is listened for by language, and its rules."""

    id: str
    version: str
    hash: str
    title: Mapping[str, str]
    description: Mapping[str, str]
    clauses: Mapping[str, Clause]
    lists: Mapping[str, PhraseList]
    rules: tuple[Rule, ...]

    @property
    def name(self) -> str:
        """What people call it: its id and version."""
        return f"{self.id} {self.version}"

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages it has phrases for."""
        return tuple(self.lists)


def load(folder: Path) -> Pack:
    """Read a pack from its folder and check it whole.

    Raises:
        PackMissing: there is no such folder.
        PackInvalid: something in it is wrong; the message names file, line and remedy.
    """
    return from_files(read_folder(folder))


def pack_hash(folder: Path) -> str:
    """Give the hash of a pack's folder; the pack need not be valid."""
    return hash_of(read_folder(folder))


def default_folder() -> Path:
    """Give the folder of the pack that comes with Balai."""
    return Path(__file__).parent / "packs" / "default"


@functools.cache
def shipped() -> Pack:
    """Give the pack that comes with Balai, read once."""
    return load(default_folder())


def from_files(files: PackFiles) -> Pack:
    """Make a pack of files that were read before."""
    root = parse("pack.yaml", files["pack.yaml"])
    fields = root.fields(("id", "version", "title", "description", "languages"))
    languages = _languages(fields["languages"], files)
    title = fields["title"].translated((), at_most=TITLE_LETTERS_MAX)
    tongues = Tongues(written=title, spoken=languages)
    clauses = read_clauses("clauses.yaml", files["clauses.yaml"], tongues)
    lists = _lists(files, languages, clauses)
    return Pack(
        id=fields["id"].matching(ID_PATTERN, ID_REMEDY),
        version=fields["version"].matching(_VERSION, "write three numbers, like 1.0.0"),
        hash=hash_of(files),
        title=title,
        description=fields["description"].translated(title, at_most=TEXT_LETTERS_MAX),
        clauses=clauses,
        lists=lists,
        rules=read_rules("rules.yaml", files["rules.yaml"], clauses=clauses, languages=title),
    )


def _languages(node: Node, files: PackFiles) -> list[str]:
    languages: list[str] = []
    for one in node.items(at_least=1, at_most=LANGUAGES_MAX):
        language = one.language()
        if language in languages:
            raise one.wrong(f"repeats {language}", "keep one")
        if _file_of(language) not in files:
            raise one.wrong(
                f"names {language}, which has no list", f"write {_file_of(language)}"
            )
        languages.append(language)
    known = {_file_of(language) for language in languages}
    for name in sorted(files):
        if name.startswith(PHRASES) and name.endswith(".yaml") and name not in known:
            raise PackInvalid(
                "its language is not among the pack's",
                file=name,
                remedy="add it to languages: in pack.yaml, or remove the file",
            )
    return languages


def _lists(
    files: PackFiles, languages: list[str], clauses: Mapping[str, Clause]
) -> dict[str, PhraseList]:
    lists: dict[str, PhraseList] = {}
    for language in languages:
        name = _file_of(language)
        lists[language] = read_phrases(name, files[name], language=language, clauses=clauses)
        if sum(len(one.phrases) for one in lists.values()) > PHRASES_MAX:
            raise PackInvalid(
                f"with this list the pack has more than {PHRASES_MAX:,} phrases",
                file=name,
                remedy="remove some",
            )
    check_crowding({_file_of(language): one.phrases for language, one in lists.items()})
    return lists


def _file_of(language: str) -> str:
    return f"{PHRASES}{language}.yaml"
