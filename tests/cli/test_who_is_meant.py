"""People named as the desk can type them: without accents, apostrophes or the whole name."""

from datetime import timedelta
from pathlib import Path

import pytest

from office import NOW, Office, Someone

ZOE = "Zo\u00eb O\u2019Brien"
KNOWN = ("--known-by", "her voice")


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """Zo\u00eb O'Brien of the team has set out."""
    office = Office(tmp_path).open()
    zoe = office.person("zoe")
    zoe.done("key", "new", "--name", ZOE, "--email", "zoe@salford.example", "--no-passphrase")
    office.mo.done("team", "add", zoe.done("team", "join").out.strip(), "--role", "practitioner")
    shape = zoe.done("plan", "--answers", office.answers(), "--yes", "--json").json
    office.ref = shape["ref"]
    office.mo.done("review", office.ref, "--decision", "countersign", "--reason", "Well thought through.")
    zoe.now = NOW + timedelta(hours=2)
    zoe.done("depart")
    office.at(zoe.now)
    return office


def second_zoe(office: Office) -> Someone:
    other = office.person("zoe.adams")
    other.now = office.mo.now
    office.join(other, "practitioner")
    return other


@pytest.mark.parametrize("who", ["zoe", "Zoe O'Brien", "obrien", "zoe o brien", "O'BRIEN", "Z OBrien"])
def test_a_report_is_passed_on_for_a_name_that_the_desk_cannot_spell(office: Office, who: str) -> None:
    assert ZOE in office.mo.done("back", "--for", who, *KNOWN).out


def test_several_who_are_called_so_are_listed(office: Office) -> None:
    second_zoe(office)
    ran = office.mo.run("back", "--for", "zoe", *KNOWN)
    assert ran.code == 1
    assert "more than one person in the team is called 'zoe'" in ran.err
    assert f"{ZOE}, zoe@salford.example" in ran.err
    assert "Zoe.Adams, zoe.adams@salford.example" in ran.err


def test_a_reference_says_which_of_them_is_meant(office: Office) -> None:
    second_zoe(office)
    assert ZOE in office.mo.done("back", office.ref, "--for", "zoe", *KNOWN).out


def test_the_nearest_is_named_where_nobody_is_called_so(office: Office) -> None:
    ran = office.mo.run("ok", "--for", "Zoe Brian", *KNOWN)
    assert (ran.code, "nobody in the team is called 'Zoe Brian'" in ran.err) == (1, True)
    assert f"the nearest is {ZOE}" in ran.err


def test_the_team_is_changed_by_the_same_names(office: Office) -> None:
    assert ZOE in office.mo.done("team", "role", "zoe obrien", "--role", "manager").out
    assert ZOE in office.mo.done("team", "revoke", "obrien", "--reason", "has left", "--yes").out
