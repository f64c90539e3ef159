"""What was found when a ledger was verified, and the tree that is grown while doing so."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from balai.ledger.errors import LedgerDamaged
from balai.ledger.tree import Frontier

DAMAGE_MAX: Final = 20


class Damage(NamedTuple):
    """One thing that is not as it was entered or signed."""

    where: str
    entry: int | None
    what: str

    def sentence(self) -> str:
        """Say it in one line."""
        named = "" if self.entry is None else f" (entry {self.entry})"
        return f"{self.where}{named}: {self.what}"


@dataclass(slots=True)
class Report:
    """What a ledger is, and what is wrong with it: the first 20 things, the rest is counted."""

    origin: str = ""
    size: int = 0
    root: bytes = b""
    erased: int = 0
    damage: list[Damage] = field(default_factory=list)
    dropped: int = 0
    roots: dict[int, bytes] = field(default_factory=dict)  # at the sizes that were asked for
    unchecked: list[str] = field(default_factory=list)  # who signed too, with unknown keys

    def add(self, where: str, entry: int | None, what: str) -> None:
        """Note one more thing that is wrong."""
        if len(self.damage) < DAMAGE_MAX:
            self.damage.append(Damage(where, entry, what))
        else:
            self.dropped += 1

    def require_whole(self) -> None:
        """Make sure that nothing is wrong.

        Raises:
            LedgerDamaged: something is; the first of it is named.
        """
        if self.damage:
            more = len(self.damage) - 1 + self.dropped
            also = f" There are {more} more." if more else ""
            raise LedgerDamaged(
                f"{LedgerDamaged.sentence()} {self.damage[0].sentence()}.{also}"
            )

    def told(self) -> dict[str, Any]:
        """Give all of it for a program."""
        return {
            "whole": not self.damage,
            "origin": self.origin,
            "size": self.size,
            "root": self.root.hex(),
            "erased": self.erased,
            "unchecked": self.unchecked,
            "damage": [one._asdict() for one in self.damage],
            "damage_dropped": self.dropped,
        }


class Mark(NamedTuple):
    """A root that the tree must have at a size, and where that is written."""

    size: int
    root: bytes
    where: str


class Walk:
    """A tree grown entry by entry, held against what was signed about it."""

    def __init__(self, report: Report, marks: Collection[Mark], sizes: Collection[int] = ()):
        self.report = report
        self.frontier = Frontier()
        self.bad: list[int] = []  # entries that are known to be damaged
        self._marks = sorted(marks)
        self._sizes = {mark.size for mark in marks} | set(sizes)
        self.settle()

    @property
    def index(self) -> int:
        """The index of the next entry."""
        return self.frontier.size

    def add(self, where: str, index: int, what: str) -> None:
        """Note that an entry is damaged."""
        self.bad.append(index)
        self.report.add(where, index, what)

    def push(self, leaf: bytes) -> list[bytes]:
        """Add the next entry; give the nodes it completes."""
        return self.frontier.push(leaf)

    def settle(self) -> None:
        """Remember the root as it is now, when somebody asks for it."""
        if self.frontier.size in self._sizes:
            self.report.roots[self.frontier.size] = self.frontier.root()

    def finish(self) -> None:
        """Compare what is there with what was signed."""
        self.report.size, self.report.root = self.frontier.size, self.frontier.root()
        good = 0
        for mark in self._marks:
            if mark.size > self.frontier.size:
                self._miss(mark)
            elif self.report.roots[mark.size] == mark.root:
                good = mark.size
            elif not any(good <= index < mark.size for index in self.bad):
                told = f"one of the entries {good} to {mark.size - 1} is not what was signed"
                self.report.add(mark.where, None, told)

    def _miss(self, mark: Mark) -> None:
        told = f"it tells of {mark.size} entries, and only {self.frontier.size} are there"
        self.report.add(mark.where, None, told)
