"""Phrases are found where they are said, and not where something like them is said."""

import dataclasses

import pytest

from balai.policy.matcher import Hit, HitKind, Matcher
from balai.policy.normal import readings, stands_for, tokens
from balai.policy.pack import from_files
from balai.policy.phonetic import key
from tests.policy_packs import ENGLISH, encoded, heard

PACK = from_files(encoded())
ENGLISH_ONLY = Matcher(PACK, "en")
ALL = Matcher(PACK, None)


def found(text: str, matcher: Matcher = ALL) -> list[tuple[str, str, int, int]]:
    return [
        (hit.phrase.text, str(hit.kind), hit.first, hit.last)
        for hit in matcher.find(heard(text))
    ]


def only(text: str) -> Hit:
    (hit,) = ALL.find(heard(text))
    return hit


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("kill all of them", 0, 3),
        ("now Kill ALL of them!", 1, 4),
        ("k1ll a11 0f th3m", 0, 3),
        ("ki11 all of them", 0, 3),
        ("k!ll @ll of them", 0, 3),
        ("k i l l a l l o f t h e m", 0, 12),
        ("a k i l l all o f them today", 1, 8),
        ("so k-i-l-l all of them", 1, 4),
        ("k.i.l.l. all of them", 0, 3),
        ("ki-ll all of them", 0, 3),
        ("kill-all-of-them", 0, 0),
        ("kiiill aaall of themmm", 0, 3),
        ("k1111ll all of them", 0, 3),
        ("ki\u200bll all o\u00adf them", 0, 3),
        ("кill аll оf thеm", 0, 3),
        ("𝐤𝐢𝐥𝐥 ａｌｌ of thém", 0, 3),
        ("k\u0336i\u0336l\u0336l all of them", 0, 3),
    ],
)
def test_a_phrase_is_found_in_disguise(text: str, first: int, last: int) -> None:
    assert found(text) == [("kill all of them", "exact", first, last)]


@pytest.mark.parametrize(
    "text",
    [
        "the class from Scunthorpe is skilled in analysis",
        "kill a l of them",
        "kil all of them",
        "skill all of them",
        "kill all of the m",
        "kill them all of",
        "assess the assets as such",
        "burnit down",
        "mereka bunuh diri",
        "the banksy exhibition",
        "",
        "?! … —",
        "as sets",
        "x y z then burn i t down",
    ],
)
def test_ordinary_words_are_not_found(text: str) -> None:
    assert found(text) == []


def test_letters_that_were_doubled_in_the_phrase_must_be_heard() -> None:
    assert stands_for("goood", "god")
    assert stands_for("goood", "good")
    assert not stands_for("god", "good")
    assert not stands_for("good", "god")
    assert not stands_for("1000", "100")
    assert not stands_for("1488", "iabb")
    assert stands_for("1488", "1488")
    assert not stands_for("1" * 64, "il" * 31 + "k")


def test_near_spellings_and_soundalikes_of_rare_words_are_found() -> None:
    assert found("you subhuman filth") == [("subhuman filth", "exact", 1, 2)]
    assert found("you subhumen filth") == [("subhuman filth", "fuzzy", 1, 2)]
    assert found("you subhooman filthe") == [("subhuman filth", "phonetic", 1, 2)]
    assert found("dasar bangsad") == [("bangsat", "fuzzy", 1, 1)]
    assert found("dasar bhangsat") == [("bangsat", "fuzzy", 1, 1)]
    assert found("you human filth") == []
    assert 0 < only("you subhumen filth").distance < 0.1
    assert only("you subhuman filth").distance == 0


def test_exact_phrases_have_no_neighbours() -> None:
    assert found("burn it town") == []
    assert found("bern it down") == []


