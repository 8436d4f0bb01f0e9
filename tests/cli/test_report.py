"""`visitsafe report`: who may read what, in which form, and that what is printed is what is documented."""

import csv
import io
import re
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from office import NOW, Office

LATER = datetime(2026, 12, 3, 9, 0, tzinfo=UTC)
DOCUMENTED = (Path(__file__).parents[2] / "docs" / "json.md").read_text(encoding="utf-8")
DOCS = (Path(__file__).parents[2] / "docs" / "report.md").read_text(encoding="utf-8")
DAY = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"}
TEXT = {"type": "string", "minLength": 1}
SENTENCES = {"type": "array", "items": TEXT}


def exactly(members: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": members, "required": list(members), "additionalProperties": False}


def several(members: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": exactly(members)}


FIGURE = {
    "id": TEXT,
    "label": TEXT,
    "value": {"type": ["integer", "null"], "minimum": 0},
    "unit": {"enum": ["count", "minutes"]},
    "hidden": {"enum": [None, "not shown"]},
    "note": {"type": ["string", "null"]},
}
SECTION = {
    "id": TEXT,
    "title": TEXT,
    "figures": several(FIGURE),
    "about": SENTENCES,
    "quotes": several({"ref": TEXT, "text": TEXT}),
}
REPORT = {
    "team": TEXT,
    "from": DAY,
    "to": DAY,
    "made": DAY,
    "view": {"enum": ["team", "named", "outside"]},
    "remarks": SENTENCES,
    "sections": several(SECTION),
}


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """November: Sam was late once, and one visit was refused."""
    office = Office(tmp_path).open()
    office.countersigned()
    office.at(NOW + timedelta(hours=2)).sam.done("depart", office.ref)
    office.at(NOW + timedelta(hours=5)).sam.done("back", office.ref)
    office.at(NOW).plan(threat_expected="yes")
    said = ("--reason", "Not like this.", "--instead", "See them at school on Tuesday.")
    office.mo.done("review", office.ref, "--decision", "refuse", *said)
    return office.at(LATER)


def figure(shape: Any, name: str) -> Any:
    return next(one for part in shape["sections"] for one in part["figures"] if one["id"] == name)


@pytest.mark.parametrize("flags", [(), ("--names",), ("--outside",)])
def test_the_json_is_what_is_documented(office: Office, flags: tuple[str, ...]) -> None:
    shape = office.mo.done("report", "--json", *flags).json
    jsonschema.validate(shape, exactly(REPORT))
    section = DOCUMENTED.split("\n## A team's report\n")[1].split("\n## ")[0]
    named = set(re.findall("`([a-z_]+)`", section))
    assert {*REPORT, *SECTION, *FIGURE, "ref", "text"} <= named


def test_every_figure_is_explained_in_the_documentation(office: Office) -> None:
    shape = office.mo.done("report", "--json", "--names").json
    for part in shape["sections"]:
        for one in part["figures"]:
            name = re.sub(r"^(carried|never_reported)_\d+$", r"\1_N", one["id"])
            name = re.sub(r"^week_[0-9-]+_", "week_DAY_", re.sub("^behaviour_.*", "behaviour_ID", name))
            assert f"`{name}`" in DOCS, name


def test_it_is_the_last_full_month_of_the_team_unless_days_are_given(office: Office) -> None:
    shape = office.sam.done("report", "--json").json
    assert (shape["from"], shape["to"], figure(shape, "planned")["value"]) == ("2026-11-01", "2026-11-30", 2)
    shape = office.sam.done("report", "--json", "--from", "1 October", "--to", "2026-10-31").json
    assert (shape["from"], figure(shape, "planned")["value"]) == ("2026-10-01", 0)


def test_it_counts_who_was_late_and_how_a_refused_visit_was_made_up_for(office: Office) -> None:
    shape = office.mo.done("report", "--json").json
    assert figure(shape, "overdue_longest")["value"] == 90
    (quote,) = [one for part in shape["sections"] for one in part["quotes"]]
    assert quote == {"ref": office.ref, "text": "See them at school on Tuesday."}


def test_a_practitioner_gets_it_without_what_each_worker_carries(office: Office) -> None:
    out = office.sam.done("report").out
    assert "Sam" not in out
    assert "carries" not in out
    assert "no incident or near miss reported" not in out
    refused = office.sam.run("report", "--names")
    assert (refused.code, refused.out) == (1, "")
    assert "hint" in refused.err


def test_a_manager_gets_names_only_when_they_ask_for_them(office: Office) -> None:
    for form in ("md", "html", "csv"):
        assert "Sam" not in office.mo.done("report", "--format", form).out
        assert "Sam" in office.mo.done("report", "--format", form, "--names").out
    assert "Sam" not in office.mo.done("report").out
    assert re.search(r"Sam \(in 1 visit\)\s+1  #", office.mo.done("report", "--names", "--plain").out)


def test_for_outside_there_is_no_small_number_nobodys_words_and_no_reference(office: Office) -> None:
    for form in ("md", "html", "csv"):
        out = office.mo.done("report", "--outside", "--format", form).out
        assert "not shown" in out
        assert "fewer than" not in out
        assert not any(word in out for word in ("school", office.ref, "Sam", "90"))


def test_a_report_for_outside_about_odd_days_warns_of_comparing_two(office: Office) -> None:
    odd = office.mo.done("report", "--outside", "--from", "2026-11-02", "--to", "2026-11-30")
    assert "overlapping" in odd.err
    assert office.mo.done("report", "--outside").err == ""


def test_the_csv_has_a_row_for_each_figure(office: Office) -> None:
    rows = list(csv.reader(io.StringIO(office.mo.done("report", "--format", "csv").out)))
    assert rows[0] == ["period_from", "period_to", "section", "figure", "value", "unit"]
    assert ["2026-11-01", "2026-11-30", "visits", "planned", "2", "count"] in rows
    assert ["2026-11-01", "2026-11-30", "overdue", "overdue_longest", "90", "minutes"] in rows
    assert {len(row) for row in rows} == {6}


@pytest.mark.parametrize("columns", ["80", "40"])
def test_it_can_be_read_in_a_narrow_window(
    office: Office, columns: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    out = office.mo.done("report", "--names").out
    assert max(map(len, out.splitlines())) <= int(columns)
    assert "█" in out
    plain = office.mo.done("report", "--names", "--plain").out
    assert plain.isascii()
    assert "#" in plain


def test_a_file_is_written_once_for_its_owner_only(office: Office, tmp_path: Path) -> None:
    path = tmp_path / "november.html"
    ran = office.mo.done("report", "--out", str(path))
    assert (ran.out, "wrote" in ran.err) == ("", True)
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = office.mo.run("report", "--out", str(path))
    assert (again.code, "there already" in again.err) == (1, True)
    shape = office.mo.done("report", "--json", "--out", str(tmp_path / "november.json"))
    assert shape.out == ""


@pytest.mark.parametrize(
    "words",
    [
        ("--names", "--outside"),
        ("--json", "--format", "md"),
        ("--from", "whenever"),
        ("--from", "2026-12-02", "--to", "2026-12-01"),
        ("--out", "report"),
        ("--out", "report.docx"),
    ],
)
def test_what_does_not_fit_together_is_refused_with_a_hint(office: Office, words: tuple[str, ...]) -> None:
    ran = office.mo.run("report", *words)
    assert (ran.code, ran.out) == (2, "")
    assert "hint" in ran.err


def test_somebody_whom_the_team_does_not_know_gets_nothing(office: Office) -> None:
    stranger = office.person("eve")
    office.key(stranger)
    ran = stranger.run("report")
    assert (ran.code, ran.out) == (1, "")
