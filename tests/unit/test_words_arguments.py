"""What `balai policy` can be asked, and what it refuses."""

import argparse

import pytest

from balai.app.words_arguments import add_words


def asked(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_words(parser.add_subparsers())
    return parser.parse_args(words)


@pytest.mark.parametrize(("given", "seconds"), [("0", 0.0), ("2.5", 2.5), ("86400", 86_400.0)])
def test_a_decision_takes_some_time(given: str, seconds: float) -> None:
    assert asked("policy", "simulate", "--decision-s", given).decision_s == seconds


@pytest.mark.parametrize("given", ["-1", "-0.001", "nan", "inf", "-inf", "soon", ""])
def test_a_decision_before_its_hold_is_refused(
    given: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        asked("policy", "simulate", f"--decision-s={given}")
    assert ended.value.code == 2
    assert "argument --decision-s" in capsys.readouterr().err
