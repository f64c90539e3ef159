"""Words that nobody said are doubtful; words that somebody said are not."""

import math

import numpy as np
import pytest

from balai.detect.speech.guards import (
    Placed,
    Signs,
    believed,
    is_silent,
    placed,
    spread,
)
from balai.detect.speech.recognizer import (
    RATE_HZ,
    Doubtful,
    RecognizerFailed,
    Transcript,
    Word,
)

LENGTH = 4 * RATE_HZ


def transcript(text: str, language: str = "en", samples: int = LENGTH) -> Transcript:
    words = placed(spread(text, 0.0, samples / RATE_HZ, 0.9), samples)
    return Transcript(words, language, "test")


def is_doubtful(text: str, signs: Signs | None = None, language: str = "en") -> bool:
    said = transcript(text, language)
    try:
        return believed(said, signs or Signs(), LENGTH) != said
    except Doubtful:
        return True


@pytest.mark.parametrize(
    ("signs", "expected"),
    [
        (Signs(), False),
        (Signs(mean_log_probability=-0.99), False),
        (Signs(mean_log_probability=-1.01), True),
        (Signs(mean_log_probability=-math.inf), True),
        (Signs(no_speech=0.6), False),
        (Signs(no_speech=0.61), True),
        (Signs(no_speech=0.99, mean_log_probability=-0.4), False),
        (Signs(no_speech=0.61, mean_log_probability=-0.6), True),
        (Signs(no_speech=0.1, mean_log_probability=-0.6), False),
    ],
)
def test_what_the_engine_hardly_believes_is_doubtful(signs: Signs, expected: bool) -> None:
    assert is_doubtful("that is the delay", signs) is expected


def test_no_words_are_believed_whatever_the_signs() -> None:
    nothing = transcript("")
    assert believed(nothing, Signs(0.99, -9.0), LENGTH) is nothing


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no no no no no no no no no no", False),  # somebody may be upset
        ("we go " * 12, True),
        ("terima kasih " * 8, True),
        ("the rain in the hills and the rain in the town and the rain on the sea", False),
    ],
)
def test_a_decoder_caught_in_a_loop_is_doubtful(text: str, expected: bool) -> None:
    assert is_doubtful(text) is expected


@pytest.mark.parametrize(
    ("samples", "count", "language", "expected"),
    [
        (LENGTH, 32, "en", False),
        (LENGTH, 33, "en", True),
        (LENGTH, 64, "zh", False),
        (LENGTH, 65, "zh", True),
        (RATE_HZ // 10, 4, "en", False),
        (RATE_HZ // 10, 5, "en", True),
    ],
)
def test_more_words_than_a_mouth_can_say_are_doubtful(
    samples: int, count: int, language: str, expected: bool
) -> None:
    text = " ".join(f"{one:x}{one * 7919:x}" for one in range(count))  # nothing repeats
    said = transcript(text, language, samples)
    assert len(said.words) == count
    try:
        told = believed(said, Signs(), samples) is not said
    except Doubtful:
        told = True
    assert told is expected


@pytest.mark.parametrize(
    "text",
    [
        "Thanks for watching!",
        "thank you for watching. Thank you for watching.",
        "Don't forget to like and subscribe",
        "Terima kasih telah menonton!",
        "Subtitles by the Amara.org community",
        "Субтитры сделал DimaTorzok",
        "ご視聴ありがとうございました",
        "اشتركوا في القناة",
        "Sous-titres réalisés par la communauté d'Amara.org",
        "Merci d'avoir regardé cette vidéo !",
    ],
)
def test_what_whisper_says_when_nobody_speaks_is_doubtful(text: str) -> None:
    assert is_doubtful(text) is True


@pytest.mark.parametrize(
    "text",
    [
        "thank you",
        "thanks for watching over my children last night",
        "he said terima kasih telah menonton and left",
        "the subtitles by this company were wrong",
        "we subscribe to the same newspaper",
        "?",
    ],
)
def test_the_same_words_among_others_are_believed(text: str) -> None:
    assert is_doubtful(text) is False


def test_words_are_brought_to_samples_in_order_and_inside() -> None:
    given = [
        Placed("  a ", 0.0, 0.1, 0.5),
        Placed("", 0.1, 0.2, 0.5),
        Placed("b\x00\x07c", 0.3, 0.5, 1.0),
        Placed("d", 0.2, 0.25, 0.0),  # before the one before it
        Placed("e", 3.9, 4.4, 0.5),  # engines place the last word a little behind the end
        Placed("f", 4.3, 4.4, 0.5),
    ]
    assert placed(given, LENGTH) == (
        Word("a", 0, 1_600, 0.5),
        Word("b c", 4_800, 8_000, 1.0),
        Word("d", 4_800, 4_801, 0.0),
        Word("e", 62_400, LENGTH, 0.5),
        Word("f", LENGTH - 1, LENGTH, 0.5),
    )


@pytest.mark.parametrize(
    "word",
    [
        Placed("a", -0.1, 1.0, 0.5),
        Placed("a", 1.0, 0.9, 0.5),
        Placed("a", math.nan, 1.0, 0.5),
        Placed("a", 0.0, math.nan, 0.5),
        Placed("a", 0.0, math.inf, 0.5),
        Placed("a", 0.0, 1.0, 1.1),
        Placed("a", 0.0, 1.0, -0.1),
        Placed("a", 0.0, 1.0, math.nan),
    ],
)
def test_a_word_at_no_place_is_a_failure(word: Placed) -> None:
    with pytest.raises(RecognizerFailed):
        placed([word], LENGTH)


@pytest.mark.parametrize("word", [Placed("a", 4.6, 5.0, 0.5), Placed("a" * 65, 0, 1, 0.5)])
def test_a_word_that_cannot_be_is_doubtful(word: Placed) -> None:
    with pytest.raises(Doubtful):
        placed([word], LENGTH)


def test_words_without_end_are_a_failure() -> None:
    assert len(placed([Placed("a", 0, 1, 0.5)] * 1_000, LENGTH)) == 1_000
    with pytest.raises(RecognizerFailed):
        placed([Placed("a", 0, 1, 0.5)] * 1_001, LENGTH)


def test_spread_words_are_as_long_as_their_letters_are_many() -> None:
    assert list(spread("a bcd", 1.0, 3.0, 0.7)) == [
        Placed("a", 1.0, 1.5, 0.7),
        Placed("bcd", 1.5, 3.0, 0.7),
    ]
    assert list(spread(" \n", 0.0, 1.0, 0.7)) == []


@pytest.mark.parametrize(
    ("samples", "peak", "expected"),
    [
        (0, 0, True),
        (799, 9_000, True),
        (800, 32, True),
        (800, 33, False),
        (800, -32_768, False),
    ],
)
def test_silence_is_what_no_microphone_carries(samples: int, peak: int, expected: bool) -> None:
    speech = np.zeros(samples, np.int16)
    speech[:1] = peak
    assert is_silent(speech) is expected
