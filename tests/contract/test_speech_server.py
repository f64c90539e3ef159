"""A speech server is asked as it expects, and whatever it answers does no harm."""

import time
from contextlib import closing
from typing import Any, Final

import pytest

from balai.detect.speech.recognizer import (
    DeadlineMissed,
    Doubtful,
    RecognizerFailed,
    Speech,
    Transcript,
    Word,
)
from balai.detect.speech.remote import ANSWER_BYTES_MAX, Remote, RemoteRecognizer
from tests.recognizers import LINES, PATIENT_S, asking, hear, spoken
from tests.speech_server import Answer, serving, transcribing, verbose

SOON_S: Final = 1.0


@pytest.fixture(scope="module")
def speech() -> Speech:
    return spoken()


def asked_of(answer: Answer, speech: Speech, within_s: float = PATIENT_S) -> Transcript:
    with asking(lambda asked: answer) as engine:
        return engine.hear(speech, language="en", within_s=within_s)


def test_a_server_is_asked_as_it_expects(speech: Speech) -> None:
    with serving(transcribing(LINES)) as server:
        remote = Remote(
            f"{server.url}/", "large", key="s3cret", hold_languages=frozenset({"id"})
        )
        with closing(RemoteRecognizer(remote, "here")) as engine:
            assert hear(engine, speech, "id").text == LINES[0]
            assert hear(engine, speech, None).text == LINES[1]
            assert [engine.may_hold("id"), engine.may_hold("en")] == [True, False]
            assert engine.name == "remote/here/large"
        first, second = server.asked
    assert first.headers["authorization"] == "Bearer s3cret"
    assert (first.speech() == speech).all()
    form = {name: values for name, values in first.form().items() if name != "file"}
    assert form == {
        "model": [b"large"],
        "response_format": [b"verbose_json"],
        "timestamp_granularities[]": [b"word", b"segment"],
        "temperature": [b"0"],
        "language": [b"id"],
    }
    assert "language" not in second.form()
    assert "s3cret" not in repr(remote)


def test_words_without_a_place_are_spread_over_what_has_one(speech: Speech) -> None:
    unsure = 0.49  # never enough for a hold
    segments = [
        {"start": 0.0, "end": 1.0, "text": " ab cd", "avg_logprob": 0.0},
        {"start": 2.0, "end": 9.0, "text": " efgh"},
    ]
    assert asked_of(Answer.json({"segments": segments}), speech).words == (
        Word("ab", 0, 8_000, 1.0),
        Word("cd", 8_000, 16_000, 1.0),
        Word("efgh", 32_000, 48_000, unsure),
    )
    assert asked_of(Answer.json({"text": "ab cdef"}), speech).words == (
        Word("ab", 0, 16_000, unsure),
        Word("cdef", 16_000, 48_000, unsure),
    )


def word(**changed: Any) -> dict[str, Any]:
    return {"words": [{"word": "yes", "start": 0.1, "end": 0.5, **changed}]}


HOSTILE: Final = {
    "refused": Answer(b"{}", status=401),
    "broken": Answer(b"{}", status=500),
    "led away": Answer(status=307, headers={"Location": "http://127.0.0.1:9/"}),
    "empty": Answer(b""),
    "no JSON": Answer(b"<html>"),
    "half": Answer(b'{"text": "yes'),
    "cut": Answer(b'{"text": "yes"}', cut_at=5),
    "not UTF-8": Answer(b'{"text": "\xff\xfe"}'),
    "deep": Answer(b"[" * 200_000),
    "a long number": Answer(b'{"text": "a", "segments": ' + b"9" * 5_000 + b"}"),
    "a list": Answer(b"[]"),
    "a word": Answer(b'"yes"'),
    "no text": Answer(b"{}"),
    "text is a number": Answer.json({"text": 5}),
    "words is a text": Answer.json({"words": "yes"}),
    "words of text": Answer.json({"words": ["yes"]}),
    "segments is a number": Answer.json({"segments": 7}),
    "too many segments": Answer.json({"segments": [{}] * 1_000}),
    "no place": Answer.json(word(start=None)),
    "place is a text": Answer.json(word(start="0")),
    "place is a claim": Answer.json(word(end=True)),
    "before it began": Answer.json(word(start=-1)),
    "backwards": Answer.json(word(start=0.5, end=0.1)),
    "in a year": Answer.json(word(start=0.1, end=3e7)),
    "NaN": Answer(b'{"words": [{"word": "yes", "start": NaN, "end": 1}]}'),
    "endless": Answer(b'{"words": [{"word": "yes", "start": 0, "end": 1e999}]}'),
    "huge": Answer(b'{"words": [{"word": "yes", "start": 0, "end": ' + b"9" * 400 + b"}]}"),
    "too sure": Answer.json(word(probability=1.5)),
    "word is a number": Answer.json(word(word=5)),
    "too many words": Answer.json({"words": word()["words"] * 5_000}),
    "too much": Answer(b'{"text": "' + b" " * ANSWER_BYTES_MAX + b'"}'),
    "packed": Answer(b"\x1f\x8b\x08\x00", headers={"Content-Encoding": "gzip"}),
}


