"""Every route, every role: who passes, and who may not or is told that there is nothing.

One table. It fails when a route of the API is missing from it, or when somebody passes who is
not in it. To pass is to be answered by anything but `not_allowed` and `not_found`: what else
may be wrong (a conflict, a reason that is missing) is said only to those who may.
"""

from pathlib import Path
from typing import Final

import pytest

from tests.record_house import House, Json
from tests.rights_house import (
    HOST,
    MEMBER,
    OPERATOR,
    REVIEWER,
    ROLES,
    SPEAKER,
    Route,
    filled,
    flag_on,
    kind_of_answer,
    visitor,
)

ALL = frozenset(ROLES)
KNOWN = frozenset({MEMBER, SPEAKER, HOST, REVIEWER, OPERATOR})
TEAM = frozenset({REVIEWER, OPERATOR})
HOSTS_AND_OPERATORS = frozenset({HOST, OPERATOR})
ONLY_HOST, ONLY_OPERATOR, ONLY_SPEAKER = (frozenset({one}) for one in (HOST, OPERATOR, SPEAKER))
NOBODY: frozenset[str] = frozenset()
REASON: Final = {"reason": "A reason."}
READ: Final[Json] = {"revision": "READ"}
FINDING: Final[Json] = {
    "outcome": "no_violation",
    "clause": None,
    "facts": "Nothing.",
    "effects": [],
}


