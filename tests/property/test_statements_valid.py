"""Whatever is decided and however it is worded: the statement is valid, and names nobody."""

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from balai.policy.statement import CATEGORIES, CONTENT_TYPES, COUNTRIES, KEYWORDS
from balai.statements import rules
from balai.statements.compile import Compiled, compiled
from balai.statements.errors import StatementInvalid
from balai.statements.model import Measure
from balai.statements.personal import found_in
from balai.statements.reasons import (
    Automation,
    Clause,
    Decider,
    Illegal,
    Reasons,
    RoomRules,
    Source,
)

AT = datetime(2026, 8, 1, tzinfo=UTC)
NAMES = frozenset({"Ada Lovelace", "ada", "nightowl_7", "王伟"})
moments = st.integers(0, 8_000 * 365 * 24 * 3600).map(lambda s: datetime.fromtimestamp(s, UTC))
letters = st.characters(exclude_categories=["Cs", "Cc"])
short = st.text(letters, max_size=30)
texts = short | st.builds(str.__mul__, short, st.integers(0, 200))
categories = st.sampled_from(sorted(CATEGORIES))
keywords = st.lists(
    st.sampled_from(sorted(KEYWORDS - {"KEYWORD_OTHER"})), max_size=4, unique=True
).map(tuple)
clauses = st.builds(
    Clause,
    id=st.from_regex(r"[a-z-]{1,40}", fullmatch=True),
    title=st.dictionaries(st.sampled_from(["en", "id"]), texts),
    category=categories,
    keywords=keywords,
    why=texts,
    is_illegal_too=st.booleans(),
)
words_of_law = st.text("abcdefg hij", min_size=1, max_size=400).filter(str.strip)
unlawful = st.builds(
    Illegal, legal_ground=words_of_law, why=words_of_law, category=categories, keywords=keywords
)
PERSONAL = (
    "ada@example.org",
    "nobody.x (at) mail (dot) example",
    "+62 812-3456-7890",
    "0812 3456 7890",
    "(021)5551234",
    "Ada",
    "ada lovelace",
    "@ada",
    "Lovelace",
    "nightowl_7",
    "王伟",
)


@st.composite
def decisions(draw: st.DrawFn) -> Reasons:
    content_types = st.sampled_from(sorted(CONTENT_TYPES - {"CONTENT_TYPE_OTHER"}))
    countries = st.lists(st.sampled_from(COUNTRIES), max_size=5, unique=True).map(tuple)
    return Reasons(
        measure=draw(st.sampled_from(Measure)),
        from_at=draw(moments),
        until_at=draw(st.none() | moments),
        ground=draw(clauses | unlawful | st.just(RoomRules())),
        decided_by=draw(st.sampled_from(Decider)),
        words=draw(texts),
        facts=draw(texts),
        names=draw(st.sampled_from([NAMES, frozenset()])),
        source=draw(st.sampled_from(Source)),
        automated_detection=draw(st.booleans()),
        automated_decision=draw(st.sampled_from(Automation)),
        content_types=tuple(draw(st.lists(content_types, min_size=1, max_size=3, unique=True))),
        content_on=draw(st.none() | st.dates()),
        content_language=draw(st.sampled_from(["", "en", "id-ID", "und", "xx", "jv"])),
        countries=draw(st.none() | countries),
        language=draw(st.sampled_from(["en", "id", "fr", "und"])),
    )


@settings(max_examples=1_000, deadline=None)
@given(decisions())
def test_whatever_is_decided_its_statement_is_valid(reasons: Reasons) -> None:
    form = _compiled(reasons)
    if form is None:
        # Only reviewers are refused: they can write it otherwise.
        assert reasons.decided_by is Decider.REVIEWER
        return
    assert rules.problems(form.fields) == []
    assert rules.validated(form.fields) == form.fields
    assert form.told.measure.kind is reasons.measure


@settings(max_examples=500, deadline=None)
@given(
    st.sampled_from(PERSONAL),
    st.text(st.sampled_from("bcd .,\n"), max_size=40),
    st.text(st.sampled_from("bcd .,\n"), max_size=40),
)
def test_what_names_a_person_is_found_anywhere(personal: str, before: str, after: str) -> None:
    text = f"{before} {personal} {after}"
    assert found_in(text, NAMES) != []
    reasons = Reasons(
        measure=Measure.HOLD,
        from_at=AT,
        ground=RoomRules(),
        decided_by=Decider.HOST,
        words=text,
        names=NAMES,
    )
    form = compiled(reasons, puid="a1", at=AT)
    assert personal not in repr(form.fields).replace("\\n", "\n")
    assert form.told.ground.why == text.strip()
    for name in rules.FREE_TEXTS:
        told = {**form.fields, **_in_place(name), name: text}
        taken_out = [one for one in rules.problems(told, names=NAMES) if ": take " in one]
        assert {one.partition(":")[0] for one in taken_out} == {name}


def _compiled(reasons: Reasons) -> Compiled | None:
    try:
        return compiled(reasons, puid="a1", at=AT)
    except StatementInvalid:
        return None


def _in_place(name: str) -> dict[str, object]:
    """Set the field because of which another one counts."""
    field, word = rules.NEEDED_WITH.get(name, ("source_type", "SOURCE_ARTICLE_16"))
    return {field: [word] if field in rules.LISTS else word}
