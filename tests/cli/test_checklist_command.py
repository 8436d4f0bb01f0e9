"""`visitsafe checklist` as a person at a terminal or an editor meets it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml

from visitsafe.checklists.library import shipped_folder
from visitsafe.cli import main

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
KINDS = [
    "visit",
    "should-not",
    "information-sharing",
    "review",
    "escalation",
    "form",
    "supervision",
    "sources",
]
SHIPPED = len([*shipped_folder().glob("*.yaml")])
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The agency's own folder of checklists."""
    path = tmp_path / "agency"
    path.mkdir()
    return path


@pytest.fixture
def run(tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `visitsafe checklist ...`: exit code, standard output, standard error."""

    def runner(*words: str, own: Path | None = folder) -> tuple[int, str, str]:
        environ = {"VISITSAFE_HOME": str(tmp_path / "home"), "VISITSAFE_CHECKLISTS": str(own or "")}
        code = main(["checklist", *words], NOW, environ)
        out, err = capsys.readouterr()
        return code, out, err

    return runner


def loaded(path: Path) -> Any:
    """A file as an editor's validator sees it."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


class TestList:
    def test_it_names_every_checklist_and_where_it_comes_from(self, run: Run, folder: Path) -> None:
        run("new", "night", "--out", str(folder / "x.yaml"))
        code, out, _ = run("list")
        assert code == 0
        rows = {line.split()[0]: line for line in out.splitlines()}
        shipped = {path.stem for path in shipped_folder().glob("*.yaml")} - {"sources"}
        assert set(rows) == shipped | {"night"}
        assert rows["home-visit"].endswith("shipped")
        assert rows["night"].endswith(str(folder / "x.yaml"))

    def test_as_json_it_has_what_a_plan_stores_of_a_checklist(self, run: Run, folder: Path) -> None:
        run("new", "home-visit", "--extends", "home-visit", "--out", str(folder / "x.yaml"))
        _, out, _ = run("list", "--json")
        (mine,) = [one for one in json.loads(out) if one["id"] == "home-visit"]
        assert (mine["version"], mine["kind"], mine["shipped"]) == ("1.0", "visit", False)
        assert (mine["extends"], mine["file"]) == ("home-visit", str(folder / "x.yaml"))
        assert len(mine["digest"]) == 64

    def test_a_broken_file_does_not_hide_the_others(self, run: Run, folder: Path) -> None:
        (folder / "x.yaml").write_text("format: 1\nkind: visit\nid: x\n@", encoding="utf-8")
        code, out, err = run("list")
        assert code == 1
        assert "home-visit" in out
        assert "x.yaml:4:1: a text cannot begin with @" in err


class TestShow:
    @pytest.mark.parametrize(
        "name", sorted(path.stem for path in shipped_folder().glob("*.yaml") if path.stem != "sources")
    )
    def test_every_sentence_of_every_kind_is_shown(self, run: Run, name: str) -> None:
        code, out, _ = run("show", name)
        assert code == 0
        flat = " ".join(out.split())
        for sentence in sentences(loaded(shipped_folder() / f"{name}.yaml")):
            assert " ".join(sentence.split()) in flat

    def test_a_source_past_its_review_date_is_shown_as_such_beside_each_citation(self, run: Run) -> None:
        _, out, _ = run("show", "home-visit")
        flat = " ".join(out.split())
        assert flat.count("salford-2011 7.2") == flat.count(
            "salford-2011 7.2 (past its review date 2013-01-31)"
        )
        assert "procedures-2023 Prior to contact with a family;" in flat

    def test_conditions_are_shown_in_words(self, run: Run) -> None:
        _, out, _ = run("show", "home-visit")
        assert (
            "If daylight is no and visit.light is unknown or dusk and joint-visit is no; or visit.light"
            in " ".join(out.split())
        )

    def test_facts_and_what_is_asked_again_are_shown(self, run: Run) -> None:
        flat = " ".join(run("show", "home-visit")[1].split())
        assert "visit.light is dusk or dark" in flat
        assert "asked at each visit" in flat
        assert "asked again if something new is behind case.violence" in flat

    def test_the_schema_knows_the_facts(self, run: Run) -> None:
        _, out, _ = run("schema", "visit")
        again = json.loads(out)["$defs"]["Question"]["properties"]["ask-again-if"]
        assert "always" in json.dumps(again)
        assert "case.incident" in json.dumps(again)

    def test_sources_can_be_shown_too(self, run: Run) -> None:
        _, out, _ = run("show", "sources")
        assert "Salford Safeguarding Children Board" in out
        assert "(past its review date 2013-01-31)" in " ".join(out.split())

    def test_as_json_it_is_the_whole_checklist_with_its_documents(self, run: Run) -> None:
        _, out, _ = run("show", "escalation", "--json")
        shown = json.loads(out)
        written = loaded(shipped_folder() / "escalation.yaml")
        assert [step["after"] for step in shown["checklist"]["steps"]] == [
            s["after"] for s in written["steps"]
        ]
        late = {document["id"]: document["past_review"] for document in shown["documents"]}
        assert (late["salford-2011"], late["procedures-2023"]) == (True, False)

    def test_one_that_is_not_there_is_refused_with_a_proposal(self, run: Run) -> None:
        code, out, err = run("show", "home-vist")
        assert (code, out) == (1, "")
        assert 'did you mean "home-visit"?' in err

    def test_a_file_can_be_named_on_the_command_line(self, run: Run, tmp_path: Path) -> None:
        run("new", "night", "--out", str(tmp_path / "night.yaml"))
        assert run("show", "night")[0] == 1
        assert run("show", "night", "--checklist", str(tmp_path / "night.yaml"))[0] == 0


def sentences(node: Any) -> list[str]:
    """The texts of a file that a person should read."""
    if isinstance(node, list):
        return [sentence for one in node for sentence in sentences(one)]
    if not isinstance(node, dict):
        return []
    shown = ("ask", "rule", "why", "text", "more", "do", "ground", "title", "about", "label")
    mine = [value for key, value in node.items() if key in shown and isinstance(value, str)]
    return mine + [sentence for value in node.values() for sentence in sentences(value)]


class TestCheck:
    def test_what_ships_holds(self, run: Run) -> None:
        code, out, err = run("check")
        assert (code, out) == (0, f"{SHIPPED} files checked, nothing wrong\n")
        assert "salford-2011 is past its review date 2013-01-31" in err

    def test_all_problems_of_all_files_are_lines_on_standard_error(self, run: Run, folder: Path) -> None:
        for name in ("one", "two"):
            run("new", name, "--out", str(folder / f"{name}.yaml"))
        one, two = folder / "one.yaml", folder / "two.yaml"
        one.write_text(one.read_text().replace('version: "1.0"', "version: 1.0"), encoding="utf-8")
        two.write_text(two.read_text().replace("settle: [phone", "settle: [fone"), encoding="utf-8")
        code, out, err = run("check")
        assert (code, out) == (1, "")
        assert f"2 problems in {SHIPPED + 2} files" in err
        assert f"{one}:11:10: 1.0 without quotes is read as a number" in err
        assert 'there is no question "fone": did you mean "phone"?' in err

    def test_a_path_is_checked_against_what_ships_and_nothing_else_is_judged(
        self, run: Run, folder: Path, tmp_path: Path
    ) -> None:
        (folder / "broken.yaml").write_text("format: 1\nkind: visit\nid: x\n@", encoding="utf-8")
        run("new", "mine", "--extends", "home-visit", "--out", str(tmp_path / "mine.yaml"))
        assert run("check", str(tmp_path / "mine.yaml"))[:2] == (0, "1 file checked, nothing wrong\n")

    def test_a_path_that_is_not_there_is_refused(self, run: Run, tmp_path: Path) -> None:
        code, _, err = run("check", str(tmp_path / "no.yaml"))
        assert code == 1
        assert "there is no folder or file" in err


class TestSchema:
    @pytest.fixture
    def validator(self, run: Run) -> jsonschema.Draft202012Validator:
        _, out, _ = run("schema")
        schema = json.loads(out)
        jsonschema.Draft202012Validator.check_schema(schema)
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        return jsonschema.Draft202012Validator(schema)

    @pytest.mark.parametrize("path", sorted(shipped_folder().glob("*.yaml")), ids=lambda path: path.name)
    def test_every_shipped_file_validates(
        self, validator: jsonschema.Draft202012Validator, path: Path
    ) -> None:
        validator.validate(loaded(path))

    @pytest.mark.parametrize("kind", KINDS)
    def test_every_starting_file_validates_against_both_schemas(
        self, run: Run, validator: jsonschema.Draft202012Validator, kind: str
    ) -> None:
        written = yaml.safe_load(run("new", "mine", "--kind", kind)[1])
        validator.validate(written)
        own = json.loads(run("schema", kind)[1])
        jsonschema.Draft202012Validator.check_schema(own)
        jsonschema.Draft202012Validator(own).validate(written)

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ('version: "1.0"', "version: 1.0"),
            ('unsafe: "no"', "unsafe: no"),
            ("title: ", "titel: "),
            ("level: stop\n", "level: bad\n"),
            ("kind: visit", "kind: vist"),
            ("format: 1 ", "format: 2 "),
            ("id: due-back", "id: Due Back"),
            ("answer: time", "valid_for: 0"),
        ],
    )
    def test_an_editor_sees_what_check_refuses(
        self, run: Run, validator: jsonschema.Draft202012Validator, old: str, new: str
    ) -> None:
        text = run("new", "mine")[1]
        assert old in text
        assert not validator.is_valid(yaml.safe_load(text.replace(old, new, 1)))

    def test_it_explains_keys_to_who_hovers_over_them(self, run: Run) -> None:
        schema = json.loads(run("schema")[1])
        question = schema["$defs"]["Question"]["properties"]
        assert "not sure counts as this" in question["unsafe"]["description"]
        assert "Attributes:" not in json.dumps(schema)

    def test_an_unknown_kind_is_refused(self, run: Run) -> None:
        code, out, err = run("schema", "vist")
        assert (code, out) == (2, "")
        assert "the kinds are visit, should-not" in err


