"""Makes a replay what it would be if certain voices had not aired, and back again.

What has to go is found anew from the original each time, so a call that was cut off is
completed by the next one. New files come first, playlists after them, and what nobody names any
more goes last: no playlist ever names a file that is missing.
"""

import hashlib
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from balai.air import cmaf, originals, playlist
from balai.air.files import Files
from balai.air.omitted import FOR_EVER, Omission, Omitted
from balai.air.originals import ORIGINALS, Folders, Original, names, parts_in
from balai.air.places import media_end, places
from balai.air.recover import recover
from balai.air.remake import remade
from balai.air.replay_plan import NewSound, Plan, planned
from balai.air.ring import REPLAY
from balai.air.track_reading import TrackReader, without

__all__ = ["FOR_EVER", "Omission", "Rendered", "forget", "render"]

Disk = Callable[[Path], Files]


@dataclass(frozen=True, slots=True)
class Rendered:
    """What was found in the ring's folder after rendering.

    `changed_segments` are not the originals; of their samples `remade_samples` were made anew
    from the other voices, and `silent_samples` are silence, because not all of these were kept
    or the original is damaged. `sha256` is over the sound of all segments that the replay lists
    and that are there, in their order.
    """

    segments: int
    changed_segments: int
    remade_samples: int
    silent_samples: int
    sha256: str


def render(
    ring: Path, tracks: Path, omissions: Collection[Omission], *, disk: Disk = Files
) -> Rendered:
    """Leave exactly these stretches of these voices out of a replay; all else is as it aired.

    The room is over; a folder whose end was not written is ended first. Segments in which
    nothing omitted sounds are the originals, names and bytes. Once nothing is omitted the
    ring's folder is what it was. May be called again at any time, also after it was killed, by
    one caller at a time. A voice that was forgotten is never back.

    On failure: where not all voices were kept, a segment that must change is silent. So are,
    as soon as anything is left out, an original that is damaged and one that is gone.

    Raises:
        OSError: the disk is full or cannot be read; the replay is whole, call again.
    """
    folders = Folders(disk(ring), disk(tracks), disk(tracks / ORIGINALS))
    original = _original(folders)
    if original is None:
        return _seen(folders.ring, Plan())
    with suppress(OSError):  # `forget` was cut off; until it is completed, nobody reads these
        without(folders.tracks, *original.forgotten)
    wanted = [one for one in omissions if one.seat not in original.forgotten]
    original.left_out = wanted
    originals.save(folders, original)
    plan = _brought(folders, folders.ring, original, wanted)
    back = original.names - plan.successors.keys() - set(names(folders.ring))
    for name in sorted(back.intersection(names(folders.originals))):
        folders.originals.move(name, folders.ring)
    there = set(names(folders.ring))
    for name, text in plan.texts.items():
        if name not in there or folders.ring.read(name) != text.encode():
            folders.ring.write(name, text.encode(), lasting=True)
    _put_away(folders, original, plan)
    return _seen(folders.ring, plan)


def forget(ring: Path, tracks: Path, *seats: str, disk: Disk = Files) -> None:
    """Destroy all that is kept of some voices; they can never come back.

    They are left out of the replay first. Then what is left becomes the original, and all that
    holds these voices is removed: their sound apart, and all originals in which they sound.
    May be called again at any time, also after it was killed; for a voice that was forgotten
    before, it removes what a call that was cut off has left.

    Raises:
        OSError: the disk is full or cannot be read; call again.
    """
    folders = Folders(disk(ring), disk(tracks), disk(tracks / ORIGINALS))
    original = _original(folders)
    if original is None:
        without(folders.tracks, *seats)
        return
    going = [Omission(seat) for seat in sorted({*seats}.difference(original.forgotten))]
    if going:
        render(ring, tracks, [*original.left_out, *going], disk=disk)
        original = _without(folders, originals.load(folders) or original, going)
        originals.save(folders, original)
    _remove(folders.originals, set(names(folders.originals)) - original.names)
    without(folders.tracks, *original.forgotten)


