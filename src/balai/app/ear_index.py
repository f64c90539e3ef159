"""`balai ear index`: fingerprints files into a catalogue, each durable once it is done."""

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from balai.app import ear_segments
from balai.app.ear_sound import SoundFile, check_is_file, find_sound
from balai.app.ear_terminal import Progress, complain, counted, hours, printable
from balai.catalogue import changing, queries
from balai.catalogue.changing import Membership, Origin
from balai.catalogue.errors import CatalogueBusy
from balai.catalogue.folder import Catalogue
from balai.catalogue.recording import (
    TEXT_BYTES_MAX,
    Action,
    Described,
    check_text,
    identifier_from_path,
)
from balai.detect.fingerprint.decode import read_sound
from balai.detect.fingerprint.fingerprint import Fingerprint, fingerprint
from balai.errors import Invalid

JOBS_MAX: Final = 8
BUSY_TIMES_MAX: Final = 120  # each waits five seconds for its turn
FOLLOW_S: Final = 60.0  # so often open indexes get to know what was read so far


@dataclass(frozen=True, slots=True)
class _Work:
    """One file to fingerprint, and what it was when it was looked at."""

    sound: SoundFile
    origin: Origin


@dataclass(frozen=True, slots=True)
class _Made:
    """A fingerprint, and what a person should know of the file's sound."""

    fingerprint: Fingerprint
    remarks: Sequence[str]


@dataclass(slots=True)
class _Plan:
    """What is to be done, and what needs nothing."""

    work: list[_Work] = field(default_factory=list)
    unchanged: int = 0
    withdrawn: int = 0
    bad: int = 0


def run_index(
    *,
    catalogue: Path,
    audio: Sequence[Path],
    rebuild: bool,
    again: bool,
    jobs: int | None,
    **words: Any,
) -> bool:
    """Index files; tell whether all of them could be used."""
    found = find_sound(audio)
    for sentence in found.missing:
        complain(sentence)
    _check_words(words)
    with Catalogue(catalogue, create=True) as records:
        if not rebuild:
            ear_segments.bring_in_line(records)
        plan = _plan(records, found.files, is_all=rebuild, is_again=again)
        done = _index(records, plan, words, jobs=jobs or _jobs())
        is_whole = _finish(records, is_rebuilt=rebuild)
        _tell(records, plan, done, passed_over=found.passed_over)
    return is_whole and not (plan.bad or found.missing)


def _check_words(words: dict[str, Any]) -> None:
    for name in TEXT_BYTES_MAX.keys() & words.keys():
        check_text(name, words[name])


def _jobs() -> int:
    return min(JOBS_MAX, os.cpu_count() or 1)


def _plan(
    records: Catalogue, files: Sequence[SoundFile], *, is_all: bool, is_again: bool
) -> _Plan:
    plan = _Plan()
    with records.reading() as session:
        for sound in files:
            try:
                origin = _origin(sound.path)
            except OSError as error:
                complain(f"{sound.path}: {error.strerror}")
                plan.bad += 1
                continue
            known = queries.of_origin(session, origin.path)
            is_same = known is not None and (known.origin_bytes, known.origin_mtime_ns) == (
                origin.length_bytes,
                origin.mtime_ns,
            )
            if known is not None and known.withdrawn_at is not None and not is_again:
                plan.withdrawn += 1
            elif known is not None and known.withdrawn_at is None and is_same and not is_all:
                plan.unchanged += 1
            else:
                plan.work.append(_Work(sound, origin))
    return plan


def _origin(path: Path) -> Origin:
    status = path.stat()
    return Origin(os.fsencode(path.resolve()), status.st_size, status.st_mtime_ns)


def _index(records: Catalogue, plan: _Plan, words: dict[str, Any], *, jobs: int) -> int:
    progress = Progress(total=len(plan.work))
    followed_at = time.monotonic()
    done = 0
    for work, made in _in_threads(plan.work, jobs):
        if isinstance(made, Invalid):
            progress.complain(str(made))
            plan.bad += 1
            progress.step(work.sound.relative)
            continue
        for remark in made.remarks:
            progress.complain(remark)
        _keep_when_free(records, work, made.fingerprint, words)
        done += 1
        progress.step(work.sound.relative, made.fingerprint.duration_s)
        if time.monotonic() - followed_at > FOLLOW_S:
            ear_segments.follow(records)
            followed_at = time.monotonic()
    progress.clear()
    return done


def _in_threads(work: Iterable[_Work], jobs: int) -> Iterator[tuple[_Work, _Made | Invalid]]:
    """Give fingerprints as they are ready; never more files are open or kept than jobs."""
    waiting = iter(work)
    running: dict[Future[_Made | Invalid], _Work] = {}
    with ThreadPoolExecutor(jobs) as pool:
        try:
            while True:
                while len(running) < jobs and (one := next(waiting, None)) is not None:
                    running[pool.submit(_fingerprint, one.sound.path)] = one
                if not running:
                    return
                ready, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in ready:
                    yield running.pop(future), future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _fingerprint(path: Path) -> _Made | Invalid:
    try:
        check_is_file(path)
        sound = read_sound(path)
        return _Made(fingerprint(sound.samples), sound.remarks)
    except Invalid as error:
        return error


def _keep_when_free(
    records: Catalogue, work: _Work, made: Fingerprint, words: dict[str, Any]
) -> None:
    """Wait for a long import to end rather than lose an hour of work; ten minutes at most."""
    for left in reversed(range(BUSY_TIMES_MAX)):
        try:
            _keep(records, work, made, words)
        except CatalogueBusy:
            if not left:
                raise
        else:
            return


def _keep(records: Catalogue, work: _Work, made: Fingerprint, words: dict[str, Any]) -> None:
    described = Described(
        identifier=identifier_from_path(work.sound.relative),
        fingerprint=made.to_bytes(),
        duration_ms=round(made.duration_s * 1000),
        title=_title(work.sound),
        category=words["category"],
        language=words["language"],
        source=words["source"],
        licence=words["licence"],
    )
    membership = Membership(Action(words["action"]))
    with records.transaction() as session:
        changing.add(session, described, membership=membership, origin=work.origin)


def _title(sound: SoundFile) -> str:
    shown = identifier_from_path(Path(sound.relative).stem)
    return shown.encode()[: TEXT_BYTES_MAX["title"]].decode(errors="ignore")


def _finish(records: Catalogue, *, is_rebuilt: bool) -> bool:
    if is_rebuilt:
        return ear_segments.rebuild(records)
    ear_segments.bring_in_line(records, is_compacted=True)
    return True


def _tell(records: Catalogue, plan: _Plan, done: int, *, passed_over: int) -> None:
    with records.reading() as session:
        counts = queries.counts(session)
    total = sum(one.recordings for one in counts)
    sound_s = sum(one.duration_ms for one in counts) / 1000
    also = {
        "unchanged": plan.unchanged,
        "withdrawn before, left so (--again adds them)": plan.withdrawn,
        "no sound by their name, passed over": passed_over,
        "not usable, see above": plan.bad,
    }
    parts = [f"{done} indexed", *(f"{count} {what}" for what, count in also.items() if count)]
    print(f"{', '.join(parts)}.")
    folder = printable(str(records.folder))
    print(f"{folder} knows {counted(total, 'recording')}, {hours(sound_s)}.")
