"""`balai models`: list, fetch, place and remove speech models."""

import shutil
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from balai.app.ear_terminal import complain, printable, size, table
from balai.detect.speech.models import CATALOGUE, HUB, Model, fetch, place, present, remove
from balai.errors import Invalid
from balai.settings import Settings

HERE: Final = Path()
_REDRAW_S: Final = 0.1
_BAR: Final = 24


class ModelNameMissing(Invalid):
    """Say which speech model; `balai models list` names them."""


def run(
    settings: Settings, *, action: str, name: str = "", source: Path = HERE, yes: bool = False
) -> None:
    """Do what was asked; end with status 1 when consent was not given."""
    folder = settings.data / "models"
    if action == "list":
        print(_listed(folder))
        return
    if not name:
        raise ModelNameMissing
    if action == "remove":
        remove(name, folder)
        print(f"{printable(name)} is removed.")
    elif action == "place":
        place(name, source, folder)
        print(_can_be_chosen(name))
    elif _fetch(name, folder, is_consented=yes) is None:
        sys.exit(1)


def _fetch(name: str, folder: Path, *, is_consented: bool, base_url: str = HUB) -> Path | None:
    """Ask, fetch and show how far it is; None: the person does not want it."""
    model = CATALOGUE.get(name)
    if model is not None and not (is_consented or _is_wanted(model, base_url)):
        return None
    bar = _Bar()
    try:
        fetched = fetch(name, folder, consent=True, progress=bar.show, base_url=base_url)
    finally:
        bar.clear()
    print(_can_be_chosen(name))
    return fetched


def _can_be_chosen(name: str) -> str:
    return f"{name} is here: whisper:{name} can be chosen now."


def _is_wanted(model: Model, base_url: str) -> bool:
    said = f"{model.name}: about {size(model.about_bytes)} from {base_url}/{model.repository}"
    if not sys.stdin.isatty():
        complain(f"{said}; nothing was fetched, say --yes to do it")
        return False
    print(f"{said}. The hub learns that this address asks for it.", file=sys.stderr)
    try:
        return input("Fetch it? [y/N] ").strip().lower() in {"y", "yes"}
    except EOFError:
        return False


def _listed(folder: Path) -> str:
    here = present(folder)
    rows = [
        (printable(name), size(count), "here", f"whisper:{printable(name)}")
        for name, count in here.items()
    ]
    rows += [
        (model.name, f"about {size(model.about_bytes)}", "can be fetched", model.repository)
        for model in CATALOGUE.values()
        if model.name not in here
    ]
    return table([("model", "size", "", "choose it as, or fetch it from"), *rows])


@dataclass(slots=True)
class _Bar:
    """One line on the error stream; nothing when nobody watches."""

    is_shown: bool = field(default_factory=lambda: sys.stderr.isatty())
    _drawn: float = 0.0

    def show(self, file: str, done: int, total: int) -> None:
        now = time.monotonic()
        if not self.is_shown or (now - self._drawn < _REDRAW_S and done < total):
            return
        self._drawn = now
        filled = _BAR * done // max(total, 1)
        bar = "#" * filled + "." * (_BAR - filled)
        line = f"[{bar}] {size(done)} of {size(total)}  {printable(file)}"
        width = shutil.get_terminal_size().columns - 1
        print(f"\r\x1b[K{line[:width]}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        if self.is_shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
