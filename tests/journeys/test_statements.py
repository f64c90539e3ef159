"""Whoever is restricted reads why, and nothing is taken from anybody without it."""

import csv
import io

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from balai.errors import BalaiError
from balai.feed import FeedEntry
from balai.ledger.model import LedgerEntry
from balai.rooms import restrictions, seats, spoken, wishes
from balai.rooms.model import Ban, Restriction, RestrictionKind, Role, Wish, WishKind
from balai.rooms.spoken import Spoken
from balai.statements import issuing, rules
from balai.statements.errors import StatementInvalid, StatementMissing, StatementWithdrawn
from balai.statements.model import Measure, Statement
from balai.statements.reasons import Clause, Decider, Reasons
from tests.record_house import House, Json, Visitor

THREATS = Clause(
    id="threats",
    title={"en": "Threats", "id": "Ancaman"},
    category="STATEMENT_CATEGORY_VIOLENCE",
)


async def scene(house: House, **plan: object) -> tuple[str, Visitor, str]:
    """A room of the operator's, a speaker and their seat."""
    room_id = await house.live_room(house.operator, **plan)
    ada, seat_id = await house.speaker("ada", house.operator, room_id)
    return room_id, ada, seat_id


def held_by_rule(
    house: House, room_id: str, seat_id: str, reason: str = "Threats", **more: object
) -> None:
    """Do in the records what the worker does when a rule has held a voice."""
    with house.database.transaction() as session:
        args: dict[str, object] = {"seat_id": seat_id, "reason": reason, **more}
        wishes.done_by_rule(session, room_id, WishKind.HOLD, args, {"silent_from": 0})
    house.bell.ring()


@pytest.mark.parametrize("kind", ["mute", "hold", "move_to_hall", "remove"])
async def test_each_restriction_has_one_statement_that_its_person_reads(
    house: House, kind: str
) -> None:
    room_id, ada, seat_id = await scene(house)
    ben, _ = await house.speaker("ben", house.operator, room_id)
    async with ada.events(room_id) as hers, ben.events(room_id) as his:
        await house.effect(house.operator, room_id, kind, seat_id=seat_id, reason="shouting")
        told = await hers.until("statement", ended=False, withdrawn=False)
        shown = await hers.until("restriction", kind=kind)
        await house.operator.do(f"/api/rooms/{room_id}", {"title": "After"}, method="PATCH")
        await his.until("room", title="After")
        assert [event for event in his.seen if event.kind == "statement"] == []
    (statement,) = await ada.get("/api/me/statements")
    assert statement["id"] == told["statement_id"]
    assert (statement["restriction_id"], statement["room_id"]) == (shown["id"], room_id)
    assert statement["told"]["measure"]["kind"] == kind
    assert statement["told"]["ground"] == {
        "kind": "own_words",
        "clause": None,
        "title": "The rules of the room and of this house",
        "why": "shouting",
    }
    assert statement["told"]["automation"]["decision"] == "not"
    assert statement["told"]["duration"]["from_at"] == shown["from_at"]
    assert statement["told"]["duration"]["until_at"] == shown["until_at"]
    with house.database.reading() as session:
        kept = session.scalars(select(Restriction)).one()
        stated = session.scalars(select(Statement)).one()
        entry = session.get_one(LedgerEntry, stated.ledger_index)
    assert (kept.statement_id, stated.restriction_id) == (stated.id, kept.id)
    assert entry.kind == "statement"
    assert rules.problems(stated.fields, names={"Ada", "ada", "Olga", "ben"}) == []


