"""Hostile offers: only this house's error kinds come out, and what is let in is canonical."""

import re
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from balai.errors import BalaiError
from balai.stage.embedded import EmbeddedEngine
from balai.stage.fake import OFFER
from balai.stage.sdp import Offer, read_offer

LINES = OFFER.splitlines()
Words = st.sampled_from(
    ["0", "-1", "65536", "9" * 400, "²", "\x00", "\ud800", "é", " ", ":", "/", "%s", "opus", ""]
) | st.text(max_size=8)
AttributeLines = st.builds(
    "a={}:{}".format,
    st.sampled_from(
        ["mid", "rtpmap", "fmtp", "ice-ufrag", "ice-pwd", "setup", "fingerprint", "candidate",
         "ssrc", "extmap", "group", "rtcp-fb", "end-of-candidates", "ice-lite"]
    ),
    st.lists(Words, max_size=9).map(" ".join),
)  # fmt: skip


@st.composite
def spoilt_offers(draw: st.DrawFn) -> str:
    """A good offer with lines taken out, doubled, garbled and put in."""
    lines = list(LINES)
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(lines)))
        what = draw(st.sampled_from(["drop", "double", "garble", "insert", "section"]))
        if what == "drop":
            del lines[at : at + 1]
        elif what == "double":
            lines[at:at] = lines[at : at + 1]
        elif what == "garble" and at < len(lines):
            cut = draw(st.integers(0, len(lines[at])))
            lines[at] = lines[at][:cut] + draw(Words) + lines[at][cut:]
        elif what == "insert":
            lines.insert(at, draw(AttributeLines))
        elif what == "section":
            lines.insert(
                at, draw(st.sampled_from(["m=video 9 UDP/TLS/RTP/SAVPF 96", "m=", "m=audio"]))
            )
    return draw(st.sampled_from(["\r\n", "\n"])).join(lines)


def read_or_refused(text: str) -> Offer | None:
    with suppress(BalaiError):
        return read_offer(text)
    return None


@settings(max_examples=500)
@given(spoilt_offers() | st.text(max_size=200))
def test_any_text_is_an_offer_or_an_error_of_ours(text: str) -> None:
    offer = read_or_refused(text)
    if offer is not None:
        assert read_offer(offer.text()) == offer
        assert re.fullmatch(r"(?:[a-z]=[ -~]+\r\n)+", offer.text())


def test_the_good_offer_is_not_refused() -> None:
    assert read_or_refused(OFFER) is not None


@settings(max_examples=40, deadline=None)
@given(spoilt_offers())
@pytest.mark.filterwarnings("error")
async def test_the_engine_answers_or_refuses_and_stays_open(text: str) -> None:
    engine = EmbeddedEngine(stages_max=1)
    stage = await engine.open("room", tell=lambda _: None)
    with suppress(BalaiError):
        await stage.connect("ada", text)
    assert (await stage.connect("ben", OFFER)).startswith("v=0")
    await engine.close()
