"""What names a person is found; both forms of a statement; the one way to restrict."""

import ast
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from balai.rooms.restrictions import clause_of
from balai.statements import wording
from balai.statements.compile import compiled, with_end
from balai.statements.errors import StatementInvalid
from balai.statements.model import Measure
from balai.statements.personal import found_in
from balai.statements.reading import as_csv
from balai.statements.reasons import (
    Automation,
    Clause,
    Decider,
    Ground,
    Illegal,
    Reasons,
    RoomRules,
    Source,
)

SOURCE = Path(__file__).parents[2] / "src" / "balai"
AT = datetime(2026, 8, 31, 23, 30, tzinfo=UTC)
THREATS = Clause(
    id="threats",
    title={"en": "Threats", "id": "Ancaman"},
    category="STATEMENT_CATEGORY_VIOLENCE",
    keywords=("KEYWORD_CYBER_BULLYING_INTIMIDATION",),
)
UNLAWFUL = Illegal(
    legal_ground="Criminal code, article 126",
    why="It calls for an attack.",
    category="STATEMENT_CATEGORY_RISK_FOR_PUBLIC_SECURITY",
)


def reasons(
    measure: Measure = Measure.MUTE,
    ground: Ground = THREATS,
    by: Decider = Decider.HOST,
    **more: object,
) -> Reasons:
    told: dict[str, object] = {"measure": measure, "ground": ground, "decided_by": by}
    return Reasons(**{"from_at": AT, **told, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "write to ada@example.org now",
        "ada.b+c@mail.example.co.id",
        "ada @ example . org",
        "ada (at) example (dot) org",
        "ada [at] example.org",
        "ａｄａ＠ｅｘａｍｐｌｅ．ｏｒｇ",
        "ada@exa\u200bmple.org",
    ],
)
def test_an_e_mail_address_is_found(text: str) -> None:
    assert found_in(text) == ["an e-mail address"]


@pytest.mark.parametrize(
    "text",
    [
        "+62 812-3456-7890",
        "call 08123456789",
        "(021) 555-1234",
        "06.12.34.56.78",
        "٠١٢٣٤٥٦٧٨٩",
        "on 2026-08-01 10:00 call 555 12 34",
        "0812\n3456\n7890",
        "4 4 7 7 0 0 9 0 0 1 2 3",
    ],
)
def test_a_phone_number_is_found(text: str) -> None:
    assert found_in(text) == ["a phone number"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Ada shouted", "Ada"),
        ("then @ada again", "ada"),
        ("ADA left", "Ada"),
        ("Lovelace was warned", "Ada Lovelace"),
        ("said ada lovelace", "Ada Lovelace"),
        ("he called o'brien's friend", "O'Brien"),
        ("the guest nightowl_7 sang", "nightowl_7"),
        ("王伟说了", "王伟"),
        ("Ａｄａ shouted", "Ada"),
    ],
)
def test_a_name_or_handle_is_found(text: str, name: str) -> None:
    assert found_in(text, {name}) == ["a name"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("From 2026-08-01 10:00:00 until 2027-02-28, at minute 12", "Ada"),
        ("ada orang yang berteriak", "Ada"),  # Indonesian: there is
        ("He threatened people at 10 and 11", "at"),
        ("Adamant words @ stage", "Ada"),
        ("", ""),
        ("...", "..."),
    ],
)
def test_what_names_nobody_passes(text: str, name: str) -> None:
    assert found_in(text, {name}) == []