_AT_DESK: Final = (
    Route("POST /api/desk/notes", "/api/desk/notes", ONLY_OPERATOR, {"text": "A note."}),
    Route("DELETE /api/desk/notes/{note_id}", "/api/desk/notes/none", ONLY_OPERATOR),
    Route(
        "POST /api/desk/rooms/{room_id}/monitor",
        "/api/desk/rooms/ROOM/monitor",
        ONLY_OPERATOR,
        {"offer": "v=0", **REASON},
    ),
    Route(
        "DELETE /api/desk/rooms/{room_id}/monitor",
        "/api/desk/rooms/ROOM/monitor",
        ONLY_OPERATOR,
    ),
)
# In an order in which nobody is made to leave, and nothing ended, before it is needed.
TABLE: Final = (
    Route("GET /healthz", "/healthz", ALL),
    Route("GET /api/me", "/api/me", ALL),
    Route("GET /api/policy", "/api/policy", ALL),
    Route("GET /api/rooms", "/api/rooms?state=live", ALL),
    Route("GET /api/rooms/{room_id}", "/api/rooms/ROOM", ALL),
    Route("GET /api/hallway/events", "/api/hallway/events", ALL),
    Route("GET /api/rooms/{room_id}/events", "/api/rooms/ROOM/events?after=0", ALL),
    Route("GET /api/invitations/{token}", "/api/invitations/none", ALL),
    Route("GET /api/invitations", "/api/invitations", KNOWN),
    Route("POST /api/invitations", "/api/invitations", HOSTS_AND_OPERATORS, {"uses": 1}),
    Route("DELETE /api/invitations/{invitation_id}", "/api/invitations/LINK", ONLY_OPERATOR),
    Route("GET /api/sessions", "/api/sessions", KNOWN),
    Route("GET /api/me/links", "/api/me/links", KNOWN),
    Route("DELETE /api/sessions/{session_id}", "/api/sessions/OTHERS", NOBODY),
    Route("POST /api/people/{handle}/link", "/api/people/luna/link", ONLY_OPERATOR),
    Route(
        "POST /api/operator",
        "/api/operator",
        NOBODY,
        {"token": "x", "handle": "xx", "display_name": "X"},
    ),
    Route(
        "POST /api/rooms/{room_id}/reports",
        "/api/rooms/ROOM/reports",
        ALL,
        {"subject": "room", "concern": "other"},
    ),
    Route("GET /api/reports/{receipt}", "/api/reports/RECEIPT", ALL),
    Route(
        "POST /api/reports/{receipt}/appeal",
        "/api/reports/RECEIPT/appeal",
        ALL,
        {"text": "Look again."},
    ),
    Route("GET /api/me/reports", "/api/me/reports", KNOWN),
    Route("GET /api/me/statements", "/api/me/statements", KNOWN),
    Route("GET /api/me/decisions", "/api/me/decisions", KNOWN),
    Route(
        "GET /api/statements/{statement_id}",
        "/api/statements/STATEMENT",
        frozenset({SPEAKER, OPERATOR}),
    ),
    Route(
        "POST /api/statements/{statement_id}/read",
        "/api/statements/STATEMENT/read",
        ONLY_SPEAKER,
    ),
    Route(
        "POST /api/statements/{statement_id}/appeal",
        "/api/statements/STATEMENT/appeal",
        NOBODY,
        {"text": "Wrong."},
    ),
    Route(
        "POST /api/decisions/{decision_id}/appeal",
        "/api/decisions/none/appeal",
        NOBODY,
        {"text": "Wrong."},
    ),
    Route("GET /api/statements/export", "/api/statements/export", ONLY_OPERATOR),
    Route("GET /api/statements/export.csv", "/api/statements/export.csv", ONLY_OPERATOR),
    Route(
        "POST /api/restrictions/{restriction_id}/contest",
        "/api/restrictions/RESTRICTION/contest",
        ONLY_SPEAKER,
        {},
    ),
    Route("GET /api/rooms/{room_id}/flags", "/api/rooms/ROOM/flags", HOSTS_AND_OPERATORS),
    Route(
        "GET /api/rooms/{room_id}/flags/{flag_id}/words",
        "/api/rooms/ROOM/flags/FLAG/words",
        NOBODY,
    ),
    Route(
        "POST /api/rooms/{room_id}/flags/{flag_id}/confirm",
        "/api/rooms/ROOM/flags/FLAG/confirm",
        HOSTS_AND_OPERATORS,
        {},
    ),
    Route(
        "POST /api/rooms/{room_id}/flags/{flag_id}/release",
        "/api/rooms/ROOM/flags/FLAG/release",
        HOSTS_AND_OPERATORS,
        {"air_held": False},
    ),
    Route("GET /api/cases", "/api/cases", ONLY_OPERATOR),
    Route("GET /api/cases/queue", "/api/cases/queue", TEAM),
    Route("GET /api/cases/{case_id}", "/api/cases/CASE", TEAM),
    Route(
        "POST /api/cases/{case_id}/sound",
        "/api/cases/CASE/sound",
        TEAM,
        {"purpose": "To decide."},
    ),
    Route("POST /api/cases/{case_id}/retry", "/api/cases/CASE/retry", TEAM),
    Route("POST /api/jobs/{job_id}/claim", "/api/jobs/JOB/claim", TEAM),
    Route("POST /api/jobs/{job_id}/renew", "/api/jobs/JOB/renew", TEAM),
    Route("POST /api/jobs/{job_id}/preview", "/api/jobs/JOB/preview", TEAM, FINDING),
    Route(
        "POST /api/jobs/{job_id}/voice",
        "/api/jobs/JOB/voice",
        TEAM,
        {"seat_id": "SEAT"},
    ),
    Route(
        "POST /api/jobs/{job_id}/first-view",
        "/api/jobs/JOB/first-view",
        TEAM,
        {"outcome": "violation", **READ},
    ),
    Route(
        "POST /api/jobs/{job_id}/approve",
        "/api/jobs/JOB/approve",
        TEAM,
        {"why": "", "instead": None, **READ},
    ),
    Route(
        "POST /api/jobs/{job_id}/answer",
        "/api/jobs/JOB/answer",
        TEAM,
        {"answer": "It stands.", "instead": None, **READ},
    ),
    Route("POST /api/jobs/{job_id}/done", "/api/jobs/JOB/done", TEAM),
    Route("POST /api/jobs/{job_id}/release", "/api/jobs/JOB/release", TEAM),
    Route("POST /api/jobs/claim", "/api/jobs/claim", TEAM),
    Route("POST /api/jobs/{job_id}/decide", "/api/jobs/JOB/decide", TEAM, FINDING | READ),
    Route("GET /api/quality", "/api/quality", ONLY_OPERATOR),
    Route("GET /api/quality.csv", "/api/quality.csv", ONLY_OPERATOR),
    Route("GET /api/golden", "/api/golden", ONLY_OPERATOR),
    Route(
        "PUT /api/golden/{case_id}",
        "/api/golden/CASE",
        ONLY_OPERATOR,
        {"outcome": "no_violation", "why": "A song."},
    ),
    Route("DELETE /api/golden/{case_id}", "/api/golden/CASE", ONLY_OPERATOR),
    Route("GET /api/reviewers", "/api/reviewers", TEAM),
    Route("PATCH /api/reviewers/me", "/api/reviewers/me", TEAM, {"languages": []}),
    Route(
        "POST /api/reviewers",
        "/api/reviewers",
        ONLY_OPERATOR,
        {"handle": "luna", "languages": []},
    ),
    Route(
        "PUT /api/reviewers/{handle}/skills",
        "/api/reviewers/olga/skills",
        ONLY_OPERATOR,
        {"skills": ["terror"]},
    ),
    Route("DELETE /api/reviewers/{handle}", "/api/reviewers/luna", ONLY_OPERATOR),
    Route("GET /api/desk", "/api/desk", ONLY_OPERATOR),
    Route("GET /api/desk/stream", "/api/desk/stream", ONLY_OPERATOR),
    Route("PUT /api/desk/duty", "/api/desk/duty", ONLY_OPERATOR, {"hours": 1}),
    Route(
        "POST /api/desk/rooms/{room_id}/hands",
        "/api/desk/rooms/ROOM/hands",
        ONLY_OPERATOR,
        {"locked": False, **REASON},
    ),
    Route(
        "POST /api/desk/rooms/{room_id}/slow",
        "/api/desk/rooms/ROOM/slow",
        ONLY_OPERATOR,
        {"slow_s": 0, **REASON},
    ),
    Route(
        "POST /api/desk/rooms/{room_id}/message",
        "/api/desk/rooms/ROOM/message",
        ONLY_OPERATOR,
        {"text": "A word."},
    ),
    Route(
        "POST /api/desk/rooms/{room_id}/listen",
        "/api/desk/rooms/ROOM/listen",
        ONLY_OPERATOR,
        REASON,
    ),
    *_AT_DESK,
    Route("GET /api/policy/packs", "/api/policy/packs", ONLY_OPERATOR),
    Route("POST /api/policy/packs", "/api/policy/packs", ONLY_OPERATOR),
    Route(
        "POST /api/policy/packs/{pack_hash}/trial",
        "/api/policy/packs/PACK/trial",
        NOBODY,
        {"recorded": False},
    ),
    Route(
        "POST /api/policy/packs/{pack_hash}/promote",
        "/api/policy/packs/PACK/promote",
        NOBODY,
        REASON,
    ),
    Route(
        "POST /api/policy/packs/{pack_hash}/withdraw", "/api/policy/packs/PACK/withdraw", NOBODY
    ),
    Route("POST /api/policy/rollback", "/api/policy/rollback", ONLY_OPERATOR, REASON),
    Route("POST /api/rooms/{room_id}/hand", "/api/rooms/ROOM/hand", KNOWN),
    Route("GET /api/rooms/{room_id}/chat", "/api/rooms/ROOM/chat", ALL),
    Route("POST /api/rooms/{room_id}/chat", "/api/rooms/ROOM/chat", KNOWN, {"text": "Hello."}),
    Route(
        "POST /api/rooms/{room_id}/chat/{line_id}/take",
        "/api/rooms/ROOM/chat/LINE/take",
        HOSTS_AND_OPERATORS,
        REASON,
    ),
    Route("DELETE /api/rooms/{room_id}/hand", "/api/rooms/ROOM/hand", KNOWN),
    Route(
        "POST /api/rooms/{room_id}/hands/{hand_id}/accept",
        "/api/rooms/ROOM/hands/HAND/accept",
        ONLY_HOST,
    ),
    Route(
        "POST /api/rooms/{room_id}/hands/{hand_id}/decline",
        "/api/rooms/ROOM/hands/OTHER_HAND/decline",
        ONLY_HOST,
    ),
    Route(
        "POST /api/rooms/{room_id}/stage-invitations",
        "/api/rooms/ROOM/stage-invitations",
        ONLY_HOST,
        {"handle": "luna"},
    ),
    Route(
        "POST /api/rooms/{room_id}/cohosts",
        "/api/rooms/ROOM/cohosts",
        ONLY_HOST,
        {"seat_id": "SEAT", "cohost": False},
    ),
    Route("PATCH /api/rooms/{room_id}", "/api/rooms/ROOM", ONLY_HOST, {"hands_locked": False}),
    Route("POST /api/rooms/{room_id}/jingle", "/api/rooms/ROOM/jingle", ONLY_OPERATOR),
    Route(
        "POST /api/rooms/{room_id}/effects/{kind}",
        "/api/rooms/ROOM/effects/hold",
        HOSTS_AND_OPERATORS,
        {"seat_id": "SEAT", **REASON},
    ),
    Route(
        "GET /api/rooms/{room_id}/effects/{effect_id}",
        "/api/rooms/ROOM/effects/1",
        ONLY_HOST,
    ),
    Route(
        "POST /api/rooms/{room_id}/seat/ticket",
        "/api/rooms/ROOM/seat/ticket",
        frozenset({SPEAKER, HOST}),
    ),
    Route("POST /api/rooms/{room_id}/whip", "/api/rooms/ROOM/whip", NOBODY),
    Route("DELETE /api/rooms/{room_id}/whip/{secret}", "/api/rooms/ROOM/whip/none", NOBODY),
    Route(
        "POST /api/rooms/{room_id}/seat/consent",
        "/api/rooms/ROOM/seat/consent",
        frozenset({SPEAKER, HOST}),
        {"recording_ok": True},
    ),
    Route(
        "POST /api/rooms/{room_id}/seat/step-down",
        "/api/rooms/ROOM/seat/step-down",
        frozenset({SPEAKER, HOST}),
    ),
    Route("GET /api/me/recordings", "/api/me/recordings", KNOWN),
    Route(
        "DELETE /api/rooms/{room_id}/seat/recording",
        "/api/rooms/ROOM/seat/recording",
        frozenset({SPEAKER, HOST}),
    ),
    Route("POST /api/rooms", "/api/rooms", KNOWN, {"title": "Another"}),
    Route("POST /api/rooms/{room_id}/open", "/api/rooms/ROOM/open", ONLY_HOST),
    Route(
        "POST /api/desk/rooms/{room_id}/take-over",
        "/api/desk/rooms/ROOM/take-over",
        ONLY_OPERATOR,
        REASON,
    ),
    Route(
        "POST /api/desk/rooms/{room_id}/end", "/api/desk/rooms/ROOM/end", ONLY_OPERATOR, REASON
    ),
    Route("POST /api/rooms/{room_id}/end", "/api/rooms/ROOM/end", ONLY_HOST),
    Route("POST /api/people/{handle}/operator", "/api/people/luna/operator", ONLY_OPERATOR),
    Route("POST /api/invitations/{token}/accept", "/api/invitations/none/accept", NOBODY, {}),
    Route("POST /api/sign-out", "/api/sign-out", ALL),
    Route("DELETE /api/me", "/api/me", NOBODY),  # after signing out nobody is left to delete
)


