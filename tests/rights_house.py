"""Who asks in the tests of rights: somebody of every role, and what they are told."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from balai.clock import now
from balai.ids import new_id
from balai.rooms.model import Flag, FlagKind, FlagStage, FlagState
from tests.record_house import House, Json, Visitor, open_house

STRANGER, FOREIGN, MEMBER, SPEAKER, HOST = "stranger", "foreign", "member", "speaker", "host"
REVIEWER, OPERATOR = "reviewer", "operator"
ROLES: Final = (STRANGER, FOREIGN, MEMBER, SPEAKER, HOST, REVIEWER, OPERATOR)


def flag_on(house: House, room_id: str, seat_id: str) -> str:
    with house.database.transaction() as session:
        flag = Flag(
            id=new_id(),
            kind=FlagKind.EAR,
            room_id=room_id,
            seat_id=seat_id,
            title="A chant",
            category="test",
            list_name="test",
            stage=FlagStage.CONFIRMED,
            from_position=0,
            to_position=48_000,
            detector="test",
            state=FlagState.OPEN,
            at=now(),
        )
        session.add(flag)
        return flag.id


async def visitor(house: House, role: str, folder: Path) -> Visitor:
    """Somebody of a role; the foreign one brings the cookies of another house."""
    if role in house.names:
        return house.names[role]
    if role == MEMBER:
        return await house.member("otto")
    who = await house.stranger()
    if role == FOREIGN:
        async with open_house(folder / "another") as another:
            there = await another.member("zoe")
            who.http.cookies = there.http.cookies
            who.csrf = there.csrf
    return who


async def kind_of_answer(who: Visitor, method: str, path: str, body: Json | None) -> str:
    """Give the kind of error that somebody is told, `passed` without one."""
    headers = {"X-CSRF-Token": who.csrf}
    async with who.http.stream(method, path, json=body, headers=headers) as response:
        if response.is_success:
            return "passed"
        await response.aread()
        return str(response.json()["error"]["kind"])


@dataclass(frozen=True)
class Route:
    """One route with a target that exists, a body that is valid, and who passes."""

    name: str
    path: str
    who: frozenset[str]
    body: Json | None = field(default=None)


def filled(route: Route, names: dict[str, str]) -> tuple[str, Json | None]:
    """Put real ids in the place of their names."""
    path = route.path
    for name, value in names.items():
        path = path.replace(name, value)
    if route.body is None:
        return path, None
    return path, {key: names.get(str(value), value) for key, value in route.body.items()}
