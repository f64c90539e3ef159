"""What a report or a flag weighs, and in which order cases come."""

import datetime as dt

import pytest

from balai.cases.concerns import concern_of, raised_of
from balai.cases.model import Concern
from balai.cases.priority import Band, band, ceiling, due_after, priority
from balai.cases.weighing import Raised, Share, Voiced, brigade, groups, total, trust, weigh
from balai.rooms.model import Flag, FlagKind, FlagStage, FlagState

T0 = dt.datetime(2026, 1, 1, 20, tzinfo=dt.UTC)


def voiced(weight: float = 0.3, *, s: float = 0, **more: object) -> Voiced:
    known = {"concern": Concern.HATE, "weight": weight, "at": T0 + dt.timedelta(seconds=s)}
    return Voiced(**{**known, **more})  # type: ignore[arg-type]


def person(name: str, weight: float = 0.3, *, days: float, **more: object) -> Voiced:
    made = T0 - dt.timedelta(days=days)
    return voiced(weight, person_id=name, account_at=made, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("right", "decided", "weight"),
    [(0, 0, 0.3), (2, 2, 0.533), (5, 5, 0.689), (10, 10, 0.8), (0, 2, 0.2), (0, 8, 0.1)],
)
def test_a_reporter_weighs_as_they_were_right(right: int, decided: int, weight: float) -> None:
    assert round(trust(right=right, decided=decided), 3) == weight


def test_the_order_of_cases_is_as_written() -> None:
    assert priority(Concern.CHILD, 1.0) == 10
    assert priority(Concern.DANGER, 0.5) == 13
    assert priority(Concern.HATE, 0.3) == 20
    assert priority(Concern.OTHER, 0.0) == 27
    assert [band(weight) for weight in (1.0, 0.8, 0.79, 0.5, 0.2, 0.19, 0.0)] == [
        Band.STRONG, Band.STRONG, Band.CREDIBLE, Band.CREDIBLE, Band.UNPROVEN, Band.FAINT,
        Band.FAINT,
    ]  # fmt: skip
    assert [ceiling(weight) for weight in (0.9, 0.5, 0.3, 0.1)] == [1.0, 0.8, 0.5, 0.2]


def test_what_comes_first_is_due_first() -> None:
    minutes = [due_after(number).total_seconds() / 60 for number in (0, 1, 10, 14, 15, 20, 27)]
    assert minutes == [5, 5, 30, 30, 240, 1440, 1440]


def test_reports_of_whom_nothing_is_known_are_one_group() -> None:
    (group,) = groups([voiced() for _ in range(50)])
    assert group.shares == {Share.UNKNOWN}
    assert 0.3 < group.weight <= 0.35
    assert brigade([group]) is None  # that nothing is known is no proof of anything


@pytest.mark.parametrize(
    ("linked", "share"),
    [
        ([person(name, days=n, device_hash="x") for n, name in enumerate("abc", 1)], "device"),
        (
            [
                person(name, days=n, circles=frozenset({"by:z"}), s=n)
                for n, name in enumerate("abc", 1)
            ],
            "invitation",
        ),
        (
            [  # one invited the others
                person("a", days=1, circles=frozenset({"by:a"})),
                person("b", days=2, circles=frozenset({"by:b", "by:a"})),
                person("c", days=3, circles=frozenset({"by:c", "by:a"})),
            ],
            "invitation",
        ),
        ([person(name, days=9 + n / 100) for n, name in enumerate("abc")], "account_age"),
    ],
)
def test_what_a_brigade_shares_is_told(linked: list[Voiced], share: str) -> None:
    apart = person("z", days=500)
    assert brigade(groups([*linked, apart])) == {
        "reports": 4,
        "independent": 2,
        "linked": [{"reports": 3, "share": [share]}],
    }


def test_an_invitation_on_another_day_links_nobody() -> None:
    circle = frozenset({"link:1"})
    apart = [person(n, days=i, circles=circle, s=61 * i) for i, n in enumerate("abc", 1)]
    assert len(groups(apart)) == 3


