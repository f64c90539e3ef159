"""A pack is read strictly; an error names the file, the line and the remedy."""

import hashlib
import os
from pathlib import Path

import pytest

from balai.policy import statement
from balai.policy.clause import Effect, Example, ExampleKind, Statement
from balai.policy.errors import PackInvalid, PackMissing
from balai.policy.folder import FILE_BYTES_MAX, FILES_MAX
from balai.policy.pack import default_folder, from_files, load, pack_hash
from balai.policy.phrase import Matching, Phrase
from tests.policy_packs import CLAUSES, ENGLISH, PACK, RULES, encoded, written


def refused(**changed: str) -> str:
    with pytest.raises(PackInvalid) as caught:
        from_files(encoded(**changed))
    return str(caught.value)


def test_a_pack_comes_as_it_was_written(tmp_path: Path) -> None:
    pack = load(written(tmp_path))
    assert (pack.id, pack.version, pack.title["id"]) == ("small", "1.0.0", "Kecil")
    assert pack.languages == ("en", "id", "mul")
    threats = pack.clauses["threats"]
    assert threats.statement == Statement(
        "STATEMENT_CATEGORY_VIOLENCE",
        "DECISION_GROUND_INCOMPATIBLE_CONTENT",
        ("KEYWORD_HATE_SPEECH",),
    )
    assert threats.grounds == ("caste", "religious-affiliation")
    assert pack.clauses["insults"].effects == {Effect.PRIORITY, Effect.NOTICE}
    assert threats.examples[1] == Example(
        "he said: kill all of them", "en", ExampleKind.REPORT, "Reported."
    )
    assert pack.lists["en"].phrases[2] == Phrase(
        "subhuman filth", "en", "insults", 3, match=Matching.FUZZY, note="Rare words."
    )
    assert pack.lists["en"].frames == ("he said", "they wrote:")
    assert [rule.id for rule in pack.rules] == ["threat-vetted", "threat-said", "insult"]


