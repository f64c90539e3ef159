"""`balai demo`: the demonstration's guests, and the jingle by which the ear is shown."""

import functools
import logging

import numpy as np

from balai.app import ear_segments
from balai.app.log import start_log
from balai.audio.blocks import RATE_HZ
from balai.catalogue import changing, queries
from balai.catalogue.changing import Membership
from balai.catalogue.folder import Catalogue
from balai.catalogue.recording import Action, Described
from balai.demo import jingle
from balai.demo.performance import hold_demonstration
from balai.detect.fingerprint.fingerprint import fingerprint
from balai.errors import BalaiError
from balai.settings import Settings

log = logging.getLogger(__name__)


def run(settings: Settings) -> None:
    """Perform until the room is closed."""
    start_log(settings)
    hold_demonstration(settings, before=functools.partial(list_jingle, settings))


def list_jingle(settings: Settings) -> None:
    """List the jingle in the house's catalogue, to be held, unless it is or was there.

    On failure: the demonstration goes on without it.
    """
    try:
        with Catalogue(settings.catalogue_path, create=True) as records:
            with records.reading() as session:
                is_known = queries.was_listed(session, jingle.IDENTIFIER)
            if not is_known:
                _add(records)
            ear_segments.bring_in_line(records)
    except (BalaiError, OSError):
        log.exception("the jingle could not be listed; the demonstration goes on without it")


def _add(records: Catalogue) -> None:
    sound = jingle.jingle().astype(np.float32) / np.float32(32_768)
    made = fingerprint(sound, RATE_HZ)
    described = Described(
        identifier=jingle.IDENTIFIER,
        fingerprint=made.to_bytes(),
        duration_ms=round(made.duration_s * 1000),
        title=jingle.TITLE,
        category=jingle.CATEGORY,
        source="Balai",
        licence="Apache-2.0",
    )
    with records.transaction() as session:
        changing.add(session, described, membership=Membership(Action.HOLD))
