"""`balai ear list`: signed lists out and in, and what taking one in would change."""

import dataclasses
import json as jsons
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from balai.app.ear_segments import bring_in_line
from balai.app.ear_terminal import complain, counted, hours, printable, size, table
from balai.catalogue import importing, keys, queries, sources
from balai.catalogue.errors import SourceUntrusted
from balai.catalogue.folder import Catalogue
from balai.catalogue.importing import Change, Difference
from balai.catalogue.list_format import Head
from balai.catalogue.list_reading import ListReader
from balai.catalogue.list_writing import write_list
from balai.catalogue.model import OWN, ImportedList, opinion_to_json
from balai.catalogue.recording import Action, Described
from balai.clock import now
from balai.detect.fingerprint.fingerprint import Fingerprint

_SAID = {
    Change.ADDED: "new",
    Change.CHANGED: "changed",
    Change.WITHDRAWN: "withdrawn, because this issue has them no more",
    Change.KEPT_WITHDRAWN: "left out, because they were withdrawn here",
    Change.UNCHANGED: "unchanged",
}
_MARKS = {
    Change.ADDED: "+",
    Change.CHANGED: "~",
    Change.WITHDRAWN: "-",
    Change.KEPT_WITHDRAWN: "!",
}


def run_list_export(
    *,
    catalogue: Path,
    file: Path,
    key: Path,
    category: str | None,
    issue: int | None,
    **head: str,
) -> bool:
    """Write what was indexed here as a signed list."""
    signer = keys.load(key)
    with Catalogue(catalogue) as records, records.reading() as session:
        count = write_list(
            file,
            Head(issue=issue or int(time.time()), issued_at=now(), **head),
            _shared(session, category),
            signer,
        )
    print(
        f"{printable(str(file))}: {counted(count, 'recording')}, {size(file.stat().st_size)}, "
        f"signed with {keys.public_bytes(signer).hex()}"
    )
    return True


def run_list_import(
    *,
    catalogue: Path,
    file: Path,
    public_key: str | None,
    older: bool,
    json: bool,
    **taking: Any,
) -> bool:
    """Say what a list will change, ask, and take it in: all of it, or nothing."""
    with Catalogue(catalogue, create=True) as records, _opened(file, public_key) as reader:
        difference = _preview(records, reader, is_older_taken=older)
        if not json:
            print(_told(difference), flush=True)
        if not _is_wanted(is_yes=taking["yes"]):
            return False
        difference = _take_in(records, reader, taking["action"], is_older_taken=older)
        bring_in_line(records, is_compacted=True)
    print(_as_json(difference) if json else "Done.")
    return True


def run_list_diff(
    *, catalogue: Path, file: Path, public_key: str | None, older: bool, json: bool
) -> bool:
    """Say what taking a list in would change."""
    with Catalogue(catalogue, create=True) as records, _opened(file, public_key) as reader:
        difference = _preview(records, reader, is_older_taken=older)
    print(_as_json(difference) if json else _told(difference))
    return True


def run_list_verify(*, catalogue: Path, file: Path, public_key: str | None, json: bool) -> bool:
    """Check a list: its form, its signature, every recording and fingerprint."""
    with _opened(file, public_key) as reader:
        count = 0
        for recording in reader.recordings():
            Fingerprint.from_bytes(recording.fingerprint)
            count += 1
        signer = reader.prefix.public_key
        known = _name_of(catalogue, signer)
        told = {
            "list": reader.head.name,
            "issue": reader.head.issue,
            "recordings": count,
            "signed_with": signer.hex(),
            "source": known,
        }
    if json:
        print(_dump(told))
    else:
        who = f"known here as {known}" if known else "nobody known here"
        print(f"This list is whole: {counted(count, 'recording')}, signed by {who}.")
        print(f"Public key: {signer.hex()}")
    return True


def run_list_show(*, catalogue: Path, file: Path, public_key: str | None, json: bool) -> bool:
    """Show what is in a list, its fingerprints left out."""
    with _opened(file, public_key) as reader:
        head = dataclasses.asdict(reader.head) | {
            "issued_at": f"{reader.head.issued_at:%Y-%m-%dT%H:%M:%SZ}",
            "signed_with": reader.prefix.public_key.hex(),
            "source": _name_of(catalogue, reader.prefix.public_key),
        }
        recordings = [_shown(one) for one in reader.recordings()]
    if json:
        print(_dump(head | {"recordings": recordings}))
    else:
        _print_list(head, recordings)
    return True


