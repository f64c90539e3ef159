"""Each step of a policy is in the ledger, with who took it and why."""

import json

from sqlalchemy import select
from sqlalchemy.orm import Session

from balai.ledger.model import LedgerEntry
from balai.rulebook import promoting
from balai.rulebook.model import Promotion
from balai.rulebook.promoting import Budget, Candidate
from tests.cases_world import World

HASH = "a" * 64
PACK = Candidate(pack_hash=HASH, pack_name="calmer 1.0.0", trial={"labelled_lines": 1})


def steps(session: Session) -> list[tuple[str, object, object, object]]:
    query = select(LedgerEntry).where(LedgerEntry.kind.startswith("policy_"))
    told = [
        (one.kind, json.loads(one.record_bytes or b""))
        for one in session.scalars(query.order_by(LedgerEntry.index))
    ]
    return [(kind, one["pack_hash"], one["by_person_id"], one["reason"]) for kind, one in told]


def test_what_was_proposed_put_in_force_and_taken_back_is_in_the_ledger(world: World) -> None:
    with world.database.transaction() as session:
        olga, rita = world.person(session, "olga"), world.person(session, "rita")
        rita.is_operator = True
        for by, why in ((olga, "Calmer."), (rita, "Agreed.")):
            promoting.promote(session, PACK, by=by, budget=Budget(), reason=why)
        promoting.roll_back(session, by=rita, reason="Too calm.")
        promoting.promote(session, PACK, by=olga, budget=Budget())
        promoting.withdraw(session, HASH, by=rita)
        assert steps(session) == [
            ("policy_proposed", HASH, olga.id, "Calmer."),
            ("policy_promoted", HASH, rita.id, "Agreed."),
            ("policy_rolled_back", HASH, rita.id, "Too calm."),
            ("policy_proposed", HASH, olga.id, ""),
            ("policy_withdrawn", HASH, rita.id, ""),
        ]


def test_why_a_policy_was_proposed_outlives_its_end(world: World) -> None:
    long = "w" * promoting.REASON_MAX
    with world.database.transaction() as session:
        olga, rita = world.person(session, "olga"), world.person(session, "rita")
        rita.is_operator = True
        for why, kept in (("Calmer.", "Calmer.\nNo."), (long, long), ("", "No.")):
            promoting.promote(session, PACK, by=olga, budget=Budget(), reason=why)
            promoting.promote(session, PACK, by=rita, budget=Budget())
            promoting.roll_back(session, by=rita, reason="No.")
            newest = select(Promotion).order_by(Promotion.id.desc()).limit(1)
            assert session.scalars(newest).one().reason == kept