def _original(folders: Folders) -> Original | None:
    """Give what the replay was; None if nothing ever aired."""
    folders.clean()
    found = originals.load(folders)
    if found is not None:
        return found
    if REPLAY not in names(folders.ring):
        recover(folders.ring.folder, files=folders.ring)
    if REPLAY not in names(folders.ring):
        return None
    return originals.taken(folders.ring)


def _brought(
    folders: Folders, to: Files, original: Original, omissions: Collection[Omission]
) -> Plan:
    """Plan a replay, and write what is new and not there yet."""
    with TrackReader(folders.tracks.folder, gone=original.forgotten) as voices:
        end = media_end(original, places(original))
        omitted = Omitted(voices.stretches, voices.holes(end), omissions)
        plan = planned(original, omitted, folders)
        _bring(folders, to, plan, _maker(folders, voices, omitted))
    return plan


def _maker(
    folders: Folders, voices: TrackReader, omitted: Omitted
) -> Callable[[NewSound], bytes]:
    def make(sound: NewSound) -> bytes:
        chunks = _chunks(sound, folders.read(sound.piece.name))
        return remade(chunks, voices, None if sound.is_silent else omitted)

    return make


def _chunks(sound: NewSound, data: bytes) -> list[cmaf.Chunk]:
    """Give the parts of an original, also of one that was damaged since it was taken down."""
    expected = sound.chunks()
    try:
        found = parts_in(data)
    except cmaf.SegmentTorn:
        return expected
    is_whole = [each.media_time for each in found] == [each.media_time for each in expected]
    return found if is_whole else expected


def _bring(folders: Folders, to: Files, plan: Plan, make: Callable[[NewSound], bytes]) -> None:
    there = {*names(folders.ring), *names(to)}
    for name, sound in plan.sounds.items():
        if name not in there:
            to.write(name, make(sound), lasting=True)
    for name, text in plan.captions.items():
        if name not in there:
            to.write(name, text.encode(), lasting=True)


def _put_away(folders: Folders, original: Original, plan: Plan) -> None:
    """Take away what no playlist names any more; originals are kept aside."""
    staying = (original.names - plan.successors.keys()) | plan.new_names | plan.texts.keys()
    for name in set(names(folders.ring)) - staying:
        if name in original.names:
            folders.ring.move(name, folders.originals)
        else:
            folders.ring.remove(name)
    aside = set(names(folders.originals))
    _remove(folders.originals, aside - set(plan.successors))


def _remove(files: Files, gone: Iterable[str]) -> None:
    for name in gone:
        files.remove(name)


def _without(folders: Folders, original: Original, going: Sequence[Omission]) -> Original:
    """Make what the replay would have been without some voices, as the original to be."""
    plan = _brought(folders, folders.originals, original, going)
    seats = {omission.seat for omission in going}
    new_pieces = [sound.piece._replace(name=name) for name, sound in plan.sounds.items()]
    kept = [piece for piece in original.pieces if piece.name not in plan.successors]
    return Original(
        key=original.key,
        names=(original.names - plan.successors.keys()) | plan.new_names,
        texts=plan.texts,
        pieces=[*kept, *new_pieces],
        left_out=[one for one in original.left_out if one.seat not in seats],
        forgotten=[*original.forgotten, *sorted(seats)],
    )


def _seen(ring: Files, plan: Plan) -> Rendered:
    """Tell what the replay in the folder is made of."""
    there = set(names(ring))
    text = ring.read(REPLAY).decode(errors="replace") if REPLAY in there else ""
    listed = list(playlist.listed(text))
    digest = hashlib.sha256()
    for name in filter(there.__contains__, listed):
        digest.update(ring.read(name))
    new = [plan.sounds[name] for name in listed if name in plan.sounds]
    return Rendered(
        segments=len(listed),
        changed_segments=len(new),
        remade_samples=sum(one.piece.samples for one in new if not one.is_silent),
        silent_samples=sum(one.piece.samples for one in new if one.is_silent),
        sha256=digest.hexdigest(),
    )