@pytest.mark.parametrize(
    ("measure", "field", "value"),
    [
        (Measure.MUTE, "visibility", ["DECISION_VISIBILITY_CONTENT_INTERACTION_RESTRICTED"]),
        (Measure.HOLD, "visibility", ["DECISION_VISIBILITY_OTHER"]),
        (
            Measure.CHAT_ONLY,
            "visibility",
            ["DECISION_VISIBILITY_CONTENT_INTERACTION_RESTRICTED"],
        ),
        (Measure.ROOM_ENDED, "visibility", ["DECISION_VISIBILITY_CONTENT_DISABLED"]),
        (Measure.CONTENT_DISABLED, "visibility", ["DECISION_VISIBILITY_CONTENT_DISABLED"]),
        (Measure.MOVE_TO_HALL, "provision", "DECISION_PROVISION_PARTIAL_SUSPENSION"),
        (Measure.REMOVE, "provision", "DECISION_PROVISION_PARTIAL_SUSPENSION"),
        (Measure.ROOM_BAN, "provision", "DECISION_PROVISION_PARTIAL_SUSPENSION"),
        (Measure.HOUSE_BAN, "provision", "DECISION_PROVISION_TOTAL_SUSPENSION"),
        (Measure.PERMANENT_REMOVAL, "account", "DECISION_ACCOUNT_TERMINATED"),
    ],
)
def test_each_measure_is_one_decision_with_its_end(
    measure: Measure, field: str, value: object
) -> None:
    until_at = AT + timedelta(days=2)
    fields = compiled(reasons(measure, until_at=until_at), puid="p", at=AT).fields
    kinds = ("visibility", "monetary", "provision", "account")
    made = {kind: fields[f"decision_{kind}"] for kind in kinds if f"decision_{kind}" in fields}
    ends = {name: fields[name] for name in fields if name.startswith("end_date")}
    end_of = {"visibility": "visibility", "provision": "service", "account": "account"}[field]
    assert made == {field: value}
    assert ends == {f"end_date_{end_of}_restriction": "2026-09-02"}
    other = {"decision_visibility_other"} & fields.keys()
    assert bool(other) is (measure is Measure.HOLD)


def test_a_hold_by_a_rule_as_the_public_reads_it() -> None:
    held = reasons(
        Measure.HOLD,
        by=Decider.RULE,
        words="Threats",
        automated_detection=True,
        automated_decision=Automation.FULLY,
        content_language="id-ID",
    )
    assert compiled(held, puid="abc", at=AT).fields == {
        "puid": "abc",
        "decision_visibility": ["DECISION_VISIBILITY_OTHER"],
        "decision_visibility_other": "Withheld from the live audience pending review",
        "decision_ground": "DECISION_GROUND_INCOMPATIBLE_CONTENT",
        "incompatible_content_ground": "Threats",
        "incompatible_content_explanation": "Threats",
        "incompatible_content_illegal": "No",
        "decision_facts": "A speaker's voice was withheld from the live audience of an audio "
        "room. A rule of the service acted by itself; a person reviews it.",
        "content_type": ["CONTENT_TYPE_AUDIO"],
        "category": "STATEMENT_CATEGORY_VIOLENCE",
        "category_specification": ["KEYWORD_CYBER_BULLYING_INTIMIDATION"],
        "territorial_scope": list(held.scope),
        "content_language": "ID",
        "content_date": "2026-08-31",
        "application_date": "2026-08-31",
        "source_type": "SOURCE_VOLUNTARY",
        "automated_detection": "Yes",
        "automated_decision": "AUTOMATED_DECISION_FULLY",
    }
    assert len(held.scope) == 30


def test_the_person_reads_everything_of_article_17_in_their_language() -> None:
    told = compiled(reasons(language="id", words="Cukup"), puid="p", at=AT).told
    assert told.measure.sentence == "Mikrofon Anda dibisukan di panggung dan di siaran."
    assert (told.ground.kind, told.ground.clause) == ("clause", "threats")
    assert (told.ground.title, told.ground.why) == ("Ancaman", "Cukup")
    assert (told.duration.from_at, told.duration.until_at) == (AT, None)
    assert told.automation.decision == "not"
    assert told.redress.complaint_until == AT + timedelta(days=184)
    said = told.model_dump()
    assert set(said) == {
        *("measure", "scope", "duration", "facts", "source", "automation", "ground", "redress")
    }
    empty = [
        name for name, part in said.items() if isinstance(part, dict) and "" in part.values()
    ]
    assert empty == []


def test_the_law_is_told_as_the_law() -> None:
    noticed = reasons(
        Measure.CONTENT_DISABLED, UNLAWFUL, Decider.REVIEWER, source=Source.TRUSTED_FLAGGER
    )
    form = compiled(noticed, puid="p", at=AT)
    assert form.fields["illegal_content_legal_ground"] == "Criminal code, article 126"
    assert form.fields["source_type"] == "SOURCE_TRUSTED_FLAGGER"
    assert (form.told.ground.kind, form.told.ground.why) == (
        "illegal",
        "It calls for an attack.",
    )
    assert form.told.source.sentence == "A trusted flagger sent us a notice about it."