def test_the_hash_is_over_paths_lengths_and_bytes_in_the_order_of_paths(tmp_path: Path) -> None:
    files = encoded()
    hashed = hashlib.sha256()
    for path in sorted(files):
        data = files[path]
        hashed.update(path.encode() + b"\0" + str(len(data)).encode() + b"\0" + data)
    assert load(written(tmp_path)).hash == pack_hash(tmp_path) == hashed.hexdigest()
    (tmp_path / "README.md").write_text("why\n")
    assert load(tmp_path).hash != hashed.hexdigest()


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        (
            "en",
            "clause: threats, severity: 3",
            "clause: threats, severity: 9",
            "phrases/en.yaml, line 5: severity must be 1 to 5; write a whole number.",
        ),
        (
            "en",
            "severity: 3}",
            'severity: "3"}',
            "phrases/en.yaml, line 5: severity must be 1 to 5; write a whole number.",
        ),
        (
            "en",
            "match: exact",
            "mtach: exact",
            'phrases/en.yaml, line 4: the key "mtach" is not known here; '
            "perhaps match is meant.",
        ),
        (
            "en",
            "clause: threats, severity: 4",
            "clause: threat, severity: 4",
            'phrases/en.yaml, line 4: clause names "threat", which clauses.yaml lacks; '
            "perhaps threats is meant.",
        ),
        (
            "en",
            "vetted: true",
            "vetted: yes",
            "phrases/en.yaml, line 4: vetted must be true or false; "
            "write true or false, without quotes.",
        ),
        (
            "en",
            "text: burn it down",
            "text: KILL all of them!",
            "phrases/en.yaml, line 5: an entry of phrases says the same as line 4; "
            "keep one of them.",
        ),
        (
            "en",
            "text: ass, clause: insults, severity: 1",
            "text: ass, clause: insults, severity: 1, match: fuzzy",
            "phrases/en.yaml, line 7: match cannot be fuzzy: no word has 5 letters, and short "
            "words have too many neighbours; write match: exact.",
        ),
        (
            "en",
            "text: ass",
            'text: "?!"',
            "phrases/en.yaml, line 7: text has fewer than two letters; write a longer phrase.",
        ),
        (
            "clauses",
            "grounds: [caste, religious-affiliation]",
            "grounds: [cast]",
            'clauses.yaml, line 4: an entry of grounds cannot be "cast"; '
            "perhaps caste is meant.",
        ),
        (
            "clauses",
            "category: STATEMENT_CATEGORY_VIOLENCE",
            "category: VIOLENCE",
            'clauses.yaml, line 6: category cannot be "VIOLENCE"; '
            "perhaps STATEMENT_CATEGORY_VIOLENCE is meant.",
        ),
        (
            "clauses",
            "kind: harmless",
            "kind: use",
            "clauses.yaml, line 20: examples are all of kind use; "
            "add one that sounds alike and is not meant, like a quote.",
        ),
        (
            "clauses",
            "language: id, kind: use",
            "language: fr, kind: use",
            'clauses.yaml, line 21: language cannot be "fr"; use en, id, mul.',
        ),
        (
            "clauses",
            "{en: Insults, id: Hinaan}",
            "{en: Insults}",
            "clauses.yaml, line 14: title is not given in id; add id:.",
        ),
        (
            "clauses",
            "id: insults",
            "id: threats",
            "clauses.yaml, line 13: an entry repeats the id threats; "
            "give each clause its own id.",
        ),
        (
            "rules",
            "effect: priority",
            "effect: hold",
            "rules.yaml, line 16: effect is hold, which the clause insults does not permit; "
            "choose one of its effects, or add hold to the clause.",
        ),
        (
            "rules",
            "priority: 90",
            "priority: 101",
            "rules.yaml, line 5: priority must be 0 to 100; write a whole number.",
        ),
        (
            "pack",
            "version: 1.0.0",
            "version: 1.0",
            'pack.yaml, line 2: version cannot be "1.0"; write three numbers, like 1.0.0.',
        ),
        (
            "pack",
            "[en, id, mul]",
            "[en, id, mul, ar]",
            "pack.yaml, line 5: an entry of languages names ar, which has no list; "
            "write phrases/ar.yaml.",
        ),
        (
            "pack",
            "[en, id, mul]",
            "[en, id]",
            "phrases/mul.yaml: its language is not among the pack's; "
            "add it to languages: in pack.yaml, or remove the file.",
        ),
        (
            "pack",
            "id: small",
            "id: small\nid: other",
            'pack.yaml, line 2: the key "id" is given twice; keep one.',
        ),
        (
            "pack",
            "id: small",
            "id: &x small",
            "pack.yaml, line 1: aliases and anchors are not allowed; write the value out.",
        ),
        (
            "pack",
            "id: small",
            "id: !!python/name:os.system small",
            "pack.yaml, line 1: tags are not allowed; remove the word after the !.",
        ),
        (
            "pack",
            "id: small",
            "id: [[[[[[[[[small]]]]]]]]]",
            "pack.yaml, line 1: values are nested too deeply; write them flatter.",
        ),
        (
            "pack",
            "id: small\n",
            "",
            "pack.yaml, line 1: the file has no id; add id:.",
        ),
        (
            "pack",
            "id, mul]\n",
            "id, mul]\n---\n",
            "pack.yaml, line 6: a second document begins; remove the line ---.",
        ),
        (
            "pack",
            "title: {en: Small, id: Kecil}",
            "title: Small",
            "pack.yaml, line 3: title must be given by language; write {en: …, id: …}.",
        ),
    ],
)
def test_an_error_names_file_line_and_remedy(
    name: str, old: str, new: str, message: str
) -> None:
    text = {"en": ENGLISH, "clauses": CLAUSES, "rules": RULES, "pack": PACK}[name]
    assert text.count(old) == 1
    assert refused(**{name: text.replace(old, new)}) == message