async def test_a_statement_is_nobody_elses(house: House) -> None:
    room_id, ada, seat_id = await scene(house)
    ben, stranger = await house.member("ben"), await house.stranger()
    await house.effect(house.operator, room_id, "mute", seat_id=seat_id, reason="noise")
    with house.database.reading() as session:
        statement_id = session.scalars(select(Statement.id)).one()
    path = f"/api/statements/{statement_id}"
    missing = (404, "statement_missing")
    assert await ben.get("/api/me/statements") == []
    assert await ben.refused(path, method="GET") == missing
    assert await ben.refused(f"{path}/read") == missing
    assert await house.operator.refused(f"{path}/read") == missing
    for route in ("/api/me/statements", path, "/api/statements/export"):
        assert await stranger.refused(route, method="GET") == (403, "sign_in_needed")
    for route in ("/api/statements/export", "/api/statements/export.csv"):
        assert await ada.refused(route, method="GET") == (403, "operators_only")
    seen = await house.operator.get(path)
    assert (seen["delivered_at"], seen["read_at"]) == (None, None)
    assert (await ada.get(path))["delivered_at"] is not None
    first = (await ada.do(f"{path}/read"))["read_at"]
    assert first is not None
    assert (await ada.do(f"{path}/read"))["read_at"] == first
    assert (await ada.get("/api/me/statements"))[0]["read_at"] == first
    assert await ada.refused("/api/statements/nothing", method="GET") == missing


async def test_what_is_lifted_has_ended(house: House) -> None:
    room_id, ada, seat_id = await scene(house)
    await house.effect(house.operator, room_id, "mute", seat_id=seat_id, reason="noise")
    (before,) = await ada.get("/api/me/statements")
    assert before["ended_at"] is None
    async with ada.events(room_id) as hers:
        await house.effect(house.operator, room_id, "unmute", seat_id=seat_id)
        await hers.until("statement", statement_id=before["id"], ended=True)
    (after,) = await ada.get("/api/me/statements")
    assert after["ended_at"] is not None
    assert after["told"] == before["told"]
    (told,) = (await house.operator.get("/api/statements/export"))["statements"]
    assert told["end_date_visibility_restriction"] == after["ended_at"][:10]


async def test_a_private_reason_stops_no_one_and_is_not_published(house: House) -> None:
    room_id, ada, seat_id = await scene(house)
    for reason in ("Ada, call 0812 3456 7890", "write to ada@mail.example", "@ada is rude"):
        done = await house.effect(
            house.operator, room_id, "mute", seat_id=seat_id, reason=reason
        )
        assert done["state"] == "carried_out"
        newest = (await ada.get("/api/me/statements?limit=1"))[0]
        assert newest["told"]["ground"]["why"] == reason
    exported = (await house.operator.ask("GET", "/api/statements/export")).text
    assert "published" in exported
    for secret in ("0812", "mail.example", "ada"):
        assert secret not in exported.lower()


async def test_a_hold_by_a_rule_says_so_in_the_persons_language(house: House) -> None:
    room_id, ada, seat_id = await scene(house, language="id")
    held_by_rule(house, room_id, seat_id, "A chant (chant)")
    (statement,) = await ada.get("/api/me/statements")
    assert statement["language"] == "id"
    assert statement["told"]["automation"] == {
        "detection": True,
        "decision": "fully",
        "sentence": "Ini diketahui oleh pendeteksi otomatis. Aturan balai ini memutuskan "
        "sendiri, sampai seseorang memutuskannya.",
    }
    (told,) = (await house.operator.get("/api/statements/export"))["statements"]
    assert told["automated_decision"] == "AUTOMATED_DECISION_FULLY"
    assert (told["automated_detection"], told["content_language"]) == ("Yes", "ID")


