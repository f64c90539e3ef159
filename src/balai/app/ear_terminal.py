"""What `balai ear` shows a person while it works: complaints, a progress bar, tables."""

import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

_REDRAW_S: Final = 0.1
_BAR: Final = 24


def complain(sentence: str) -> None:
    """Say on the error stream what went wrong with one thing; the work goes on."""
    print(f"balai: {sentence}", file=sys.stderr, flush=True)


@dataclass(slots=True)
class Progress:
    """One line that shows how far a long work has come; nothing when nobody watches."""

    total: int
    sound_s: float = 0.0
    done: int = 0
    is_shown: bool = field(default_factory=lambda: sys.stderr.isatty())
    _started: float = field(default_factory=time.monotonic)
    _drawn: float = 0.0

    def step(self, name: str, sound_s: float = 0.0) -> None:
        """Count one file."""
        self.done += 1
        self.sound_s += sound_s
        now = time.monotonic()
        if self.is_shown and (now - self._drawn > _REDRAW_S or self.done == self.total):
            self._drawn = now
            self._draw(name, now - self._started)

    def complain(self, sentence: str) -> None:
        """Say what went wrong, above the line."""
        self.clear()
        complain(sentence)

    def clear(self) -> None:
        """Take the line away."""
        if self.is_shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    def _draw(self, name: str, spent_s: float) -> None:
        filled = _BAR * self.done // max(self.total, 1)
        left_s = spent_s / self.done * (self.total - self.done)
        line = (
            f"[{'#' * filled}{'.' * (_BAR - filled)}] {self.done}/{self.total} files, "
            f"{hours(self.sound_s)} of sound, {clock(left_s)} left  {printable(name)}"
        )
        width = shutil.get_terminal_size().columns - 1
        print(f"\r\x1b[K{line[:width]}", end="", file=sys.stderr, flush=True)


def hours(seconds: float) -> str:
    """Write a duration as people say it."""
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < 3600 else f"{seconds / 3600:.1f} h"  # noqa: PLR2004


def clock(seconds: float) -> str:
    """Write a duration as minutes and seconds, with hours where there are any."""
    minutes, rest = divmod(round(seconds), 60)
    whole_hours, minutes = divmod(minutes, 60)
    return f"{whole_hours}:{minutes:02}:{rest:02}" if whole_hours else f"{minutes}:{rest:02}"


def size(count: float) -> str:
    """Write a number of bytes."""
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:  # noqa: PLR2004
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def counted(count: int, thing: str) -> str:
    """Write a number of things: 1 recording, 2 recordings."""
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def printable(text: str) -> str:
    """Make a name safe to show: no control characters reach the terminal."""
    return "".join(one if one.isprintable() else "?" for one in text)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Lay rows out in columns; the first row is the heading."""
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