def test_frames_and_negations_are_seen_near_before_a_phrase_only() -> None:
    def turned(text: str) -> tuple[bool, bool]:
        (hit,) = ENGLISH_ONLY.find(heard(text))
        return hit.framed, hit.negated

    assert turned("burn it down") == (False, False)
    assert turned("he said burn it down") == (True, False)
    assert turned("He said: one two three four five burn it down") == (True, False)
    assert turned("he said one two three four five six burn it down") == (False, False)
    assert turned("burn it down he said") == (False, False)
    assert turned("don\u2019t ever, ever burn it down") == (False, True)
    assert turned("do not one two three burn it down") == (False, False)
    assert turned("they wrote never burn it down") == (True, True)


def test_a_hit_is_no_surer_than_its_least_sure_word() -> None:
    words = list(heard("burn it down", 0.9))
    words[1] = dataclasses.replace(words[1], confidence=0.4)
    (hit,) = ALL.find(words)
    assert (hit.kind, hit.confidence) == (HitKind.EXACT, 0.4)


def test_a_known_language_has_its_own_list_and_that_of_all() -> None:
    text = "bunuh mereka burn it down sieg heil"
    assert [one[0] for one in found(text, ENGLISH_ONLY)] == ["burn it down", "sieg heil"]
    assert [one[0] for one in found(text, Matcher(PACK, "id"))] == ["bunuh mereka", "sieg heil"]
    assert [one[0] for one in found(text)] == ["bunuh mereka", "burn it down", "sieg heil"]


def test_a_list_without_phrases_finds_nothing() -> None:
    pack = from_files(encoded(en="phrases: []", id="phrases: []", mul="phrases: []"))
    assert Matcher(pack, None).find(heard("kill all of them k i l l")) == []


def test_a_phrase_said_twice_is_found_twice() -> None:
    assert found("burn it down burn it down") == [
        ("burn it down", "exact", 0, 2),
        ("burn it down", "exact", 3, 5),
    ]


def test_scripts_are_read_by_sound_and_by_looks() -> None:
    assert tokens("Убить") == ("ubit",)
    assert tokens("كِتَابٌ") == tokens("کتاب")
    assert tokens("إسلام") == tokens("اسلام")
    assert tokens("٤٢ and ४२") == ("42", "and", "42")
    assert tokens("हिंदी") == ("हिंदी",)
    by_sound, by_looks = readings(["асе", "co-op"])
    assert (by_sound.texts, by_looks.texts) == (("ase", "co", "op"), ("ace", "coop"))
    phrases = ENGLISH + "  - {text: ace, clause: insults, severity: 1}\n"
    pack = from_files(encoded(en=phrases))
    assert found("асе", Matcher(pack, "en")) == [("ace", "exact", 0, 0)]


def test_every_token_knows_its_word() -> None:
    (reading,) = readings(["Well,", "—", "do", "it"])
    assert (reading.texts, reading.words) == (("well", "do", "it"), (0, 2, 3))
    first, second = readings(["kill-all", "now"])
    assert (first.texts, first.words) == (("kill", "all", "now"), (0, 0, 1))
    assert (second.texts, second.words) == (("killall", "now"), (0, 1))


def test_a_very_long_word_is_cut() -> None:
    assert tokens("a" * 10**6) == ("a" * 64,)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("bangsat", "bangsad"),
        ("doekoen", "dukun"),
        ("djahat", "jahat"),
        ("tjoema", "cuma"),
        ("sjarat", "sarat"),
        ("khabar", "kabar"),
        ("hutang", "utang"),
        ("provokator", "propokator"),
        ("sampai", "sampe"),
        ("zaman", "jaman"),
    ],
)
def test_indonesian_words_that_sound_alike_have_one_key(one: str, other: str) -> None:
    assert key("id", one) == key("id", other) != ""


def test_what_has_no_sound_rules_has_no_key() -> None:
    assert key("ar", "kitab") == ""
    assert key("en", "كتاب") == ""
    assert key("en", "a") == ""
    assert key("en-GB", "filthe") == key("en", "phyllth") != ""
    assert key("id", "bangsat") != key("id", "bangsa")
