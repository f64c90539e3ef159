"""What the hall answers: a real worker process over files that a ring writer publishes."""

import contextlib
import gzip
import json
import shutil
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from tests.hall_origin import TOKEN, SmallRing, hall_process

KEPT_APART = "s0-bbbbbbbb.m4s"
NOT_FOUND = {
    "error": {
        "kind": "not_found",
        "code": "not_found",
        "message": "This does not exist, or not for you.",
    }
}


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, SmallRing]]:
    data = tmp_path_factory.mktemp("hall")
    ring = SmallRing(data)
    for _ in range(9):
        ring.publish_part()
    with hall_process(data) as url:
        yield f"{url}/hall/{TOKEN}", ring


def test_a_segment_may_be_kept_for_ever(origin: tuple[str, SmallRing]) -> None:
    url, ring = origin
    segment = ring.finished[0][0]
    answer = httpx.get(f"{url}/{segment}")
    assert answer.status_code == 200
    assert answer.content == (ring.folder / segment).read_bytes()
    assert answer.headers["content-type"] == "audio/mp4"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["date"]


def test_a_playlist_is_asked_for_anew_and_compressed(origin: tuple[str, SmallRing]) -> None:
    url, ring = origin
    body = (ring.folder / "low.m3u8").read_bytes()
    plain = httpx.get(f"{url}/low.m3u8", headers={"accept-encoding": "identity"})
    with httpx.stream("GET", f"{url}/low.m3u8", headers={"accept-encoding": "gzip"}) as packed:
        raw = b"".join(packed.iter_raw())
    assert plain.content == body
    assert gzip.decompress(raw) == body
    assert len(raw) < len(body)
    assert packed.headers["content-encoding"] == "gzip"
    for answer in (plain, packed):
        assert answer.headers["cache-control"] == "no-cache"
        assert answer.headers["vary"] == "accept-encoding"
        assert answer.headers["content-type"] == "application/vnd.apple.mpegurl"
    refused = httpx.get(f"{url}/low.m3u8", headers={"accept-encoding": "gzip;q=0, br"})
    assert "content-encoding" not in refused.headers


def test_captions_of_a_segment_may_be_kept_for_ever(origin: tuple[str, SmallRing]) -> None:
    url, ring = origin
    body = "WEBVTT\n\n1\n00:00.000 --> 00:01.000\n<v Ada>héllo\n\n".encode() * 300
    for name in ("c0-aaaaaaaa.vtt", "c-aaaaaaaa.vtt", "c123456789012-aaaaaaaa.vtt"):
        ring.publish(name, body)
        answer = httpx.get(f"{url}/{name}")
        assert answer.content == body
        assert answer.headers["content-type"] == "text/vtt; charset=utf-8"
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "content-encoding" not in answer.headers
    some = httpx.get(f"{url}/c-aaaaaaaa.vtt", headers={"range": "bytes=0-5"})
    assert (some.status_code, some.content) == (206, b"WEBVTT")
    assert some.headers["content-type"] == "text/vtt; charset=utf-8"


def test_a_transcript_grows_is_asked_for_anew_and_compressed(
    origin: tuple[str, SmallRing],
) -> None:
    url, ring = origin
    body = b"WEBVTT\n\n"
    ring.publish("transcript.vtt", body)
    with httpx.Client() as client, (ring.folder / "transcript.vtt").open("ab") as file:
        for number in range(100):
            cue = b"%d\n00:00.000 --> 00:01.000\nword\n\n" % number
            file.write(cue)
            file.flush()
            body += cue
            answer = client.get(f"{url}/transcript.vtt")
            assert answer.content == body
            assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["vary"] == "accept-encoding"
    assert answer.headers["content-type"] == "text/vtt; charset=utf-8"
    (ring.folder / "transcript.vtt").unlink()
    assert httpx.get(f"{url}/transcript.vtt").status_code == 404


def test_playlists_of_captions_are_playlists(origin: tuple[str, SmallRing]) -> None:
    url, ring = origin
    names = ["captions.m3u8", "captions-live.m3u8"]
    names += [f"room-{each}.m3u8" for each in ("live", "low", "rewind", "replay")]
    for name in names:
        ring.publish(name, b"#EXTM3U\n")
        answer = httpx.get(f"{url}/{name}", params={"_HLS_msn": 7})
        assert answer.content == b"#EXTM3U\n"
        assert answer.headers["cache-control"] == "no-cache"
        assert answer.headers["content-type"] == "application/vnd.apple.mpegurl"
        (ring.folder / name).unlink()


def test_a_head_has_everything_but_the_body(origin: tuple[str, SmallRing]) -> None:
    url, ring = origin
    for name in (ring.finished[0][0], "live.m3u8", "nothing.m3u8"):
        got, head = httpx.get(f"{url}/{name}"), httpx.head(f"{url}/{name}")
        assert head.content == b""
        assert head.status_code == got.status_code
        assert {**head.headers, "date": ""} == {**got.headers, "date": ""}


