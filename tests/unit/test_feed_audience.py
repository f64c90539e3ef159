import pytest

from balai import feed


@pytest.mark.parametrize(
    ("audience", "stranger", "ada", "ben", "host"),
    [
        ("all", True, True, True, True),
        ("hosts", False, False, False, True),
        ("person:ada", False, True, False, False),
        ("hosts+person:ada", False, True, False, True),
        ("person:ad", False, False, False, False),
    ],
)
def test_an_audience_hears_what_is_meant_for_it(
    audience: str, stranger: bool, ada: bool, ben: bool, host: bool
) -> None:
    heard = [
        feed.hears(audience, person_id=person_id, is_host=is_host)
        for person_id, is_host in (
            (None, False),
            ("ada", False),
            ("ben", False),
            ("host", True),
        )
    ]
    assert heard == [stranger, ada, ben, host]


def test_audiences_are_named_alike() -> None:
    assert feed.audience_of("ada") == "hosts+person:ada"
    assert feed.audience_of("ada", "ben", hosts=False) == "person:ada+person:ben"
    assert feed.audience_of() == feed.HOSTS
