"""`balai ear withdraw`, `opinion` and `stats`: what a catalogue holds."""

import json as jsons
from pathlib import Path
from typing import Any

from balai.app.ear_segments import bring_in_line, segments_folder
from balai.app.ear_terminal import complain, counted, hours, printable, size, table
from balai.catalogue import changing, queries
from balai.catalogue.errors import RecordingAmbiguous, RecordingMissing
from balai.catalogue.folder import Catalogue
from balai.catalogue.model import Withdrawal
from balai.catalogue.recording import Opinion, Stance
from balai.clock import now
from balai.detect.fingerprint.store import SegmentStore


def run_withdraw(*, catalogue: Path, recordings: list[str]) -> bool:
    """Withdraw recordings by name or id; those that are not there are named."""
    with Catalogue(catalogue) as records:
        ids, bad = set(), 0
        with records.transaction() as session:
            for name in recordings:
                try:
                    ids.add(queries.find(session, name).id)
                except (RecordingMissing, RecordingAmbiguous) as error:
                    complain(printable(str(error)))
                    bad += 1
            changing.withdraw(session, ids, why=Withdrawal.PERSON)
        bring_in_line(records)
    print(f"{counted(len(ids), 'recording')} withdrawn.")
    return bad == 0


def run_opinion(*, catalogue: Path, recording: str, stance: str, by: str, note: str) -> bool:
    """Keep somebody's opinion of a recording; the next export carries it."""
    with Catalogue(catalogue) as records, records.transaction() as session:
        opinion = Opinion(by, Stance(stance), now().date(), note)
        changing.give_opinion(session, queries.find(session, recording), opinion)
    return True


def run_stats(*, catalogue: Path, json: bool) -> bool:
    """Say how much is in a catalogue."""
    with Catalogue(catalogue) as records:
        told = _gather(records)
    print(jsons.dumps(told, ensure_ascii=False) if json else _told(told))
    return True


def _gather(records: Catalogue) -> dict[str, Any]:
    with records.reading() as session:
        counts = queries.counts(session)
        withdrawn = queries.withdrawn_count(session)
        lists = [
            {"name": one.name, "issue": one.issue, "action": str(one.action)}
            for one in queries.lists(session)
        ]
    segments = segments_folder(records)
    sound_s = sum(one.duration_ms for one in counts) / 1000
    index_bytes = sum(path.stat().st_size for path in segments.glob("*") if path.is_file())
    return {
        "recordings": sum(one.recordings for one in counts),
        "hours": round(sound_s / 3600, 3),
        "withdrawn": withdrawn,
        "fingerprint_bytes": sum(one.fingerprint_bytes for one in counts),
        "index_bytes": index_bytes,
        "index_mb_per_hour": round(index_bytes / 1e6 / (sound_s / 3600), 3)
        if sound_s
        else None,
        "segments": SegmentStore(segments).segment_count if segments.exists() else 0,
        "lists": lists,
        "by_list": [
            {
                "list": one.list_name or None,
                "category": one.category,
                "recordings": one.recordings,
                "hours": round(one.duration_ms / 3_600_000, 3),
            }
            for one in counts
        ],
    }


def _told(told: dict[str, Any]) -> str:
    rows = [
        (
            one["list"] or "(indexed here)",
            one["category"] or "-",
            f"{one['recordings']:,}",
            hours(one["hours"] * 3600),
        )
        for one in told["by_list"]
    ]
    return "\n".join(
        [
            f"{counted(told['recordings'], 'recording')}, {hours(told['hours'] * 3600)}; "
            f"{told['withdrawn']:,} withdrawn.",
            f"Fingerprints {size(told['fingerprint_bytes'])}; "
            f"index {size(told['index_bytes'])} in {counted(told['segments'], 'segment')}.",
            "",
            table([("list", "category", "recordings", "length"), *rows]),
        ]
    )
