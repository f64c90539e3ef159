import pytest

from balai.people.names import HandleInvalid, TextInvalid, clean_handle, clean_line, clean_text


@pytest.mark.parametrize(
    ("written", "kept"), [("ada", "ada"), (" @Ada_1 ", "ada_1"), ("a" * 32, "a" * 32)]
)
def test_a_handle_has_one_form(written: str, kept: str) -> None:
    assert clean_handle(written) == kept


@pytest.mark.parametrize(
    "written", ["", "a", "a" * 33, "ada lovelace", "ädä", "a-b", "\u0430da", "a\x00b"]
)
def test_what_is_no_handle_is_refused(written: str) -> None:
    with pytest.raises(HandleInvalid):
        clean_handle(written)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("  Ada \t Lovelace\n", "Ada Lovelace"),
        ("e\u0301", "é"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d🚀", "👩\u200d🚀"),
    ],
)
def test_a_name_is_one_line(written: str, kept: str) -> None:
    assert clean_line(written, length_max=20) == kept


@pytest.mark.parametrize(
    "written", ["", "  ", "\u200d\u200c", "\u0301", "a\u202eb", "a\x07b", "x" * 21, "a\ue000"]
)
def test_names_that_cannot_be_seen_or_deceive_are_refused(written: str) -> None:
    with pytest.raises(TextInvalid):
        clean_line(written, length_max=20)


def test_longer_text_keeps_its_lines_and_may_be_empty() -> None:
    assert clean_text(" one \r\n\ttwo  \n\n", length_max=20) == "one\n\ttwo"
    assert clean_text("  ", length_max=20) == ""
    with pytest.raises(TextInvalid):
        clean_text("ok\n\u2066bad", length_max=20)
