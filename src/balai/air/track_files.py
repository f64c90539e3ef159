"""The voices of a recorded room, each as it aired, in one file that only grows.

A record is one published part of the programme: its media time, and of each voice that sounds
in it the stage positions that it plays and its sound so far. A record that is torn ends the
file: all before it is whole. Parts in which nobody sounds take no record; the next one, or
one a second, says from where on nothing is missing before it.

Sound is Opus at 28 kbit/s that keeps the waveform (its CELT layer alone), in blocks of 20 ms
of media time. Measured on speech: percent of a core, megabytes for an hour of one voice, and
signal over the difference from the original, with the encoder alone:

    Opus 28 kbit/s, CELT, complexity 4         0.3 %    12.4 MB    11.9 dB
    Opus 28 kbit/s, for speech, complexity 2   1.1 %    12.6 MB     6.5 dB
    AAC 32 kbit/s, as the programme            1.2 %    19.1 MB
    AAC 64 kbit/s                              1.8 %    38.4 MB

Where a segment that was made anew meets one that was not, AAC overlaps the two: the nearer
their waveforms, the less is heard of it. AAC would lie on the programme's own frames, for more
of both; Opus pays for its own grid with what `voice_coding` does.
"""

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from balai.air.encoder import PART_SAMPLES
from balai.air.files import Files
from balai.air.shares import Share, Stretch
from balai.air.voice_coding import VoiceEncoder

TRACKS: Final = "voices.tracks"
FILE_BYTES_MAX: Final = 4 << 30  # eleven voices that speak for a day
QUIET_SAMPLES_MAX: Final = 4 * PART_SAMPLES  # without a record

_HEAD: Final = struct.Struct(">II")  # length and CRC-32 of what follows
_PART: Final = struct.Struct(">QQB")  # whole from, media time of the part, entries
_ENTRY: Final = struct.Struct(">BBBBQ")  # seat's bytes, stretches, packets, begins, first block
_STRETCH: Final = struct.Struct(">HqH")
_PACKET: Final = struct.Struct(">H")
_RECORD_BYTES_MAX: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Entry:
    """What a record says of one voice; packets follow those of the run that is open.

    Media times of stretches count from the part's.
    """

    seat: str
    stretches: tuple[Stretch, ...]
    packets: tuple[bytes, ...]
    begins: bool  # a run, with the first packet
    first_block: int


@dataclass(frozen=True, slots=True)
class PartRecord:
    """All voices of one part; between `whole_from` and its end nothing else aired."""

    whole_from: int
    media_time: int
    entries: tuple[Entry, ...]

    @property
    def media_end(self) -> int:
        """When the part is over."""
        return self.media_time + PART_SAMPLES


class TrackWriter:
    """Writes the parts of one room in their order. Belongs to one thread.

    On failure (a full disk, a file of 4 GiB): the part is lost and counted, and the file does
    not claim it; the next one begins all voices anew.
    """

    def __init__(self, folder: Path, *, files: Files | None = None) -> None:
        self._files = files or Files(folder)
        self._size = 0
        self._whole_from: int | None = None
        self._media_end = 0
        self._voices: dict[str, VoiceEncoder] = {}
        self.lost_records = 0

    def write(self, media_time: int, shares: Sequence[Share]) -> None:
        """Write a part that was published."""
        if self._whole_from is None or media_time != self._media_end:
            self._begin_anew(media_time)
        self._media_end = media_time + PART_SAMPLES
        entries = self._entries(media_time, shares)
        since = self._media_end - (self._whole_from or 0)
        if entries or since >= QUIET_SAMPLES_MAX:
            self._write_record(media_time, entries)

    def end(self) -> None:
        """Write the rest of each voice, and that nothing is missing up to the last part."""
        if self._whole_from is None:
            return
        last = self._media_end - PART_SAMPLES
        entries = self._entries(last, [])
        if entries or self._whole_from != self._media_end:
            self._write_record(last, entries)

    def lose(self) -> None:
        """Note that a part was lost."""
        self.lost_records += 1
        self._whole_from = None

    def _begin_anew(self, media_time: int) -> None:
        self._voices.clear()
        self._whole_from = media_time

    def _entries(self, media_time: int, shares: Sequence[Share]) -> list[Entry]:
        sounding = {share.seat: share for share in shares}
        entries: list[Entry] = []
        for seat in [seat for seat in self._voices if seat not in sounding]:
            last = tuple(self._voices.pop(seat).end())
            entries.append(Entry(seat, (), last, begins=False, first_block=0))
        for seat, share in sounding.items():
            voice = self._voices.setdefault(seat, VoiceEncoder())
            stretches = share.stretches
            for run in voice.encode(media_time, share.pcm):
                entry = Entry(seat, stretches, run.packets, run.begins, run.first_block)
                entries.append(entry)
                stretches = ()
        return entries

    def _write_record(self, media_time: int, entries: Sequence[Entry]) -> None:
        record = PartRecord(self._whole_from or 0, media_time, tuple(entries))
        try:
            self._append(packed(record))
        except (OSError, struct.error):
            self.lose()
        else:
            self._whole_from = self._media_end

    def _append(self, data: bytes) -> None:
        if self._size + len(data) > FILE_BYTES_MAX:
            raise OSError
        if not self._size:
            self._files.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._files.write(TRACKS, b"")
        self._size = self._files.extend(TRACKS, data, size=self._size)