async def test_a_hold_by_a_rule_names_the_clause_of_its_flag(house: House) -> None:
    room_id, ada, seat_id = await scene(house)
    found = Spoken(
        room_id=room_id,
        seat_id=seat_id,
        from_position=0,
        to_position=48_000,
        clause="threats",
        rule="r",
        title=dict(THREATS.title),
        why={"en": "w"},
        priority=1,
        category=THREATS.category,
        pack_hash="0" * 64,
        pack_name="p 1",
        language="en",
        confidence=1.0,
        not_held_because=None,
        is_sure=True,
        spans=(),
        engine="e",
    )
    with house.database.transaction() as session:
        spoken.raise_spoken(session, found, held=False)
    held_by_rule(house, room_id, seat_id)
    (statement,) = await ada.get("/api/me/statements")
    ground = statement["told"]["ground"]
    assert (ground["kind"], ground["clause"], ground["title"]) == (
        "clause",
        "threats",
        "Threats",
    )
    (told,) = (await house.operator.get("/api/statements/export"))["statements"]
    assert told["category"] == THREATS.category


async def test_a_hold_by_a_rule_names_the_clause_that_its_wish_names(house: House) -> None:
    room_id, ada, seat_id = await scene(house, language="id")
    clause = {
        "id": "threats",
        "title": dict(THREATS.title),
        "category": THREATS.category,
        "keywords": ["KEYWORD_CYBER_BULLYING_INTIMIDATION"],
    }
    held_by_rule(house, room_id, seat_id, clause=clause)
    (statement,) = await ada.get("/api/me/statements")
    assert statement["told"]["ground"]["title"] == "Ancaman"
    (told,) = (await house.operator.get("/api/statements/export"))["statements"]
    assert told["incompatible_content_ground"] == "Threats"
    assert told["category_specification"] == clause["keywords"]


