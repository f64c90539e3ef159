"""The policy: what may be said here, for everybody to read; its trials and promotions."""

import contextlib
from typing import Annotated, Final

from fastapi import APIRouter, Path, Request
from starlette.concurrency import run_in_threadpool

from balai.errors import Invalid, Tampered
from balai.people.accounts import require_operator
from balai.policy.clause import Clause
from balai.policy.errors import PackInvalid
from balai.policy.pack import Pack, shipped
from balai.policy.store import get, listed
from balai.rulebook import promoting, trying
from balai.rulebook.model import Promotion
from balai.rulebook.packs import by_hash, candidate, in_force
from balai.rulebook.packs import take as keep_zipped
from balai.rulebook.promoting import Budget
from balai.rulebook.trying import Material
from balai.web.callers import HouseHere, Somebody
from balai.web.house import House
from balai.web.policy_shapes import (
    ClauseView,
    ExampleView,
    PackView,
    PolicyReason,
    PolicyRunning,
    PolicyText,
    PromotionView,
    TrialAsked,
    TrialView,
)

router = APIRouter(prefix="/api/policy", tags=["policy"])
ZIP: Final = "application/zip"
_BYTES: Final = {"schema": {"type": "string", "format": "binary"}}
PackHash = Annotated[str, Path(min_length=64, max_length=64, pattern=r"^[0-9a-f]+$")]


@router.get("")
def show(here: HouseHere) -> PolicyText:
    """Tell what may not be said here: the clauses in force, with examples."""
    pack = _in_force(here)
    return PolicyText(
        name=pack.name,
        hash=pack.hash,
        title=dict(pack.title),
        description=dict(pack.description),
        languages=list(pack.languages),
        clauses=[_clause_view(clause) for clause in pack.clauses.values()],
    )


@router.get("/packs")
def packs(here: HouseHere, by: Somebody) -> PolicyRunning:
    """List the packs of this house, their trials and what was decided (operators)."""
    require_operator(by)
    with here.database.reading() as session:
        history = [_promotion_view(one) for one in promoting.history(session)]
    kept = [_pack_view(here, pack) for pack in _kept(here)]
    return PolicyRunning(
        in_force=_pack_view(here, _in_force(here)),
        shipped=_pack_view(here, shipped()),
        packs=kept,
        history=history,
        can_try=here.settings.policy_labelled.is_dir(),
    )


@router.post(
    "/packs",
    status_code=201,
    openapi_extra={"requestBody": {"required": True, "content": {ZIP: _BYTES}}},
)
async def take(request: Request, here: HouseHere, by: Somebody) -> PackView:
    """Check a zipped pack and keep it, to be tried and promoted (operators).

    What is wrong with it is answered as `mistakes`: file, line and remedy of each.
    """
    require_operator(by)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != ZIP:
        raise PackInvalid(f"this is not sent as {ZIP}", remedy="send the zip of a pack")
    zipped = await request.body()
    return await run_in_threadpool(_taken, here, zipped)


def _taken(here: House, zipped: bytes) -> PackView:
    return _pack_view(here, keep_zipped(here.settings.packs_path, zipped))


@router.post("/packs/{pack_hash}/trial")
def try_out(here: HouseHere, by: Somebody, pack_hash: PackHash, asked: TrialAsked) -> TrialView:
    """Run a pack over the labelled rooms, and over recorded ones if asked (operators)."""
    require_operator(by)
    settings = here.settings
    pack = by_hash(settings.packs_path, pack_hash)
    material = Material.read(settings, recorded=asked.recorded)
    told = trying.try_pack(settings.packs_path, pack, material)
    return TrialView(**told)


@router.post("/packs/{pack_hash}/promote")
def promote(
    here: HouseHere, by: Somebody, pack_hash: PackHash, why: PolicyReason
) -> PromotionView:
    """Propose a pack; or, when another operator has proposed it, put it in force."""
    store = here.settings.packs_path
    wanted = candidate(store, by_hash(store, pack_hash))
    budget = Budget.of(here.settings)
    with here.writing() as session:
        promotion = promoting.promote(
            session, wanted, by=by, budget=budget, reason=why.reason or ""
        )
        return _promotion_view(promotion)


@router.post("/packs/{pack_hash}/withdraw")
def withdraw(here: HouseHere, by: Somebody, pack_hash: PackHash) -> PromotionView:
    """Take a proposal back."""
    with here.writing() as session:
        return _promotion_view(promoting.withdraw(session, pack_hash, by=by))


@router.post("/rollback")
def roll_back(here: HouseHere, by: Somebody, why: PolicyReason) -> PackView:
    """Put the pack before the present one in force again, at once."""
    with here.writing() as session:
        promoting.roll_back(session, by=by, reason=why.reason or "")
    return _pack_view(here, _in_force(here))


def _in_force(here: House) -> Pack:
    return in_force(here.database, here.settings.packs_path)


def _kept(here: House) -> list[Pack]:
    """Give the packs that are whole; a damaged one is named when somebody asks for it."""
    kept: list[Pack] = []
    for one in listed(here.settings.packs_path):
        with contextlib.suppress(Invalid, Tampered):
            kept.append(get(here.settings.packs_path, one))
    return kept


def _pack_view(here: House, pack: Pack) -> PackView:
    trial = trying.trial_of(here.settings.packs_path, pack.hash)
    return PackView(
        hash=pack.hash,
        name=pack.name,
        title=dict(pack.title),
        clauses=len(pack.clauses),
        phrases={name: len(one.phrases) for name, one in pack.lists.items()},
        rules=len(pack.rules),
        trial=TrialView.model_validate(trial) if trial else None,
    )


def _clause_view(clause: Clause) -> ClauseView:
    return ClauseView(
        id=clause.id,
        title=dict(clause.title),
        text=dict(clause.text),
        grounds=list(clause.grounds),
        effects=sorted(clause.effects, key=lambda effect: effect.strength),
        examples=[
            ExampleView(text=one.text, language=one.language, kind=one.kind, note=one.note)
            for one in clause.examples
        ],
    )


def _promotion_view(one: Promotion) -> PromotionView:
    return PromotionView(
        pack_hash=one.pack_hash,
        pack_name=one.pack_name,
        state=one.state,
        proposed_by=one.proposed_by.display_name,
        proposed_at=one.proposed_at,
        approved_by=one.approved_by.display_name if one.approved_by else None,
        in_force_at=one.in_force_at,
        ended_by=one.ended_by.display_name if one.ended_by else None,
        ended_at=one.ended_at,
        reason=one.reason,
        shadow={name: n for name, n in one.shadow.items() if isinstance(n, int)},
    )
