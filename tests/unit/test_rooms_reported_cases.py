"""What the desk says of reports: which cases, the most pressing first."""

from balai.rooms.reported_cases import SHOWN_MAX, shown
from balai.rooms.risk import OpenReport


def test_reports_of_one_case_are_told_once_with_the_heaviest_word() -> None:
    told = shown(
        [
            OpenReport(0.2, False, "a", "other"),
            OpenReport(0.9, False, "b", "hate"),
            OpenReport(0.5, False, "a", "threat"),
            OpenReport(0.1, True, "c", "danger"),
        ]
    )
    assert [(one.case_id, one.concern, one.count, one.is_urgent) for one in told] == [
        ("c", "danger", 1, True),
        ("b", "hate", 1, False),
        ("a", "threat", 2, False),
    ]


def test_no_more_cases_are_told_than_fit() -> None:
    assert shown([]) == []
    many = [OpenReport(0.5, False, str(number), "hate") for number in range(SHOWN_MAX + 3)]
    assert len(shown(many)) == SHOWN_MAX