def packed(record: PartRecord) -> bytes:
    """Write a record.

    Raises:
        struct.error: something of it is too large.
    """
    body = _PART.pack(record.whole_from, record.media_time, len(record.entries))
    body += b"".join(map(_packed_entry, record.entries))
    if len(body) > _RECORD_BYTES_MAX:
        raise struct.error
    return _HEAD.pack(len(body), zlib.crc32(body)) + body


def records(file: BinaryIO) -> Iterator[tuple[int, PartRecord]]:
    """Read records, each with its place, up to the first that is not whole.

    Raises:
        OSError: the file cannot be read.
    """
    at = 0
    while (record := record_at(file, at)) is not None:
        yield at, record
        at = file.tell()


def record_at(file: BinaryIO, place: int) -> PartRecord | None:
    """Read the record at a place, None if there is none or it is not whole.

    Raises:
        OSError: the file cannot be read.
    """
    file.seek(place)
    head = file.read(_HEAD.size)
    if len(head) != _HEAD.size:
        return None
    length, check = _HEAD.unpack(head)
    body = file.read(min(length, _RECORD_BYTES_MAX))
    if len(body) != length or zlib.crc32(body) != check:
        return None
    try:
        return _unpacked(body)
    except (struct.error, UnicodeDecodeError):
        return None


def _packed_entry(entry: Entry) -> bytes:
    seat = entry.seat.encode()
    counts = (len(seat), len(entry.stretches), len(entry.packets), entry.begins)
    stretches = [_STRETCH.pack(s.media_time, s.position, s.samples) for s in entry.stretches]
    packets = [_PACKET.pack(len(packet)) + packet for packet in entry.packets]
    head = _ENTRY.pack(*counts, entry.first_block)
    return b"".join([head, seat, *stretches, *packets])


def _unpacked(body: bytes) -> PartRecord:
    whole_from, media_time, count = _PART.unpack_from(body)
    at, entries = _PART.size, []
    for _ in range(count):
        entry, at = _unpacked_entry(body, at)
        entries.append(entry)
    if at != len(body):
        raise struct.error
    return PartRecord(whole_from, media_time, tuple(entries))


def _unpacked_entry(body: bytes, at: int) -> tuple[Entry, int]:
    seat_bytes, stretches, count, begins, first_block = _ENTRY.unpack_from(body, at)
    at += _ENTRY.size
    seat = body[at : at + seat_bytes].decode()
    at += seat_bytes
    spans = [_STRETCH.unpack_from(body, at + i * _STRETCH.size) for i in range(stretches)]
    at += stretches * _STRETCH.size
    packets = []
    for _ in range(count):
        (size,) = _PACKET.unpack_from(body, at)
        at += _PACKET.size
        packets.append(body[at : at + size])
        at += size
    found = tuple(Stretch(*span) for span in spans)
    return Entry(seat, found, tuple(packets), bool(begins), first_block), at
