"""The published ring as the hall sees it: files read once, kept while they are true.

Every folder that is read is watched first, so a file that is replaced or removed leaves this
memory at the same moment. What is not in the ring is never answered, and never remembered.
"""

import fcntl
import gzip
import logging
import os
import re
import termios
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from inotify_simple import INotify, flags

from balai.errors import NotFound, Unavailable
from balai.web.hall_playlist import Edge, read_edge

log = logging.getLogger(__name__)

FILE_BYTES_MAX = 32 << 20
CACHE_BYTES_MAX = 96 << 20
KEPT_S_MAX = 60.0  # the hall asks for the last seconds; what is older is seldom asked for
ROOMS_WATCHED_MAX = 1_024
_SMALL_BYTES = 64 << 10
_NO_BYTES = bytes(4)
_WATCHED = (
    flags.MODIFY  # playlists of the whole room and its transcript grow in place
    | flags.MOVED_TO  # everything else takes its name when it is whole
    | flags.MOVED_FROM
    | flags.DELETE
    | flags.DELETE_SELF
    | flags.MOVE_SELF
    | flags.ONLYDIR
)
_GONE = flags.DELETE_SELF | flags.MOVE_SELF | flags.IGNORED | flags.UNMOUNT
# The names that the air gives, and nothing else: no dot files, no folders, no encodings.
_PATH = re.compile(
    rb"/hall/([0-9a-z]{26})/"
    rb"((?:room-)?(?:live|low|rewind|replay)\.m3u8|captions(?:-live)?\.m3u8|transcript\.vtt"
    rb"|c[0-9]{0,12}-[0-9A-Za-z_-]{8}\.vtt"
    rb"|init-[0-9A-Za-z_-]{8}\.mp4"
    rb"|(?:s[0-9]{1,12}|p[0-9]{1,12}\.[0-9]{1,4})-[0-9A-Za-z_-]{8}\.m4s)"
)
_LASTING_FIELDS = (
    b"cache-control: public, max-age=31536000, immutable\r\n"
    b"access-control-allow-origin: *\r\n"
    b"access-control-expose-headers: content-range, date\r\n"
    b"accept-ranges: bytes\r\n"
)
_CHANGING_FIELDS = (
    b"cache-control: no-cache\r\n"
    b"access-control-allow-origin: *\r\n"
    b"access-control-expose-headers: date\r\n"
    b"vary: accept-encoding\r\n"
)
_TYPES = {
    ".m3u8": b"content-type: application/vnd.apple.mpegurl\r\n",
    ".vtt": b"content-type: text/vtt; charset=utf-8\r\n",
}
_MEDIA_TYPE = b"content-type: audio/mp4\r\n"


class HallUnreadable(Unavailable):
    """The hall cannot read this room's sound right now; try again shortly."""


class PublishedFile:
    """One published file with the replies that are ready for it."""

    def __init__(self, *, token: str, name: str, body: bytes) -> None:
        self.token = token
        self.is_changing = name.endswith(".m3u8") or name == "transcript.vtt"
        self.is_low = name == "low.m3u8"
        self.body = body
        lasting = _CHANGING_FIELDS if self.is_changing else _LASTING_FIELDS
        self._fields = _TYPES.get(Path(name).suffix, _MEDIA_TYPE) + lasting
        self.head = self._fields + b"content-length: %d\r\n\r\n" % len(body)
        self.reply = self.head + body
        self.size_bytes = (3 if self.is_changing else 2) * len(body)  # with its replies

    @cached_property
    def gzip_head(self) -> bytes:
        """Header fields of the compressed reply."""
        size = len(self.gzip_body)
        return self._fields + b"content-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % size

    @cached_property
    def gzip_body(self) -> bytes:
        """The compressed body, made once; a long playlist gets the quickest level."""
        return gzip.compress(self.body, 6 if len(self.body) < _SMALL_BYTES else 1, mtime=0)

    @cached_property
    def gzip_reply(self) -> bytes:
        """Compressed reply after the status line."""
        return self.gzip_head + self.gzip_body

    @cached_property
    def edge(self) -> Edge:
        """The live edge of this playlist."""
        return read_edge(self.body)

    def partial_head(self, start: int, end: int) -> bytes:
        """Header fields for the bytes from `start` to before `end`."""
        return self._fields + b"content-range: bytes %d-%d/%d\r\ncontent-length: %d\r\n\r\n" % (
            start,
            end - 1,
            len(self.body),
            end - start,
        )


