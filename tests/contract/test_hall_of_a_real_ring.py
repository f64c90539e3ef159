"""The hall over the ring that the air really writes."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from balai.air.ring import Ring
from balai.air.webvtt import SEGMENT_HEAD, Cue, CueWord
from tests.hall_origin import TOKEN, hall_process

CONFIG = bytes.fromhex("1188")  # AAC-LC, 48 kHz, mono
GROWING = (
    *("live.m3u8", "low.m3u8", "rewind.m3u8", "captions-live.m3u8", "captions.m3u8"),
    *("room-live.m3u8", "room-low.m3u8", "room-rewind.m3u8", "transcript.vtt"),
)
STARTS_AT = datetime(2026, 1, 1, tzinfo=UTC)


def _publish(ring: Ring, part: int) -> None:
    starts_at = STARTS_AT + timedelta(milliseconds=256 * part)
    packets = [bytes([part % 256]) * 180] * 12
    assert ring.publish(packets, starts_at=starts_at, cues=_cues if part % 3 else None)


def _cues(media_time: int) -> list[Cue]:
    """A cue so long that the transcript soon fills several pages."""
    words = (CueWord("word", is_doubtful=False),) * 16
    return [Cue(f"ada-{media_time}", media_time, media_time + 12_288, "Ada", words)]


def _names(playlist: str) -> list[str]:
    return [line for line in playlist.splitlines() if line and not line.startswith("#")]


def test_every_playlist_is_the_rings_own_at_every_moment(tmp_path: Path) -> None:
    folder = tmp_path / "air" / TOKEN
    ring = Ring(folder)
    ring.begin(CONFIG)
    with hall_process(tmp_path) as url, httpx.Client(base_url=f"{url}/hall/{TOKEN}/") as client:
        assert client.get("low.m3u8").status_code == 404
        for part in range(60):
            _publish(ring, part)
            for name in GROWING:
                answer = client.get(name)
                assert (answer.status_code == 200) is (folder / name).exists()
                if answer.status_code == 200:
                    assert answer.content == (folder / name).read_bytes()
        assert client.get("replay.m3u8").status_code == 404
        assert client.get("room-replay.m3u8").status_code == 404
        assert ring.finish()
        replay = client.get("replay.m3u8").text
        assert replay.endswith("#EXT-X-ENDLIST\n")
        assert len(_names(replay)) == 15
        for name in _names(replay):
            assert client.get(name).content == (folder / name).read_bytes()
        captions = _names(client.get("captions.m3u8").text)
        assert len(captions) == 15
        shown = [client.get(name).text.removeprefix(SEGMENT_HEAD) for name in captions]
        transcript = client.get("transcript.vtt").text
        assert [cue for cue in "".join(shown).split("\n\n") if cue not in transcript] == []
        assert "".join(shown).count("<v Ada>") == transcript.count("<v Ada>") == 40
        assert _names(client.get("room-replay.m3u8").text) == ["replay.m3u8"]
        ring.delete()
        for name in ("transcript.vtt", "captions.m3u8", "room-live.m3u8", captions[0]):
            assert client.get(name).status_code == 404
        assert client.get("replay.m3u8").status_code == 404
        assert client.get(_names(replay)[0]).status_code == 404


def test_a_player_follows_the_edge_part_by_part(tmp_path: Path) -> None:
    ring = Ring(tmp_path / "air" / TOKEN)
    ring.begin(CONFIG)
    for part in range(4):
        _publish(ring, part)
    with hall_process(tmp_path) as url, httpx.Client(base_url=f"{url}/hall/{TOKEN}/") as client:
        for part in range(4, 24):
            _publish(ring, part)
            query = {"_HLS_msn": part // 4, "_HLS_part": part % 4}
            assert f"p{part // 4}.{part % 4}-" in client.get("low.m3u8", params=query).text
