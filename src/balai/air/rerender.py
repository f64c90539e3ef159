"""Makes a replay what it would be if certain voices had not aired, and back again.

What has to go is found anew from the original each time, so a call that was cut off is
completed by the next one. New files come first, playlists after them, and what nobody names any
more goes last: no playlist ever names a file that is missing.
"""

import hashlib
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from balai.air import originals, playlist
from balai.air.files import Files
from balai.air.omitted import FOR_EVER, Omission, Omitted
from balai.air.originals import ORIGINALS, Folders, Original, names
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
    from the other voices, and `silent_samples` are silence, because not all of these were kept.
    `sha256` is over the sound of all segments that the replay lists, in their order.
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

    On failure: where not all voices were kept, a segment that must change is silent.

    Raises:
        OSError: the disk is full or cannot be read; the replay is whole, call again.
        SegmentTorn: an original is damaged.
    """
    folders = Folders(disk(ring), disk(tracks), disk(tracks / ORIGINALS))
    original = _original(folders)
    if original is None:
        return _seen(folders.ring, Plan(), set())
    wanted = [one for one in omissions if one.seat not in original.forgotten]
    original.left_out = wanted
    originals.save(folders, original)
    with TrackReader(tracks) as voices:
        omitted = Omitted(voices.stretches, voices.holes(original.media_end), wanted)
        plan = planned(original, omitted, folders.read)
        _bring(folders, folders.ring, plan, _maker(folders, voices, omitted))
    for name in sorted(original.names - plan.successors.keys() - set(names(folders.ring))):
        folders.originals.move(name, folders.ring)
    for name, text in plan.texts.items():
        if folders.ring.read(name) != text.encode():
            folders.ring.write(name, text.encode())
    _put_away(folders, original, plan)
    return _seen(folders.ring, plan, original.names)


def forget(ring: Path, tracks: Path, seat: str, *, disk: Disk = Files) -> None:
    """Destroy all that is kept of a voice; it can never come back.

    It is left out of the replay first. Then what is left becomes the original, and everything
    that holds the voice is removed: its sound apart, and all originals in which it sounds.
    May be called again at any time, also after it was killed.

    Raises:
        OSError: the disk is full or cannot be read; call again.
        SegmentTorn: an original is damaged.
    """
    folders = Folders(disk(ring), disk(tracks), disk(tracks / ORIGINALS))
    original = _original(folders)
    if original is None:
        return
    if seat not in original.forgotten:
        render(ring, tracks, [*original.left_out, Omission(seat)], disk=disk)
        original = _without(folders, original, seat)
        originals.save(folders, original)
    without(folders.tracks, seat)
    _remove(folders.originals, set(names(folders.originals)) - original.names)


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


def _maker(
    folders: Folders, voices: TrackReader, omitted: Omitted
) -> Callable[[NewSound], bytes]:
    def make(sound: NewSound) -> bytes:
        data = folders.read(sound.piece.name)
        return remade(data, voices, None if sound.is_silent else omitted)

    return make


def _bring(folders: Folders, to: Files, plan: Plan, make: Callable[[NewSound], bytes]) -> None:
    """Write what is new and not there yet."""
    there = {*names(folders.ring), *names(to)}
    for name, sound in plan.sounds.items():
        if name not in there:
            to.write(name, make(sound))
    for name, text in plan.captions.items():
        if name not in there:
            to.write(name, text.encode())


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


def _without(folders: Folders, original: Original, seat: str) -> Original:
    """Make what the replay would have been without a voice, as the original to be."""
    with TrackReader(folders.tracks.folder) as voices:
        holes = voices.holes(original.media_end)
        omitted = Omitted(voices.stretches, holes, [Omission(seat)])
        plan = planned(original, omitted, folders.read)
        _bring(folders, folders.originals, plan, _maker(folders, voices, omitted))
    new_pieces = [sound.piece._replace(name=name) for name, sound in plan.sounds.items()]
    kept = [piece for piece in original.pieces if piece.name not in plan.successors]
    return Original(
        key=original.key,
        names=(original.names - plan.successors.keys()) | plan.new_names,
        texts=plan.texts,
        pieces=[*kept, *new_pieces],
        left_out=[one for one in original.left_out if one.seat != seat],
        forgotten=[*original.forgotten, seat],
    )


def _seen(ring: Files, plan: Plan, known: Collection[str]) -> Rendered:
    """Tell what the replay in the folder is made of."""
    text = ring.read(REPLAY).decode() if REPLAY in names(ring) else ""
    listed = list(playlist.listed(text))
    digest = hashlib.sha256()
    for name in listed:
        digest.update(ring.read(name))
    new = [plan.sounds[name] for name in listed if name in plan.sounds]
    return Rendered(
        segments=len(listed),
        changed_segments=sum(name not in known for name in listed) if known else 0,
        remade_samples=sum(one.piece.samples for one in new if not one.is_silent),
        silent_samples=sum(one.piece.samples for one in new if one.is_silent),
        sha256=digest.hexdigest(),
    )
