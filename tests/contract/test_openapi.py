"""The client's types are made from the API as it is."""

from tools.openapi import DESCRIPTION, description


def test_the_committed_description_is_the_api_of_today() -> None:
    assert DESCRIPTION.read_text(encoding="utf-8") == description(), "python -m tools.openapi"