@pytest.mark.parametrize("answer", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_answer_is_a_failure_and_nothing_else(answer: Answer, speech: Speech) -> None:
    with pytest.raises(RecognizerFailed):
        asked_of(answer, speech)


@pytest.mark.parametrize(
    "answer",
    [
        Answer.json(word(start=20.0, end=21.0)),
        Answer.json(word(word="a" * 100)),
        Answer.json({"text": "yes " * 60}),
        Answer.json({"text": "Subtitles by the Amara.org community"}),
        Answer.json(
            {"segments": [{"start": 0, "end": 1, "text": "Hm so", "avg_logprob": -1.4}]}
        ),
    ],
)
def test_words_that_cannot_be_are_doubtful(answer: Answer, speech: Speech) -> None:
    with pytest.raises(Doubtful):
        asked_of(answer, speech)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(b'{"text": "late"}', wait_s=5.0),
        Answer(b'{"text": "one letter at a time"}', drip_s=0.05),
    ],
    ids=["late", "dripping"],
)
def test_a_slow_server_is_not_waited_for(answer: Answer, speech: Speech) -> None:
    begun = time.monotonic()
    with pytest.raises(DeadlineMissed):
        asked_of(answer, speech, within_s=0.3)
    assert time.monotonic() - begun < SOON_S


def test_a_server_that_is_not_there_is_a_failure(speech: Speech) -> None:
    with serving(transcribing(LINES)) as server:
        url = server.url
    with closing(RemoteRecognizer(Remote(url, "large"), "here")) as engine:
        for _ in range(2):
            with pytest.raises(RecognizerFailed):
                hear(engine, speech)


def test_a_server_that_failed_is_asked_again(speech: Speech) -> None:
    answers = iter([Answer(status=503), Answer(b"{", cut_at=0), Answer.json({"text": "yes"})])
    with asking(lambda asked: next(answers)) as engine:
        for _ in range(2):
            with pytest.raises(RecognizerFailed):
                hear(engine, speech)
        assert hear(engine, speech).text == "yes"


@pytest.mark.parametrize(
    ("named", "code"),
    [("english", "en"), ("Indonesian", "id"), ("jw", "jv"), ("zh-Hans", "zh"), ("haw", "haw")],
)
def test_a_language_s_name_is_its_code(speech: Speech, named: str, code: str) -> None:
    heard = Transcript((Word("yes", 0, 8_000, 1.0),), "en", "x")
    with asking(lambda asked: Answer.json(verbose(heard, named, len(speech)))) as engine:
        transcript = hear(engine, speech, None)
    assert (transcript.language, transcript.is_language_identified) == (code, True)


@pytest.mark.parametrize("named", [None, 5, "", "klingonese", "../en"])
def test_a_language_nobody_knows_stays_unknown(speech: Speech, named: Any) -> None:
    with asking(lambda asked: Answer.json({"text": "yes", "language": named})) as engine:
        transcript = hear(engine, speech, None)
    assert (transcript.language, transcript.is_language_identified) == ("und", False)