class HallRing:
    """Reads one house's ring; `on_change` hears of new low-latency playlists and lost rooms.

    On failure: when the system grants no more watches, files are read anew for each request and
    nobody can wait there; when the folder is lost, its rooms are not found until it is back.
    """

    def __init__(self, air: Path, *, on_change: Callable[[str], None]) -> None:
        self._air = air
        self._on_change = on_change
        self._inotify = INotify(nonblocking=True)
        self._fileno = self.fileno()
        self._room_of_watch: dict[int, str] = {}
        self._watch_of_room: dict[str, int] = {}
        self._air_watch: int | None = None
        self._cached_bytes = 0
        self.cached: dict[bytes, PublishedFile] = {}
        self._kept_at: dict[bytes, float] = {}

    def fileno(self) -> int:
        """Give what becomes readable when the ring changes."""
        return int(self._inotify.fileno())

    def close(self) -> None:
        """Stop watching."""
        self._inotify.close()

    def is_watched(self, token: str) -> bool:
        """Say whether changes of this room are heard."""
        return token in self._watch_of_room

    def find(self, path: bytes) -> PublishedFile:
        """Find a published file by its address.

        Raises:
            NotFound: there is no such file now.
            HallUnreadable: the file cannot be read.
        """
        held = self.cached.get(path)
        if held:
            return held
        match = _PATH.fullmatch(path)
        if not match:
            raise NotFound
        token, name = match[1].decode(), match[2].decode()
        is_watched = self._watch(token)
        found = PublishedFile(token=token, name=name, body=_read(self._air / token / name))
        if is_watched:
            self._keep(path, found)
        return found

    def _keep(self, path: bytes, file: PublishedFile) -> None:
        now = time.monotonic()
        self._cached_bytes += file.size_bytes
        self.cached[path] = file
        self._kept_at[path] = now
        while self._cached_bytes > CACHE_BYTES_MAX or self._oldest_at() < now - KEPT_S_MAX:
            self._forget(next(iter(self.cached)))  # it is read again if somebody asks

    def _oldest_at(self) -> float:
        return self._kept_at[next(iter(self.cached))]

    def _forget(self, path: bytes) -> None:
        file = self.cached.pop(path, None)
        self._kept_at.pop(path, None)
        if file:
            self._cached_bytes -= file.size_bytes

    def _watch(self, token: str) -> bool:
        if token in self._watch_of_room:
            self._watch_of_room[token] = self._watch_of_room.pop(token)  # the latest in use
            return True
        try:
            if self._air_watch is None:
                mask = flags.DELETE_SELF | flags.MOVE_SELF | flags.ONLYDIR
                self._air_watch = self._inotify.add_watch(self._air, mask)
            watch = self._inotify.add_watch(self._air / token, _WATCHED)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise NotFound from error
        except OSError:
            log.warning("no watch for a room; its files are read for each request")
            return False
        self._room_of_watch[watch] = token
        self._watch_of_room[token] = watch
        if len(self._watch_of_room) > ROOMS_WATCHED_MAX:
            self._drop(next(iter(self._watch_of_room)))  # the room that was longest unused
        return True

    def is_behind(self) -> bool:
        """Say whether the ring has changed since `take_events`; costs one system call."""
        return fcntl.ioctl(self._fileno, termios.FIONREAD, _NO_BYTES) != _NO_BYTES

    def take_events(self) -> None:
        """Bring this memory up to date with the ring."""
        changed: set[str] = set()
        for event in self._inotify.read(timeout=0):
            if event.mask & flags.Q_OVERFLOW or event.wd == self._air_watch:
                self._lose_all()
            elif event.wd in self._room_of_watch:
                changed |= self._take(self._room_of_watch[event.wd], event.mask, event.name)
        for token in changed:
            self._on_change(token)

    def _take(self, token: str, mask: int, name: str) -> set[str]:
        if mask & _GONE:
            self._lose(token)
            return set()
        self._forget(f"/hall/{token}/{name}".encode())
        return {token} if name == "low.m3u8" else set()

    def _lose(self, token: str) -> None:
        self._drop(token)
        self._on_change(token)

    def _drop(self, token: str) -> None:
        watch = self._watch_of_room.pop(token)
        del self._room_of_watch[watch]
        self._unwatch(watch)
        prefix = f"/hall/{token}/".encode()
        for path in [path for path in self.cached if path.startswith(prefix)]:
            self._forget(path)

    def _lose_all(self) -> None:
        if self._air_watch is not None:
            self._unwatch(self._air_watch)
            self._air_watch = None
        for token in list(self._watch_of_room):
            self._lose(token)

    def _unwatch(self, watch: int) -> None:
        try:
            self._inotify.rm_watch(watch)
        except OSError:
            log.debug("the watch went with its folder")


def _read(path: Path) -> bytes:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            body = file.read(FILE_BYTES_MAX + 1)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotFound from error
    except OSError as error:
        log.warning("a file of the ring cannot be read: %s", error.strerror)
        raise HallUnreadable from error
    if len(body) > FILE_BYTES_MAX:
        log.warning("a file of the ring is longer than %d bytes", FILE_BYTES_MAX)
        raise HallUnreadable
    return body
