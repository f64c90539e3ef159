"""A local HTTP server for tests: a speech server that follows a script, and a hub of models."""

import hashlib
import io
import itertools
import json
import threading
import wave
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np

from balai.detect.speech.guards import placed, spread
from balai.detect.speech.recognizer import RATE_HZ, Speech, Transcript


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes

    def form(self) -> dict[str, list[bytes]]:
        """Read the fields of a multipart form."""
        head = f"Content-Type: {self.headers['content-type']}\r\n\r\n".encode()
        fields: dict[str, list[bytes]] = {}
        for part in message_from_bytes(head + self.body).get_payload():
            name = part.get_param("name", header="content-disposition")  # type: ignore[union-attr]
            content = part.get_payload(decode=True)  # type: ignore[union-attr]
            fields.setdefault(str(name), []).append(bytes(content))
        return fields

    def speech(self) -> Speech:
        """Read the sound of a transcription's form."""
        with wave.open(io.BytesIO(self.form()["file"][0])) as sound:
            assert (sound.getframerate(), sound.getnchannels()) == (RATE_HZ, 1)
            return np.frombuffer(sound.readframes(sound.getnframes()), "<i2").astype(np.int16)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered, and how badly: cut after so many bytes, one byte at a time."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut_at: int | None = None
    wait_s: float = 0.0
    drip_s: float = 0.0

    @classmethod
    def json(cls, value: Any, **how: Any) -> "Answer":
        return cls(json.dumps(value).encode(), **how)


@dataclass(slots=True)
class Server:
    """A server that runs, and what it was asked."""

    url: str
    asked: list[Asked] = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)


@contextmanager
def serving(answer: Callable[[Asked], Answer]) -> Iterator[Server]:
    """Answer requests on a free port until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._answer()

        do_POST = do_GET  # noqa: N815

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.path, headers, self.rfile.read(length))
            server.asked.append(asked)
            try:
                self._send(answer(asked))
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # whoever asked has had enough

        def _send(self, told: Answer) -> None:
            server.is_over.wait(told.wait_s)
            self.send_response(told.status)
            for name, value in {"Content-Length": str(len(told.body)), **told.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            body = told.body if told.cut_at is None else told.body[: told.cut_at]
            if not told.drip_s:
                self.wfile.write(body)
            for at in range(len(body) if told.drip_s else 0):
                self.wfile.write(body[at : at + 1])
                if server.is_over.wait(told.drip_s):
                    break
            self.close_connection = told.cut_at is not None or bool(told.drip_s)

        def log_message(self, *_: Any) -> None:
            pass

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.daemon_threads = True
    server = Server(f"http://127.0.0.1:{listener.server_port}")
    thread = threading.Thread(target=listener.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server
    finally:
        server.is_over.set()
        listener.shutdown()
        thread.join()
        listener.server_close()


def transcribing(lines: Sequence[str], *, hears: str = "indonesian") -> Callable[..., Answer]:
    """Answer as a transcription server does, with these lines, one after the other."""
    following = itertools.cycle(lines)

    def answer(asked: Asked) -> Answer:
        assert asked.path == "/v1/audio/transcriptions"
        speech, form = asked.speech(), asked.form()
        words = placed(spread(next(following), 0.0, len(speech) / RATE_HZ, 0.9), len(speech))
        heard = Transcript(words, "", "")
        told = form.get("language")
        return Answer.json(verbose(heard, told[0].decode() if told else hears, len(speech)))

    return answer


def verbose(heard: Transcript, language: str, samples: int) -> dict[str, Any]:
    """Write a transcript as `verbose_json`."""
    words = [
        {"word": one.text, "start": one.from_sample / RATE_HZ, "end": one.to_sample / RATE_HZ}
        for one in heard.words
    ]
    segment = {
        "id": 0,
        "start": 0.0,
        "end": samples / RATE_HZ,
        "text": f" {heard.text}",
        "avg_logprob": -0.2,
        "no_speech_prob": 0.01,
        "compression_ratio": 1.1,
    }
    return {
        "task": "transcribe",
        "language": language,
        "duration": samples / RATE_HZ,
        "text": heard.text,
        "words": words,
        "segments": [segment],
    }


class Hub:
    """A hub with one model: its listing, its files, and how badly it behaves.

    `files` is what is listed; `served` may differ from it. The bytes of each are sent from
    another place, as large files are; `cut_at` cuts the first answer that carries `model.bin`.
    """

    def __init__(self, repository: str, files: dict[str, bytes]) -> None:
        self.repository = repository
        self.files = files
        self.served = dict(files)
        self.cut_at: int | None = None
        self.knows_ranges = True
        self.listing: Any = [self._entry(name, body) for name, body in files.items()]

    @staticmethod
    def _entry(path: str, body: bytes) -> dict[str, Any]:
        git = hashlib.sha1(b"blob %d\0" % len(body) + body, usedforsecurity=False).hexdigest()
        entry = {"type": "file", "path": path, "size": len(body), "oid": git}
        if path == "model.bin":
            sha256 = hashlib.sha256(body).hexdigest()
            entry["lfs"] = {"oid": sha256, "size": len(body), "pointerSize": 134}
        return entry

    def __call__(self, asked: Asked) -> Answer:
        if asked.path == f"/api/models/{self.repository}/tree/main":
            return Answer.json(self.listing)
        name = asked.path.rpartition("/")[2]
        if asked.path == f"/{self.repository}/resolve/main/{name}":
            return Answer(status=302, headers={"Location": f"/elsewhere/{name}"})
        if not asked.path.startswith("/elsewhere/") or name not in self.served:
            return Answer(status=404)
        return self._file(name, asked.headers.get("range"))

    def _file(self, name: str, wanted: str | None) -> Answer:
        body = self.served[name]
        if wanted is not None and self.knows_ranges:
            first = int(wanted.removeprefix("bytes=").partition("-")[0])
            span = f"bytes {first}-{len(body) - 1}/{len(body)}"
            return Answer(body[first:], status=206, headers={"Content-Range": span})
        if name == "model.bin":
            cut_at, self.cut_at = self.cut_at, None
            return Answer(body, cut_at=cut_at)
        return Answer(body)