@pytest.mark.parametrize(
    ("asked", "status", "start", "end"),
    [
        ("bytes=0-99", 206, 0, 100),
        ("bytes=8000-", 206, 8000, 8700),
        ("bytes=-100", 206, 8600, 8700),
        ("bytes=-99999", 206, 0, 8700),
        ("bytes=8699-99999", 206, 8699, 8700),
        ("bytes=0-1,4-5", 200, 0, 8700),
        ("bytes=-", 200, 0, 8700),
        ("parts=1-2", 200, 0, 8700),
        ("bytes=9-3", 416, 0, 0),
        ("bytes=8700-", 416, 0, 0),
        ("bytes=-0", 416, 0, 0),
    ],
)
def test_a_stretch_of_a_segment_can_be_asked_for(
    origin: tuple[str, SmallRing], asked: str, status: int, start: int, end: int
) -> None:
    url, ring = origin
    segment = ring.finished[0][0]
    answer = httpx.get(f"{url}/{segment}", headers={"range": asked})
    assert answer.status_code == status
    if status == 416:
        assert answer.headers["content-range"] == "bytes */8700"
        return
    assert answer.content == (ring.folder / segment).read_bytes()[start:end]
    expected = f"bytes {start}-{end - 1}/8700" if status == 206 else None
    assert answer.headers.get("content-range") == expected


def test_a_range_with_a_condition_that_no_answer_ever_gave_is_not_met(
    origin: tuple[str, SmallRing],
) -> None:
    url, ring = origin
    answer = httpx.get(
        f"{url}/{ring.finished[0][0]}", headers={"range": "bytes=0-9", "if-range": '"x"'}
    )
    assert (answer.status_code, len(answer.content)) == (200, 8700)


def test_another_method_is_refused_and_a_browsers_question_answered(
    origin: tuple[str, SmallRing],
) -> None:
    url, _ = origin
    assert httpx.post(f"{url}/live.m3u8").status_code == 405
    assert httpx.delete(f"{url}/live.m3u8").headers["allow"] == "GET, HEAD, OPTIONS"
    assert httpx.request("GET", f"{url}/live.m3u8", content=b"body").status_code == 400
    preflight = httpx.options(f"{url}/live.m3u8")
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-methods"] == "GET, HEAD"


def _hostile(ring: SmallRing) -> list[str]:
    segment, parts = ring.finished[0]
    other = "z" * 26
    return [
        "",
        ".",
        f".{segment}.new",
        ".secret",
        "low.m3u8.new",
        "LIVE.m3u8",
        "replay.m3u8",
        "rewind.m3u8",
        quote(segment, safe="").replace("-", "%2d"),
        segment[:-5],
        segment + "%00",
        segment + "/",
        segment.replace("s0", "s00"),
        parts[0].replace("p0.0", "p0.9"),
        "s2-aaaaaaaa.m4s",
        "init-aaaaaaaa.mp4",
        "c9-bbbbbbbb.vtt",
        "c9-aaaaaaaa.m4s",
        "s0-aaaaaaaa.vtt",
        "transcript.m3u8",
        "transcript.vtt.m3u8",
        ".transcript.vtt",
        "captions.vtt",
        "captions-low.m3u8",
        "room-captions.m3u8",
        "room.m3u8",
        f"../{TOKEN}/{segment}",
        f"..%2f{TOKEN}%2f{segment}",
        f"%2e%2e/{TOKEN}/live.m3u8",
        f"../{other}/live.m3u8",
        "../../balai.sqlite3",
        f"../../tracks/{TOKEN}/{KEPT_APART}",
        f"../../tracks/{TOKEN}/originals/{KEPT_APART}",
        f"originals/{KEPT_APART}",
        KEPT_APART,
        "..%5c..%5cbalai.sqlite3",
        "....//....//balai.sqlite3",
        "/etc/passwd",
        "%2fetc%2fpasswd",
    ]


def test_no_other_name_is_ever_answered(origin: tuple[str, SmallRing]) -> None:
    url, ring = origin
    (ring.folder / ".secret").write_text("not published")
    (ring.folder / "notes.txt").write_text("not published")
    data = ring.folder.parent.parent
    (data / "balai.sqlite3").write_text("records")
    for kept in (data / "tracks" / TOKEN, data / "tracks" / TOKEN / "originals"):
        kept.mkdir(parents=True)
        (kept / KEPT_APART).write_text("a voice apart")
    assert httpx.get(f"{url}/{ring.finished[0][0]}").status_code == 200  # the ring is there
    host = httpx.URL(url)
    for name in [*_hostile(ring), "notes.txt"]:
        target = f"/hall/{TOKEN}/{name}".encode()
        request = httpx.Request("GET", url, extensions={"target": target})
        with httpx.Client(base_url=host) as client:
            answer = client.send(request)
        assert (name, answer.status_code) == (name, 404)
        assert answer.json() == NOT_FOUND
        assert answer.headers["cache-control"] == "no-store"


