"""The policy: what may be said here, for everybody to read; its trials and promotions."""

import contextlib
import functools
from pathlib import Path as FilePath
from typing import Annotated

from fastapi import APIRouter, Path

from balai.errors import Invalid, Tampered
from balai.people.accounts import require_operator
from balai.policy.clause import Clause
from balai.policy.pack import Pack, default_folder, load
from balai.policy.store import get, listed, put
from balai.rulebook import promoting, trying
from balai.rulebook.model import Promotion
from balai.rulebook.promoting import Budget, Candidate
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
PackHash = Annotated[str, Path(min_length=64, max_length=64, pattern=r"^[0-9a-f]+$")]


@router.get("")
def show(here: HouseHere) -> PolicyText:
    """Tell what may not be said here: the clauses in force, with examples."""
    pack = _in_force(here)
    return PolicyText(
        name=f"{pack.id} {pack.version}",
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
        shipped=_pack_view(here, _shipped()),
        packs=kept,
        history=history,
        can_try=here.settings.policy_labelled.is_dir(),
    )


@router.post("/packs/{pack_hash}/trial")
def try_out(here: HouseHere, by: Somebody, pack_hash: PackHash, asked: TrialAsked) -> TrialView:
    """Run a pack over the labelled rooms, and over recorded ones if asked (operators)."""
    require_operator(by)
    labelled = here.settings.policy_labelled
    material = Material(
        labelled=labelled if labelled.is_dir() else None,
        air=here.settings.air_path if asked.recorded else None,
    )
    told = trying.try_pack(here.settings.packs_path, _pack(here, pack_hash), material)
    return TrialView(**told)


@router.post("/packs/{pack_hash}/promote")
def promote(
    here: HouseHere, by: Somebody, pack_hash: PackHash, why: PolicyReason
) -> PromotionView:
    """Propose a pack; or, when another operator has proposed it, put it in force."""
    pack = _pack(here, pack_hash)
    settings = here.settings
    candidate = Candidate(
        pack_hash=pack.hash,
        pack_name=f"{pack.id} {pack.version}",
        trial=trying.trial_of(settings.packs_path, pack.hash),
    )
    budget = Budget(
        wrong_hold_s_per_h=settings.policy_wrong_hold_s_per_h,
        flags_per_h=settings.policy_flags_per_h,
    )
    with here.writing() as session:
        promotion = promoting.promote(
            session, candidate, by=by, budget=budget, reason=why.reason or ""
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
    with here.database.reading() as session:
        present = promoting.in_force(session)
        pack_hash = present.pack_hash if present else None
    return _get(here.settings.packs_path, pack_hash) if pack_hash else _shipped()


def _pack(here: House, pack_hash: str) -> Pack:
    store = here.settings.packs_path
    if pack_hash == _shipped().hash:
        put(store, default_folder())  # kept like any other: the next Balai ships another one
    return get(store, pack_hash)


def _kept(here: House) -> list[Pack]:
    """Give the packs that are whole; a damaged one is named when somebody asks for it."""
    packs: list[Pack] = []
    for one in listed(here.settings.packs_path):
        with contextlib.suppress(Invalid, Tampered):
            packs.append(get(here.settings.packs_path, one))
    return packs


@functools.cache
def _shipped() -> Pack:
    return load(default_folder())


@functools.lru_cache(maxsize=4)
def _get(store: FilePath, pack_hash: str) -> Pack:
    """Read a pack once: its hash is its content."""
    return get(store, pack_hash)


def _pack_view(here: House, pack: Pack) -> PackView:
    trial = trying.trial_of(here.settings.packs_path, pack.hash)
    return PackView(
        hash=pack.hash,
        name=f"{pack.id} {pack.version}",
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
