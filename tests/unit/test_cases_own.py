"""What the person concerned reads of decisions about them, and in whose words."""

import json
from pathlib import Path

import pytest

from balai.cases import own
from balai.cases.model import CaseKind, CaseRestriction
from balai.clock import now
from balai.rooms import restrictions
from balai.rooms.model import RestrictionKind, Role
from balai.rooms.restrictions import Ruling
from balai.statements.wording import FACTS, WORDING
from tests.cases_world import World, nothing

MESSAGES = Path(__file__).parents[2] / "client" / "messages"
KNOWN = ("contest_right", "never_done", "team_decided")


def contested(world: World) -> tuple[str, str]:
    """A host mutes Ada, who contests it; give the restriction and the case."""
    case_id = world.case(kind=CaseKind.CONTEST)
    with world.database.transaction() as session:
        ruling = Ruling(world.person(session, "hana").id, "Hana", Role.HOST, "Insults")
        cut = restrictions.record(
            session, world.seat(session), RestrictionKind.MUTE, ruling, until_at=None
        )
        cut.contested_at = now()
        session.add(CaseRestriction(restriction_id=cut.id, case_id=case_id))
        return cut.id, case_id


def test_an_answer_to_a_contest_names_what_was_contested(world: World) -> None:
    cut, case_id = contested(world)
    world.decide("rita", case_id, nothing())
    with world.database.reading() as session:
        (told,) = own.decisions(session, world.person(session, "ada"))
    assert told.contested == [cut]


@pytest.mark.parametrize("language", sorted(WORDING))
def test_the_client_knows_the_sentences_of_the_house_by_their_words(language: str) -> None:
    """By them it says them in the language of who reads, whichever was written."""
    said = json.loads((MESSAGES / f"{language}.json").read_text("utf-8"))
    wording = WORDING[language]
    assert {key: said[f"told_{key}"] for key in KNOWN} == {key: wording[key] for key in KNOWN}
    assert {kind: said[f"taken_{kind}"] for kind in FACTS} == {
        kind: wording[kind] for kind in FACTS
    }