async def target(house: House) -> dict[str, str]:
    """Fill a house with one of everything that routes name."""
    hana, luna = await house.member("hana"), await house.member("luna")
    mia = await house.member("mia")
    rita = await house.member("rita")
    await house.operator.do("/api/reviewers", {"handle": "rita", "languages": []})
    room = await house.live_room(hana, chat=True)
    line = await luna.do(f"/api/rooms/{room}/chat", {"text": "Good evening"})
    sam, seat = await house.speaker("sam", hana, room)
    await house.effect(hana, room, "mute", seat_id=seat, reason="Shouting")
    (statement,) = await sam.get("/api/me/statements")
    hand = await luna.do(f"/api/rooms/{room}/hand")
    other_hand = await mia.do(f"/api/rooms/{room}/hand")
    listener = await house.stranger()
    said = {"subject": "person", "seat_id": seat, "concern": "threat"}
    receipt = (await listener.do(f"/api/rooms/{room}/reports", said))["receipt"]
    (job,) = (await rita.get("/api/cases/queue"))["jobs"]
    house.names = {SPEAKER: sam, HOST: hana, REVIEWER: rita, OPERATOR: house.operator}
    link = await house.operator.do("/api/invitations", {"uses": 1})
    return {
        "ROOM": room,
        "LINE": line["id"],
        "SEAT": seat,
        "STATEMENT": statement["id"],
        "RESTRICTION": statement["restriction_id"],
        "OTHER_HAND": other_hand["id"],
        "HAND": hand["id"],
        "RECEIPT": receipt,
        "CASE": job["case_id"],
        "JOB": job["id"],
        "READ": (await rita.revision(job))["revision"],
        "FLAG": flag_on(house, room, seat),
        "PACK": "0" * 64,
        "LINK": link["id"],
        "OTHERS": (await luna.get("/api/sessions"))[0]["id"],
    }


def test_the_table_has_every_route(house: House) -> None:
    described = {
        f"{method.upper()} {path}"
        for path, methods in house.app.openapi()["paths"].items()
        for method in methods
    }
    assert sorted(route.name for route in TABLE) == sorted(described)


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_passes_where_the_table_says_and_nowhere_else(
    house: House, role: str, tmp_path: Path
) -> None:
    names = await target(house)
    who = await visitor(house, role, tmp_path)
    passed = set()
    for route in TABLE:
        path, body = filled(route, names)
        told = await kind_of_answer(who, route.name.split()[0], path, body)
        if told not in {"not_allowed", "not_found"}:
            passed.add(route.name)
    assert passed == {route.name for route in TABLE if role in route.who}
