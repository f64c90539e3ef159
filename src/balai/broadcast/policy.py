"""What a room does by itself when a detector recognises something, and how that is recorded.

There are two things: hold the voice, when the recording is confirmed and listed for holding;
and lengthen the room's delay on a suspicion, when the operator wants that. The mixer acts
before anything is written down. Everything else is a flag for people.
"""

import functools
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from balai.broadcast import by_rule
from balai.broadcast.by_rule import Because, Done
from balai.broadcast.effects import OnAir
from balai.catalogue import queries
from balai.catalogue.errors import CatalogueMissing
from balai.catalogue.folder import Catalogue
from balai.catalogue.recording import Action
from balai.database import Database
from balai.detect.wire import Recognised
from balai.errors import Invalid, Tampered
from balai.rooms import flags
from balai.rooms.flags import Playing, Seen
from balai.rooms.model import FlagStage, Seat
from balai.settings import Settings

_NAME_MAX: Final = 120

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Listed:
    """What the catalogue says about a recording."""

    recording_id: str
    title: str
    category: str
    list_name: str
    action: Action


class Policy:
    """Answers detectors. Knows the catalogue; keeps nothing between two answers.

    On failure: a catalogue that is busy is asked again (`Records.insist`); while it is damaged,
    nothing is held and nothing flagged, and the log says so. What plays on is asked about again
    every few seconds.
    """

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings = settings
        self._database = database

    def look_up(self, seen: Recognised) -> tuple[Listed | None, bool]:
        """Read what is listed about a recording, and whether a rule may hold for it.

        Of several lists that know the same sound, one that holds counts most. Who has no seat
        in that room is nobody: a detector may be broken.
        """
        ids = (seen.recording_id, *seen.alike)
        listed = _listed(self._settings.catalogue_path, ids)
        with self._database.reading() as session:
            seat = session.get(Seat, seen.seat_id)
            if seat is None or seat.room_id != seen.room_id:
                return None, False
            name = listed.recording_id if listed else seen.recording_id
            playing = Playing(seen.seat_id, name, seen.from_position, seen.offset_s)
            return listed, flags.may_hold(session, playing)

    async def act(
        self, seen: Recognised, listed: Listed, on_air: OnAir, *, may_hold: bool
    ) -> Done:
        """Do at once what the rules say."""
        if seen.stage != "suspected":
            is_held = self._settings.ear_hold and may_hold and listed.action is Action.HOLD
            return await by_rule.hold(on_air, seen.seat_id) if is_held else Done()
        delay_s = self._settings.ear_suspected_delay_s
        return Done() if delay_s is None else await by_rule.lengthen_delay(on_air, delay_s)


def record(seen: Recognised, listed: Listed, done: Done) -> Callable[[Session], None]:
    """Give what writes a flag, and what was done because of it, in one transaction."""
    return functools.partial(_record, seen, listed, done)


def _record(seen: Recognised, listed: Listed, done: Done, session: Session) -> None:
    by_rule.record(session, seen.room_id, done, Because(seen.seat_id, _reason(listed)))
    flags.raise_flag(session, _seen(seen, listed), held=done.silent_from is not None)


def _seen(seen: Recognised, listed: Listed) -> Seen:
    return Seen(
        room_id=seen.room_id,
        seat_id=seen.seat_id,
        recording_id=listed.recording_id,
        title=listed.title,
        category=listed.category,
        list_name=listed.list_name,
        stage=FlagStage.SUSPECTED if seen.stage == "suspected" else FlagStage.CONFIRMED,
        from_position=seen.from_position,
        to_position=seen.to_position,
        offset_s=seen.offset_s,
        score=seen.score,
        false_alarms_per_1000h=seen.false_alarms_per_1000h,
        speed=seen.speed,
        pitch_semitones=seen.pitch_semitones,
        detector=seen.detector,
    )


def _reason(listed: Listed) -> str:
    """Name the recording: pages put the sentence around it in the reader's language."""
    category = f" ({listed.category})" if listed.category else ""
    return f"{listed.title[:_NAME_MAX]}{category}"


def _listed(folder: Path, ids: tuple[str, ...]) -> Listed | None:
    try:
        with Catalogue(folder) as catalogue, catalogue.reading() as session:
            found = queries.by_ids(session, set(ids))
    except CatalogueMissing:
        return None
    except (Invalid, Tampered):
        log.exception("the catalogue cannot be read; a sighting is lost")
        return None
    living = [found[one] for one in ids if one in found and found[one].withdrawn_at is None]
    if not living:
        return None  # withdrawn a moment ago
    # Which of several is heard best may change; which of them counts must not.
    holding = [one for one in living if one.action is Action.HOLD]
    row = min(holding or living, key=lambda one: one.id)
    return Listed(row.id, row.title or row.shown, row.category, row.list_name, row.action)