def test_what_is_no_yaml_is_named_with_its_line() -> None:
    message = refused(pack=PACK.replace("version: 1.0.0", 'version: "1.0.0'))
    assert message.startswith("pack.yaml, line ")
    assert ": this is not YAML: " in message
    assert message.endswith("; look at the quotes, colons and indentation here.")
    assert refused(pack="") == "pack.yaml: the file is empty; write its contents."
    with pytest.raises(PackInvalid) as caught:
        from_files(encoded() | {"pack.yaml": b"id: small\nversion: \xff"})
    assert str(caught.value) == "pack.yaml, line 2: the file is not UTF-8; save it as UTF-8."


def test_what_yaml_would_guess_is_read_as_it_is_written() -> None:
    pack = from_files(encoded(en=ENGLISH.replace("text: burn it down", "text: no")))
    assert pack.lists["en"].phrases[1].text == "no"


def test_control_characters_reach_no_terminal() -> None:
    message = refused(pack=PACK.replace("id: small", '"id\\e[2J": small'))
    assert message == (
        'pack.yaml, line 1: the key "id?[2J" is not known here; perhaps id is meant.'
    )


def test_a_billion_laughs_are_refused_at_the_first() -> None:
    pairs = zip("abcdefgh", "bcdefghi", strict=True)
    more = [f"{new}: &{new} [*{old}, *{old}, *{old}]\n" for old, new in pairs]
    laughs = "".join(["a: &a [lol]\n", *more])
    assert refused(pack=laughs) == (
        "pack.yaml, line 1: aliases and anchors are not allowed; write the value out."
    )


def test_ten_gigabytes_are_refused_unread(tmp_path: Path) -> None:
    written(tmp_path)
    with (tmp_path / "rules.yaml").open("r+b") as file:
        file.truncate(10 * 2**30)
    with pytest.raises(PackInvalid) as caught:
        load(tmp_path)
    assert str(caught.value) == "rules.yaml: the file is larger than 1 MiB; shorten it."


def test_a_file_of_one_mebibyte_is_read_and_one_byte_more_is_not(tmp_path: Path) -> None:
    written(tmp_path)
    fill = FILE_BYTES_MAX - len(PACK) - 2
    (tmp_path / "pack.yaml").write_text(f"{PACK}#{'x' * fill}\n")
    assert load(tmp_path).id == "small"
    (tmp_path / "pack.yaml").write_text(f"{PACK}#{'x' * fill}x\n")
    with pytest.raises(PackInvalid):
        load(tmp_path)


@pytest.mark.parametrize("make", ["link", "pipe", "folder"])
def test_what_is_no_file_is_refused(tmp_path: Path, make: str) -> None:
    path = written(tmp_path) / "rules.yaml"
    path.unlink()
    if make == "link":
        path.symlink_to("/dev/zero")
    elif make == "pipe":
        os.mkfifo(path)
    else:
        path.mkdir()
    with pytest.raises(PackInvalid, match=r"^rules\.yaml: this "):
        load(tmp_path)


def test_a_stray_file_is_named(tmp_path: Path) -> None:
    (written(tmp_path) / "phrases" / "en.yml").write_text("phrases: []\n")
    with pytest.raises(PackInvalid, match=r"^phrases/en\.yml: this file does not belong to"):
        load(tmp_path)


def test_too_many_files_are_refused(tmp_path: Path) -> None:
    written(tmp_path)
    for number in range(FILES_MAX):
        (tmp_path / f"{number}.md").touch()
    with pytest.raises(PackInvalid, match="there are more than 64 files"):
        load(tmp_path)


def test_a_missing_folder_and_a_missing_file_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(PackMissing):
        load(tmp_path / "nowhere")
    with pytest.raises(PackInvalid, match=r"^pack\.yaml: this file is missing; write it\.$"):
        load(tmp_path)


def test_the_words_of_statements_are_the_databases() -> None:
    assert len(statement.CATEGORIES) == 16
    assert len(statement.KEYWORDS) == 69
    assert {one.partition("_")[0] for one in statement.KEYWORDS} == {"KEYWORD"}
    assert {one.partition("_")[0] for one in statement.CATEGORIES} == {"STATEMENT"}


def test_the_pack_that_comes_with_balai_can_be_used() -> None:
    pack = load(default_folder())
    assert {"en", "id"} <= set(pack.languages)