def test_an_unknown_room_and_an_unknown_path_are_not_found(
    origin: tuple[str, SmallRing],
) -> None:
    root = origin[0].removesuffix(f"/hall/{TOKEN}")
    for path in ("/", "/hall", f"/hall/{TOKEN}", f"/hall/{'z' * 26}/live.m3u8", "/api/rooms"):
        assert httpx.get(root + path).status_code == 404
    assert httpx.get(f"{root}/healthz").json() == {"status": "ok"}


def test_a_replaced_playlist_is_seen_at_once(origin: tuple[str, SmallRing]) -> None:
    url, ring = origin
    with httpx.Client() as client:
        for number in range(200):
            body = b"#EXTM3U\n#%d\n" % number
            ring.publish("rewind.m3u8", body)
            assert client.get(f"{url}/rewind.m3u8").content == body
        (ring.folder / "rewind.m3u8").unlink()
        assert client.get(f"{url}/rewind.m3u8").status_code == 404


def test_a_lost_room_is_gone_and_comes_back(tmp_path: Path) -> None:
    ring = SmallRing(tmp_path)
    ring.publish_part()
    with hall_process(tmp_path) as origin, httpx.Client() as client:
        url = f"{origin}/hall/{TOKEN}/live.m3u8"
        assert client.get(url).status_code == 200
        shutil.rmtree(ring.folder)
        assert client.get(url).status_code == 404
        SmallRing(tmp_path).publish_part()
        assert client.get(url).status_code == 200
        (tmp_path / "air").rename(tmp_path / "elsewhere")
        assert client.get(url).status_code == 404
        shutil.rmtree(tmp_path / "elsewhere")
        SmallRing(tmp_path).publish_part()
        assert client.get(url).status_code == 200


def test_nothing_is_answered_before_it_is_published(tmp_path: Path) -> None:
    """Ask for the true names of the future all the time: they exist only once published."""
    ring = SmallRing(tmp_path)
    ring.publish_part()
    names = [ring.name(f"p{n // 4}.{n % 4}") for n in range(1, 60)]
    with hall_process(tmp_path) as origin, ThreadPoolExecutor(4) as pool:
        url = f"{origin}/hall/{TOKEN}"
        published: set[str] = set()

        def hammer(offset: int) -> tuple[int, list[str]]:
            refused, early = 0, []
            with httpx.Client() as client:
                while len(published) < len(names):
                    for name in (names[(len(published) + offset) % len(names)], names[-1]):
                        answer = client.get(f"{url}/{name}")
                        if answer.status_code == 200 and name not in published:
                            early.append(name)
                        refused += answer.status_code == 404
            return refused, early

        hammering = [pool.submit(hammer, offset) for offset in (0, 1, 2, 7)]
        with httpx.Client() as client:
            for name in names:
                assert client.get(f"{url}/{name}").status_code == 404
                published.add(name)
                ring.publish_part(name)
                assert client.get(f"{url}/{name}").status_code == 200
        results = [each.result(30) for each in hammering]
    assert [early for _, early in results] == [[], [], [], []]
    assert min(refused for refused, _ in results) > 0


def test_two_workers_share_one_port(tmp_path: Path) -> None:
    ring = SmallRing(tmp_path)
    ring.publish_part()
    with hall_process(tmp_path, workers=2) as url:
        for _ in range(40):
            answer = httpx.get(f"{url}/hall/{TOKEN}/low.m3u8")
            assert answer.text == (ring.folder / "low.m3u8").read_text()


def test_every_error_is_one_of_the_kinds(origin: tuple[str, SmallRing]) -> None:
    url, _ = origin
    for query in ("_HLS_part=1", "_HLS_msn=x", "_HLS_msn=999"):
        answer = httpx.get(f"{url}/low.m3u8?{query}")
        assert answer.status_code == 400
        assert json.loads(answer.content)["error"]["kind"] == "invalid"
        assert answer.headers["cache-control"] == "no-store"


def test_a_client_that_asks_faster_than_it_reads_is_closed(
    origin: tuple[str, SmallRing],
) -> None:
    """Its unread answers stay bounded, and nobody else notices."""
    url, ring = origin
    ring.publish("replay.m3u8", b"#" * (4 << 20))
    while httpx.head(f"{url}/replay.m3u8").status_code != 200:
        pass  # until the worker has heard of it
    address = httpx.URL(url)
    assert address.port is not None
    request = b"GET /hall/%b/replay.m3u8 HTTP/1.1\r\nhost: x\r\n\r\n" % TOKEN.encode()
    received = 0
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 << 10)  # one answer is stuck
        client.settimeout(20)
        client.connect((address.host, address.port))
        client.sendall(request)
        assert client.recv(1, socket.MSG_PEEK) == b"H"
        client.sendall(request * 63)
        time.sleep(1)  # it reads nothing meanwhile, so the worker cannot have sent the rest
        with contextlib.suppress(ConnectionResetError):
            while taken := client.recv(1 << 20):
                received += len(taken)
    assert received < 2 * (4 << 20)
    (ring.folder / "replay.m3u8").unlink()
    assert httpx.get(f"{url}/low.m3u8").status_code == 200