@pytest.mark.parametrize("words", ["Ada was rude", "mail me: a@b.example", "0812 3456 7890"])
def test_a_hosts_private_words_are_for_the_person_only(words: str) -> None:
    form = compiled(
        reasons(ground=RoomRules(), words=words, names=frozenset({"Ada"})), puid="p", at=AT
    )
    assert form.fields["incompatible_content_explanation"] == wording.PRIVATE_REASON
    assert words not in repr(form.fields)
    assert form.told.ground.why == words


def test_a_reviewer_who_names_somebody_is_refused_and_told_where() -> None:
    names = frozenset({"Ada"})
    named = reasons(by=Decider.REVIEWER, facts="Ada threatened him", names=names)
    with pytest.raises(StatementInvalid, match=r"^decision_facts: take a name out\.$"):
        compiled(named, puid="p", at=AT)
    private = reasons(by=Decider.REVIEWER, facts="A speaker threatened", names=names)
    assert compiled(private, puid="p", at=AT).fields["decision_facts"] == "A speaker threatened"


def test_a_title_that_cannot_be_published_gives_way_to_the_id() -> None:
    for title in ("", "Mail to a@b.example", "x" * 501):
        clause = Clause(id="c-1", title={"en": title}, category=THREATS.category)
        fields = compiled(reasons(ground=clause, by=Decider.RULE), puid="p", at=AT).fields
        assert fields["incompatible_content_ground"] == "Clause c-1"


@pytest.mark.parametrize(
    ("year", "told"), [(1970, "2020-01-01"), (2026, "2026-08-31"), (2050, "2038-01-01")]
)
def test_a_wrong_clock_makes_no_hold_impossible(year: int, told: str) -> None:
    fields = compiled(reasons(from_at=AT.replace(year=year)), puid="p", at=AT).fields
    assert fields["application_date"] == told


def test_an_end_that_came_is_filled_in_where_it_belongs() -> None:
    fields = compiled(reasons(Measure.HOLD), puid="p", at=AT).fields
    assert with_end(fields, None) == fields
    assert with_end(fields, AT) == {**fields, "end_date_visibility_restriction": "2026-08-31"}
    assert with_end(fields, AT.replace(year=2040)) == fields


def test_every_language_has_every_sentence() -> None:
    keys = {language: set(said) for language, said in wording.WORDING.items()}
    assert keys["id"] == keys["en"] >= {str(one) for one in Measure}
    assert set(wording.FACTS) == {str(one) for one in Measure}
    assert set(wording.DECIDED_BY) == {str(one) for one in Decider}
    assert [wording.language_of(*wanted) for wanted in (["id-ID"], ["fr"], ["fr", "id"])] == [
        "id",
        "en",
        "id",
    ]


def test_no_cell_of_the_table_is_a_formula() -> None:
    table = as_csv([{"puid": "p", "decision_facts": "=1+1", "content_type": ["A"]}])
    assert table.count("\r\n") == 2
    assert ",'=1+1," in table
    assert '"[""A""]"' in table


def _constructors(name: str) -> set[str]:
    """Find the files in which a class is called, or its rows are inserted."""
    found = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            called = node.func
            is_made = isinstance(called, ast.Name) and called.id == name
            is_inserted = (
                isinstance(called, ast.Name | ast.Attribute)
                and (called.id if isinstance(called, ast.Name) else called.attr) == "insert"
                and any(isinstance(one, ast.Name) and one.id == name for one in node.args)
            )
            if is_made or is_inserted:
                found.add(path.relative_to(SOURCE).as_posix())
    return found


def test_a_restriction_and_a_statement_are_each_made_in_one_place() -> None:
    assert _constructors("Restriction") == {"rooms/restrictions.py"}
    made = _constructors("Statement") - {"policy/clause.py"}  # what a clause says of one
    assert made == {"statements/issuing.py"}


def test_a_rule_that_names_a_clause_badly_still_holds() -> None:
    assert [clause_of(told) for told in (None, "x", {}, {"id": 1})] == [None] * 4
    odd = clause_of({"id": "c", "title": 7, "category": "chant", "keywords": ["x", None]})
    assert odd == Clause(id="c", title={}, category="STATEMENT_CATEGORY_OTHER_VIOLATION_TC")
    good = {"id": "threats", "title": dict(THREATS.title), "category": THREATS.category}
    assert clause_of({**good, "keywords": list(THREATS.keywords)}) == THREATS