def test_one_person_who_reports_often_is_no_brigade() -> None:
    often = [person("a", days=9, circles=frozenset({"by:a"}), s=n) for n in range(9)]
    (group,) = groups(often)
    assert group.shares == {Share.PERSON}
    assert brigade([group]) is None


def test_independent_people_who_agree_are_credible_together_and_no_more() -> None:
    crowd = [person(f"p{n}", days=n + 1) for n in range(30)]
    assert band(total(crowd, [])) is Band.CREDIBLE
    assert weigh(crowd, []).priority == 17
    two_credible = [person("q", 0.6, days=400), person("r", 0.6, days=500)]
    assert weigh(two_credible, []).priority == 14


def test_the_gravest_word_alone_does_not_carry_all_others() -> None:
    credible = person("a", 0.6, days=100)
    faint = person("b", 0.1, days=200, concern=Concern.CHILD)
    found = weigh([credible, faint], [])
    assert (found.concern, found.priority) == (Concern.HATE, 17)


def test_who_reports_something_graver_speaks_for_less_as_well() -> None:
    threat = person("a", 0.6, days=100, concern=Concern.THREAT)
    other = person("b", 0.7, days=200, concern=Concern.OTHER)
    assert weigh([threat, other], []).priority == 15
    assert weigh([other], []).priority == 21


def test_a_rule_that_holds_puts_a_case_first_and_one_detector_is_one() -> None:
    flags = [Raised(Concern.OTHER, 0.4, FlagKind.WORDS) for _ in range(20)]
    assert total([], flags) == pytest.approx(0.4)
    two = [*flags, Raised(Concern.OTHER, 0.4, FlagKind.EAR)]
    assert total([], two) == pytest.approx(0.64)
    assert (
        weigh([], [*flags, Raised(Concern.OTHER, 0.1, FlagKind.EAR, holds=True)]).priority == 1
    )


def flag(kind: FlagKind, category: str = "", clause: str | None = None) -> Flag:
    return Flag(
        kind=kind,
        category=category,
        policy={"clause": clause} if clause else None,
        stage=FlagStage.CONFIRMED,
        state=FlagState.OPEN,
        held=False,
    )


@pytest.mark.parametrize(
    ("raised", "concern"),
    [
        (flag(FlagKind.WORDS, "", "doxxing"), Concern.PRIVATE),
        (flag(FlagKind.WORDS, "STATEMENT_CATEGORY_VIOLENCE", "recruitment"), Concern.TERROR),
        (flag(FlagKind.WORDS, "STATEMENT_CATEGORY_SELF_HARM", "our-own"), Concern.DANGER),
        (flag(FlagKind.WORDS, "STATEMENT_CATEGORY_NEW", "our-own"), Concern.OTHER),
        (flag(FlagKind.EAR, "Terrorist nasheed"), Concern.TERROR),
        (flag(FlagKind.EAR, "chant"), Concern.HATE),
        (flag(FlagKind.EAR, "jingle"), Concern.OTHER),
        (flag(FlagKind.EAR), Concern.OTHER),
    ],
)
def test_a_flag_is_about_what_its_rule_or_list_says(raised: Flag, concern: Concern) -> None:
    assert concern_of(raised) is concern


def test_every_clause_that_comes_with_balai_has_a_concern() -> None:
    from balai.policy.pack import default_folder, load  # noqa: PLC0415

    found = {
        name: concern_of(flag(FlagKind.WORDS, "", name))
        for name in load(default_folder()).clauses
        if name != "host-tools"  # no machine flags it
    }
    assert [name for name, concern in found.items() if concern is Concern.OTHER] == []


def test_a_flag_that_a_person_let_go_weighs_little() -> None:
    one = flag(FlagKind.EAR, "chant")
    assert raised_of(one).weight == 0.9
    one.state = FlagState.RELEASED
    assert raised_of(one).weight == 0.1