def _shared(session: Session, category: str | None) -> Iterator[Described]:
    # An identifier read twice would be a fault of the records; the writer then refuses.
    for recording in list(queries.living(session, list_name=OWN)):
        if category is None or recording.category == category:
            yield queries.described(session, recording)


def _opened(file: Path, public_key: str | None) -> ListReader:
    return ListReader(file, public_key=keys.parse_public(public_key) if public_key else None)


def _preview(records: Catalogue, reader: ListReader, *, is_older_taken: bool) -> Difference:
    with records.reading() as session:
        return importing.preview(
            session, reader, check=Fingerprint.from_bytes, is_older_taken=is_older_taken
        )


def _take_in(
    records: Catalogue, reader: ListReader, action: str | None, *, is_older_taken: bool
) -> Difference:
    with records.transaction() as session:
        before = session.get(ImportedList, reader.head.name)
        return importing.take_in(
            session,
            reader,
            action=_action(action, before),
            check=Fingerprint.from_bytes,
            is_older_taken=is_older_taken,
        )


def _is_wanted(*, is_yes: bool) -> bool:
    if is_yes:
        return True
    if not sys.stdin.isatty():
        complain("nothing was imported; say --yes to do it")
        return False
    try:
        return input("Take it in? [y/N] ").strip().lower() in {"y", "yes"}
    except EOFError:
        return False


def _action(given: str | None, before: ImportedList | None) -> Action:
    if given is not None:
        return Action(given)
    return before.action if before is not None else Action.FLAG


def _name_of(catalogue: Path, public_key: bytes) -> str | None:
    if not (catalogue / "catalogue.sqlite").is_file():
        return None
    with Catalogue(catalogue) as records, records.reading() as session:
        try:
            return sources.source_of(session, public_key).name
        except SourceUntrusted:
            return None


def _told(difference: Difference) -> str:
    before = difference.issue_before
    lines = [
        f"List {difference.list_name}, from {printable(difference.source)}, issue "
        f"{difference.issue}{'' if before is None else f' (here: issue {before})'}:"
    ]
    for change, said in _SAID.items():
        if count := difference.counts[change]:
            lines.append(f"{count:>8,} {said}")
            lines += _named(difference, change)
    return "\n".join(
        [*lines, *([] if any(difference.counts.values()) else ["       0 recordings"])]
    )


def _named(difference: Difference, change: Change) -> list[str]:
    if change not in _MARKS:
        return []
    names = difference.examples.get(change, [])
    lines = [f"         {_MARKS[change]} {name}" for name in names]
    more = difference.counts[change] - len(names)
    return [*lines, f"         … and {more:,} more"] if more else lines


def _as_json(difference: Difference) -> str:
    return _dump(
        {
            "list": difference.list_name,
            "source": difference.source,
            "issue": difference.issue,
            "issue_before": difference.issue_before,
            **{str(change): count for change, count in difference.counts.items()},
        }
    )


def _shown(recording: Described) -> dict[str, Any]:
    return {
        "identifier": recording.identifier,
        "title": recording.title,
        "category": recording.category,
        "language": recording.language,
        "source": recording.source,
        "date": recording.date.isoformat() if recording.date else None,
        "licence": recording.licence,
        "duration_s": recording.duration_ms / 1000,
        "fingerprint_bytes": len(recording.fingerprint),
        "opinions": [opinion_to_json(one) for one in recording.opinions],
    }


def _print_list(head: dict[str, Any], recordings: list[dict[str, Any]]) -> None:
    for name in ("name", "publisher", "issue", "issued_at", "licence", "notes"):
        if head[name]:
            print(f"{name.replace('_', ' ')}: {head[name]}")
    print(f"signed with: {head['signed_with']} ({head['source'] or 'nobody known here'})\n")
    rows = [
        (
            one["identifier"],
            one["category"],
            one["language"],
            hours(one["duration_s"]),
            _stances(one["opinions"]),
        )
        for one in recordings
    ]
    print(table([("recording", "category", "language", "length", "opinions"), *rows]))


def _stances(opinions: list[dict[str, str]]) -> str:
    stances = [one["stance"] for one in opinions]
    return ", ".join(f"{stances.count(one)} {one}" for one in sorted(set(stances)))


def _dump(told: dict[str, Any]) -> str:
    return jsons.dumps(told, ensure_ascii=False)