class TestNew:
    @pytest.mark.parametrize("kind", KINDS)
    def test_what_it_prints_passes_check(self, run: Run, folder: Path, kind: str) -> None:
        _, out, _ = run("new", "mine", "--kind", kind)
        assert out.count("#") > 5
        (folder / "mine.yaml").write_text(out, encoding="utf-8")
        assert run("check", str(folder / "mine.yaml"))[:2] == (0, "1 file checked, nothing wrong\n")

    def test_it_never_writes_over_a_file(self, run: Run, tmp_path: Path) -> None:
        path = tmp_path / "x.yaml"
        assert run("new", "mine", "--out", str(path))[0] == 0
        before = path.read_bytes()
        code, _, err = run("new", "other", "--out", str(path))
        assert (code, path.read_bytes()) == (1, before)
        assert "was left as it is" in err

    @pytest.mark.parametrize(
        ("words", "code", "says"),
        [
            (["Night Visits"], 2, "is not an id"),
            (["mine", "--kind", "vist"], 2, "there is no kind of checklist"),
            (["mine", "--extends", "review"], 1, "there is no visit checklist review"),
            (["mine", "--extends", "home-visit", "--kind", "review"], 2, "only a visit checklist can extend"),
            (["mine", "--out", "/no/such/folder/x.yaml"], 1, "cannot write"),
        ],
    )
    def test_what_cannot_be_begun_is_refused(self, run: Run, words: list[str], code: int, says: str) -> None:
        found, out, err = run("new", *words)
        assert (found, out) == (code, "")
        assert says in err
