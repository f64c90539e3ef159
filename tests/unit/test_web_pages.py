import base64
import hashlib
from pathlib import Path

import pytest
from starlette.requests import Request

from balai.web import pages, streams
from balai.web.pages import content_policy, titled

SHELL = "<html><head><title>Balai</title><script>go()</script></head><body></body></html>"


def test_a_page_reaches_its_house_and_its_hall_and_nothing_else() -> None:
    policy = dict(
        part.split(" ", 1)
        for part in content_policy(SHELL, "https://cdn.example/x").split("; ")
    )
    digest = base64.b64encode(hashlib.sha256(b"go()").digest()).decode()
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == f"'self' 'sha256-{digest}'"
    assert policy["connect-src"] == "'self' https://cdn.example"
    assert policy["media-src"] == "'self' blob: https://cdn.example"
    assert "unsafe" not in policy["style-src"]


def test_scripts_that_are_files_need_no_hash() -> None:
    shell = '<script type="module" src="/assets/a.js"></script>'
    assert "sha256" not in content_policy(shell, "http://127.0.0.1:8001")


def test_a_title_cannot_become_markup() -> None:
    page = titled(SHELL, title='"><script>evil()</script>', house="A & B")
    assert "<script>evil" not in page
    assert page.count("<title>") == 1
    assert "A &amp; B" in page
    assert 'property="og:title" content="&quot;&gt;&lt;script&gt;' in page


@pytest.mark.parametrize(
    ("count", "band"),
    [
        (0, "0"),
        (1, "1–9"),
        (9, "1–9"),
        (10, "10–49"),
        (99, "50–99"),
        (100, "100–499"),
        (999, "500–999"),
        (4_999, "1000–4999"),
        (5_000, "5000+"),
    ],
)
def test_listeners_are_counted_in_bands(count: int, band: str) -> None:
    assert streams.band_of(count) == band


def test_a_house_without_pages_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "CLIENT", tmp_path)
    answer = pages.shell(Request({"type": "http"}), None, "/", status=200)  # type: ignore[arg-type]
    assert answer.status_code == 503
    assert "make client" in bytes(answer.body).decode()
