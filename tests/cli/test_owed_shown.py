"""What is owed after a visit, as people meet it: after `back`, in `visitsafe`, in lists, in `show`."""

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pexpect  # type: ignore[import-untyped]  # it has no type hints
import pytest

from office import NOW, Office
from patience import LIMIT

COMMAND = str(Path(sys.executable).with_name("visitsafe"))
HOME = NOW + timedelta(hours=4)
LATER = NOW + timedelta(days=9)
TOLD = ("--with", "Health visitor, NHS", "--how", "by telephone", "--what", "Two of us go from now on.")
INCIDENT = """\
checklist: incident
answers:
  near-miss: no
  behaviours: [shouting]
  hurt: no
  seen-and-heard: "He threw a cup at Jordan."
  others-at-risk: no
"""


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """Sam is out on a visit to somebody who has been hostile."""
    office = Office(tmp_path).open()
    office.countersigned(share_hostility="yes", case='"CF-1"')
    office.sam.now = NOW + timedelta(hours=2)
    office.sam.done("depart", office.ref)
    return office


def incident(office: Office, who: str = "sam") -> None:
    path = office.folder / "incident.yaml"
    path.write_text(INCIDENT, encoding="utf-8")
    getattr(office, who).done("incident", office.ref, "--answers", str(path), "--yes")


def seen(office: Office) -> str:
    """What `show` says, on one line."""
    return " ".join(office.mo.done("show", office.ref).out.split())


def test_back_asks_to_talk_it_over_and_says_how(office: Office) -> None:
    office.at(HOME)
    ran = office.sam.done("back", office.ref)
    assert f"talk it over soon, it takes a few minutes: visitsafe debrief {office.ref}" in ran.err


def test_back_from_a_visit_about_which_nothing_is_the_matter_asks_nothing(tmp_path: Path) -> None:
    office = Office(tmp_path).open()
    office.countersigned()
    office.sam.now = NOW + timedelta(hours=2)
    office.sam.done("depart", office.ref)
    office.at(NOW + timedelta(hours=3))
    ran = office.sam.done("back", office.ref)
    assert "talk it over" not in ran.err + ran.out


def test_who_is_back_for_somebody_else_learns_whose_it_is_to_do(office: Office) -> None:
    office.at(HOME)
    ran = office.mo.done("back", office.ref, "--for", "Sam", "--known-by", "voice")
    assert (
        f"for Sam to do: talk it over soon, it takes a few minutes: visitsafe debrief {office.ref}" in ran.err
    )


def test_visitsafe_alone_reminds_the_worker_and_not_others_until_it_was_done(office: Office) -> None:
    assert "visitsafe debrief" not in office.sam.done().out  # still out
    office.at(HOME)
    office.sam.done("back", office.ref)
    assert f"visitsafe debrief {office.ref}" in office.sam.done().out
    assert "visitsafe debrief" not in office.mo.done().out


def test_visitsafe_alone_tells_managers_and_the_worker_what_others_should_have_been_told(
    office: Office,
) -> None:
    office.at(HOME)
    office.sam.done("back", office.ref)
    assert "visitsafe share" not in office.mo.done().out
    office.at(LATER)
    assert f"{office.ref} by Sam: others should have been told" in office.mo.done().out
    assert f"visitsafe share {office.ref}" in office.sam.done().out
    other = office.join(office.person("ola"), "practitioner")
    other.now = LATER
    assert "visitsafe share" not in other.done().out
    office.sam.done("share", office.ref, *TOLD)
    assert "visitsafe share" not in office.mo.done().out


def test_an_incident_keeps_a_visit_on_the_lists_of_managers_until_it_was_talked_over(office: Office) -> None:
    office.at(HOME)
    office.sam.done("back", office.ref)
    incident(office)
    office.at(LATER)
    assert f"{office.ref}: incident on the visit of Sam" in office.mo.done().out
    assert "incident not talked over" in office.mo.done("list").out
    (line,) = office.mo.done("list", "--json").json
    assert (line["open"], line["owed"]) == (True, "2026-11-24T12:00:00Z")


def test_show_says_what_happened_and_what_is_to_be_done(office: Office) -> None:
    office.at(HOME)
    office.sam.done("back", office.ref)
    incident(office)
    shown = seen(office)
    for words in (
        "Incidents and near misses",
        "He threw a cup at Jordan.",
        f"visitsafe debrief {office.ref}",
        "An adult has been hostile: due by Wednesday 25 November 2026",
        f"visitsafe share {office.ref}",
    ):
        assert words in shown
    office.sam.done("share", office.ref, *TOLD)
    shown = seen(office)
    assert "shared by Sam with Health visitor, NHS, by telephone" in shown
    assert "Two of us go from now on." in shown


def test_a_manager_who_reviews_learns_what_else_waits(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.at(datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)).open()  # a real clock runs
    office.plan(start='"tomorrow 10:00"', due_back='"tomorrow 11:00"')
    incident(office)
    env = {**os.environ, **office.mo.environ, "ACCESSIBLE": "1"}
    child = pexpect.spawn(COMMAND, ["review"], env=env, dimensions=(40, 80), encoding="utf-8", timeout=LIMIT)
    child.expect("Besides decisions, this waits for you")
    child.expect(f"{office.ref}: incident on the visit of Sam")
    child.expect("One plan is waiting")
    child.expect("Incident")
    child.close(force=True)