async def test_the_export_pages_through_everything_once(house: House) -> None:
    room_id, _, seat_id = await scene(house)
    for _ in range(3):
        await house.effect(house.operator, room_id, "mute", seat_id=seat_id, reason="=1+1")
    whole = (await house.operator.get("/api/statements/export"))["statements"]
    assert len(whole) == 3
    paged: list[Json] = []
    while True:
        after = f"&after={paged[-1]['puid']}" if paged else ""
        page = await house.operator.get(f"/api/statements/export?limit=1{after}")
        if not page["statements"]:
            break
        paged += page["statements"]
    assert paged == whole
    for one in whole:
        assert rules.validated(one) == one
    answer = await house.operator.ask("GET", "/api/statements/export.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["puid"] for row in rows] == [one["puid"] for one in whole]
    assert rows[0]["incompatible_content_explanation"] == "'=1+1"
    refused = await house.operator.refused("/api/statements/export?after=x", method="GET")
    assert refused == (404, "statement_missing")


def restrict(
    house: House, seat_id: str, kind: RestrictionKind, ruling: restrictions.Ruling
) -> Restriction:
    """Restrict without the edge and the worker before it."""
    with house.database.transaction() as session:
        seat = seats.get(session, seat_id)
        return restrictions.record(session, seat, kind, ruling, until_at=None)


def counts(house: House) -> list[int]:
    with house.database.reading() as session:
        return [
            session.scalar(select(func.count()).select_from(one)) or 0
            for one in (Restriction, Statement, LedgerEntry, FeedEntry, Ban, Wish)
        ]


async def test_what_cannot_be_stated_does_not_happen(house: House) -> None:
    room_id, ada, seat_id = await scene(house)
    with house.database.transaction() as session:
        session.execute(
            text(
                "CREATE TRIGGER full BEFORE INSERT ON statement"
                " BEGIN SELECT RAISE(ABORT, 'no room for it'); END"
            )
        )
    before = counts(house)
    ruling = restrictions.Ruling(house.operator.me["id"], "Olga", Role.HOST, "noise")
    for kind in RestrictionKind:
        with pytest.raises(IntegrityError):
            restrict(house, seat_id, kind, ruling)
    asked = {"seat_id": seat_id, "reason": "noise", "ban_s": 60}
    removal = await house.operator.refused(f"/api/rooms/{room_id}/effects/remove", asked)
    assert removal == (503, "unexpected")
    assert counts(house) == before
    assert (await ada.get(f"/api/rooms/{room_id}"))["me"]["restrictions"] == []


async def test_a_restriction_without_a_statement_cannot_be_stored(house: House) -> None:
    _, ada, seat_id = await scene(house)
    with pytest.raises(IntegrityError), house.database.transaction() as session:
        session.execute(
            text(
                "INSERT INTO restriction (id, room_id, person_id, seat_id, kind, by_name,"
                " reason, from_at) SELECT 'x', room_id, person_id, id, 'mute', 'x', 'x', '2026'"
                " FROM seat WHERE id = :seat"
            ),
            {"seat": seat_id},
        )
    assert await ada.get("/api/me/statements") == []


async def test_a_decisions_statement_is_tied_to_what_carries_it_out(house: House) -> None:
    room_id, ada, seat_id = await scene(house)
    with house.database.transaction() as session:
        seat = seats.get(session, seat_id)
        reasons = Reasons(
            measure=Measure.MUTE,
            from_at=seat.consented_at or seat.room.created_at,
            ground=THREATS,
            decided_by=Decider.REVIEWER,
            facts="A speaker threatened another one.",
        )
        whose = {"for_person_id": seat.person_id, "decision_id": "d1"}
        stated = issuing.issue(session, reasons, room_id=room_id, **whose)
        named = Reasons(
            measure=Measure.MUTE,
            from_at=stated.at,
            ground=THREATS,
            decided_by=Decider.REVIEWER,
            facts="Ada did it",
            names=frozenset({"Ada"}),
        )
        with pytest.raises(StatementInvalid):
            issuing.issue(session, named, **whose)
    ruling = restrictions.Ruling(
        house.operator.me["id"], "Olga", None, "It is decided", statement_id=stated.id
    )
    kept = restrict(house, seat_id, RestrictionKind.MUTE, ruling)
    assert kept.statement_id == stated.id
    with pytest.raises(StatementMissing):  # one statement states one restriction
        restrict(house, seat_id, RestrictionKind.MUTE, ruling)
    (shown,) = await ada.get("/api/me/statements")
    assert (shown["decision_id"], shown["restriction_id"]) == ("d1", kept.id)
    assert shown["told"]["facts"] == "A speaker threatened another one."


async def test_an_overturned_decision_is_said_to_be_so(house: House) -> None:
    room_id, ada, seat_id = await scene(house)
    await house.effect(house.operator, room_id, "mute", seat_id=seat_id, reason="noise")
    (shown,) = await ada.get("/api/me/statements")

    def refused(statement_id: str, why: str) -> type[BalaiError]:
        with (
            pytest.raises(BalaiError) as raised,
            house.database.transaction() as session,
        ):
            issuing.withdraw(session, statement_id, why=why)
        return raised.type

    assert refused(shown["id"], " ") is StatementInvalid
    assert refused("nothing", "x") is StatementMissing
    with house.database.transaction() as session:
        issuing.withdraw(session, shown["id"], why="It was a joke among friends.")
    assert refused(shown["id"], "again") is StatementWithdrawn
    (after,) = await ada.get("/api/me/statements")
    assert after["withdrawn_why"] == "It was a joke among friends."
    assert after["told"] == shown["told"]
    with house.database.reading() as session:
        kinds = session.scalars(select(LedgerEntry.kind).order_by(LedgerEntry.index)).all()
    assert kinds == ["statement", "statement_withdrawn"]


async def test_ones_list_has_a_limit(house: House) -> None:
    room_id, ada, seat_id = await scene(house)
    shown = []
    for rows in (1, 3):
        while len(await ada.get("/api/me/statements")) < rows:
            await house.effect(house.operator, room_id, "mute", seat_id=seat_id, reason="x")
        shown.append(len(await ada.get("/api/me/statements")))
    assert shown == [1, 3]
    assert len(await ada.get("/api/me/statements?limit=2")) == 2
    too_many = await ada.refused("/api/me/statements?limit=101", method="GET")
    assert too_many == (422, "request_invalid")
