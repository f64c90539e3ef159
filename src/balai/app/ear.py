"""`balai ear`: known recordings, in files and in catalogues; each verb has its module."""

import importlib
import os
import sys
from pathlib import Path
from typing import Any, Final

from balai.settings import Settings

# A verb pays for what it needs: only some need the sound.
_MODULES: Final = {
    "index": "ear_index",
    "match": "ear_match",
    "calibrate": "ear_calibrate",
    "list": "ear_lists",
    "key": "ear_keys",
    "withdraw": "ear_records",
    "opinion": "ear_records",
    "stats": "ear_records",
}


def run(settings: Settings, *, verb: str, **options: Any) -> None:
    """Do what was asked; end with status 1 when something of it could not be done."""
    if "catalogue" in options:
        options["catalogue"] = options["catalogue"] or catalogue_folder(settings)
    name = "_".join(filter(None, (verb, options.pop("kind", None))))
    module = importlib.import_module(f"balai.app.{_MODULES[verb]}")
    try:
        is_done = getattr(module, f"run_{name}")(**options)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read our lines has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    if not is_done:
        sys.exit(1)


def catalogue_folder(settings: Settings) -> Path:
    """Name the folder of the house's own catalogue."""
    return settings.data / "catalogue"
