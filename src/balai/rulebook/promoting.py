"""Propose a policy pack, approve it as a second person, go back to the one before.

Each step is in the ledger, with who took it and why.
"""

from dataclasses import dataclass
from typing import Final, Self

from sqlalchemy import select
from sqlalchemy.orm import Session

from balai.clock import now
from balai.ledger import log as ledger
from balai.people.accounts import require_operator
from balai.people.model import Person
from balai.people.names import clean_text
from balai.rulebook.errors import (
    AlreadyInForce,
    BudgetExceeded,
    NeedsAnother,
    NothingBefore,
    NotTried,
    ProposalMissing,
)
from balai.rulebook.model import STEPS, Promotion, PromotionState
from balai.settings import Settings

SHOWN_MAX: Final = 50
REASON_MAX: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What an operator accepts of a policy on the labelled rooms; None: anything.

    Shapes:
        wrong_hold_s_per_h: seconds of harmless speech held in an hour of speech, any language
        flags_per_h: flags that people must look at in an hour of speech
    """

    wrong_hold_s_per_h: float | None = None
    flags_per_h: float | None = None

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Read it from the settings."""
        return cls(
            wrong_hold_s_per_h=settings.policy_wrong_hold_s_per_h,
            flags_per_h=settings.policy_flags_per_h,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A pack that somebody wants in force, and its trial; None: it was not tried."""

    pack_hash: str
    pack_name: str
    trial: dict[str, object] | None


def promote(
    session: Session, candidate: Candidate, *, by: Person, budget: Budget, reason: str = ""
) -> Promotion:
    """Propose a pack; or, when somebody else has proposed it, put it in force.

    Raises:
        OperatorsOnly: this person may not.
        AlreadyInForce, NeedsAnother: there is nothing for this person to do.
        NotTried, BudgetExceeded: it cannot be known to be fit, or is known not to be.
        TextInvalid: the reason is too long, or no plain text.
    """
    require_operator(by)
    why = clean_text(reason, length_max=REASON_MAX)
    present = in_force(session)
    if present is not None and present.pack_hash == candidate.pack_hash:
        raise AlreadyInForce
    _require_fit(candidate, budget)
    proposed = _proposed(session, candidate.pack_hash)
    if proposed is None:
        return _propose(session, candidate, by, why)
    if proposed.proposed_by_id == by.id or not proposed.proposed_by.is_operator:
        raise NeedsAnother
    if present is not None:
        _end(present, by)
        proposed.replaced_id = present.id
    _step(proposed, PromotionState.IN_FORCE)
    proposed.approved_by_id, proposed.in_force_at = by.id, now()
    _enter(session, "policy_promoted", proposed, by=by, why=why)
    return proposed


def withdraw(session: Session, pack_hash: str, *, by: Person) -> Promotion:
    """Take a proposal back; its shadow ends.

    Raises:
        OperatorsOnly: this person may not.
        ProposalMissing: nobody has proposed it.
    """
    require_operator(by)
    proposed = _proposed(session, pack_hash)
    if proposed is None:
        raise ProposalMissing
    _end(proposed, by)
    _enter(session, "policy_withdrawn", proposed, by=by, why="")
    return proposed


def roll_back(session: Session, *, by: Person, reason: str = "") -> Promotion | None:
    """Put the pack before the present one in force again; one person is enough to go back.

    Gives its promotion, None when it is the pack that came with Balai. Why the present one was
    proposed stays; why it went is added where there is room, and is in the ledger always.

    Raises:
        OperatorsOnly: this person may not.
        NothingBefore: no pack was ever put in force.
        TextInvalid: the reason is too long, or no plain text.
    """
    require_operator(by)
    why = clean_text(reason, length_max=REASON_MAX)
    present = in_force(session)
    if present is None:
        raise NothingBefore
    before = _before(session, present)
    _end(present, by)
    both = "\n".join(filter(None, (present.reason, why)))
    present.reason = both if len(both) <= REASON_MAX else present.reason
    _enter(session, "policy_rolled_back", present, by=by, why=why)
    if before is None:
        return None
    again = Promotion(
        pack_hash=before.pack_hash,
        pack_name=before.pack_name,
        state=PromotionState.IN_FORCE,
        trial=before.trial,
        shadow=before.shadow,
        proposed_by_id=before.proposed_by_id,
        proposed_at=before.proposed_at,
        approved_by_id=before.approved_by_id,
        in_force_at=now(),
        replaced_id=before.replaced_id,
        reason=before.reason,
    )
    session.add(again)
    session.flush()
    return again


def shadowed(session: Session, number: int, *, would: str, did: str) -> None:
    """Count what a proposed pack would have done where the one in force did something else."""
    proposed = session.get(Promotion, number)
    if proposed is None or proposed.state is not PromotionState.PROPOSED:
        return
    name = f"{did} -> {would}"
    count = proposed.shadow.get(name, 0)
    proposed.shadow = {**proposed.shadow, name: (count if isinstance(count, int) else 0) + 1}


def in_force(session: Session) -> Promotion | None:
    """Read the pack in force; None: the one that came with Balai."""
    return _latest(session, PromotionState.IN_FORCE)


def in_shadow(session: Session) -> Promotion | None:
    """Read the pack that was proposed last: it is tried in live rooms, without effect."""
    return _latest(session, PromotionState.PROPOSED)


def history(session: Session) -> list[Promotion]:
    """Read all promotions, newest first, 50 at most."""
    query = select(Promotion).order_by(Promotion.id.desc()).limit(SHOWN_MAX)
    return list(session.scalars(query))


def _require_fit(candidate: Candidate, budget: Budget) -> None:
    if candidate.trial is None or not candidate.trial.get("labelled_lines"):
        raise NotTried
    for name in ("wrong_hold_s_per_h", "flags_per_h"):
        allowed, found = getattr(budget, name), candidate.trial.get(name)
        if allowed is not None and not (isinstance(found, int | float) and found <= allowed):
            raise BudgetExceeded(f"{BudgetExceeded.sentence()} {name}: {found} > {allowed}.")


def _propose(session: Session, candidate: Candidate, by: Person, why: str) -> Promotion:
    proposed = Promotion(
        pack_hash=candidate.pack_hash,
        pack_name=candidate.pack_name,
        state=PromotionState.PROPOSED,
        trial=candidate.trial or {},
        shadow={},
        proposed_by_id=by.id,
        proposed_at=now(),
        reason=why,
    )
    session.add(proposed)
    session.flush()
    _enter(session, "policy_proposed", proposed, by=by, why=why)
    return proposed


def _before(session: Session, present: Promotion) -> Promotion | None:
    """Find what the present one replaced; going back twice goes back two packs."""
    return session.get(Promotion, present.replaced_id) if present.replaced_id else None


def _proposed(session: Session, pack_hash: str) -> Promotion | None:
    query = select(Promotion).where(
        Promotion.state == PromotionState.PROPOSED, Promotion.pack_hash == pack_hash
    )
    return session.scalars(query.limit(1)).first()


def _latest(session: Session, state: PromotionState) -> Promotion | None:
    query = select(Promotion).where(Promotion.state == state).order_by(Promotion.id.desc())
    return session.scalars(query.limit(1)).first()


def _enter(session: Session, kind: str, promotion: Promotion, *, by: Person, why: str) -> None:
    told: dict[str, object] = {
        "promotion": promotion.id,
        "pack_hash": promotion.pack_hash,
        "by_person_id": by.id,
        "reason": why,
    }
    ledger.append(session, kind=kind, record=told)


def _end(promotion: Promotion, by: Person) -> None:
    _step(promotion, PromotionState.ENDED)
    promotion.ended_at, promotion.ended_by_id = now(), by.id


def _step(promotion: Promotion, to: PromotionState) -> None:
    if to not in STEPS[promotion.state]:
        raise ProposalMissing
    promotion.state = to
