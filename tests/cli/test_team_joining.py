"""Who is let into the team: the e-mail that a join line claims, its letters, and its fingerprint."""

import pytest

from office import NOW, Office, Ran, Someone
from visitsafe.membership.change import join_line
from visitsafe.record.bodies import Person
from visitsafe.record.ssh import load as load_key
from visitsafe.settings import load


@pytest.fixture
def eve(office: Office) -> Someone:
    """Somebody with a key who is not in the team."""
    who = office.person("eve")
    office.key(who)
    return who


def claiming(who: Someone, **claims: str) -> str:
    """A join line, rightly signed, that says whatever it wants."""
    key = load(who.environ).key
    assert key is not None
    signer = load_key(key, None)
    person = {"name": "Eve", "email": "eve@salford.example", "key": signer.public_line} | claims
    return join_line(Person(**person), signer)


def add(office: Office, line: str, *flags: str) -> Ran:
    return office.mo.run("team", "add", line, "--role", "practitioner", *flags)


def people(office: Office) -> int:
    return len(office.mo.done("team", "list", "--json").json["members"])


@pytest.mark.parametrize("email", ["mo@salford.example", "MO@Salford.example"])
def test_nobody_joins_with_the_e_mail_of_a_member(office: Office, eve: Someone, email: str) -> None:
    ran = add(office, claiming(eve, name="Mo", email=email))
    assert ran.code == 1
    assert "--second-key" in ran.err
    assert people(office) == 2


def test_a_second_key_says_whose_it_becomes(office: Office, eve: Someone) -> None:
    ran = add(office, claiming(eve, name="Mo", email="mo@salford.example"), "--second-key")
    assert ran.code == 0, ran.err
    assert "a second key of Mo" in ran.err
    assert people(office) == 3


def test_a_second_key_of_nobody_is_refused(office: Office, eve: Someone) -> None:
    assert add(office, claiming(eve), "--second-key").code == 2
    assert people(office) == 2


@pytest.mark.parametrize(
    "claims",
    [
        {"name": "Zed\x1b[2J"},
        {"name": "Zed\n  Mo <mo@salford.example>: admin"},
        {"name": "\u202eaiN"},
        {"name": "Ni\u200ba"},
        {"name": ""},
        {"name": "x" * 200_000},
        {"email": "eve@x.example\nmo@salford.example"},
        {"email": "e\u202eve@x.example"},
        {"email": "nobody"},
        {"email": "@"},
        {"email": ""},
    ],
)
def test_a_join_line_is_held_to_the_rules_of_key_new(
    office: Office, eve: Someone, claims: dict[str, str]
) -> None:
    ran = add(office, claiming(eve, **claims))
    assert ran.code == 2
    assert "\x1b" not in ran.err
    assert "\u202e" not in ran.err
    assert people(office) == 2


def test_whose_key_it_is_stands_there_before_it_is_added(office: Office, eve: Someone) -> None:
    fingerprint = eve.done("key", "show").out.splitlines()[1]
    ran = add(office, claiming(eve))
    assert ran.code == 0
    assert f"their key: {fingerprint}" in ran.err
    assert "eve@salford.example" in ran.err


def test_an_admin_hears_of_a_namesake(office: Office, eve: Someone) -> None:
    ran = add(office, claiming(eve, name="sam"))
    assert ran.code == 0, ran.err
    assert "there is another sam in the team, <sam@salford.example>; are they two people?" in ran.err


def test_a_replacement_is_held_to_the_rules_of_key_new(office: Office, eve: Someone) -> None:
    ran = office.mo.run("team", "replace", "Sam", claiming(eve, name="Sam", email="nobody"))
    assert ran.code == 2
    assert "in this join line" in ran.err


def test_the_fingerprint_of_a_replacement_is_shown(office: Office, eve: Someone) -> None:
    fingerprint = eve.done("key", "show").out.splitlines()[1]
    line = claiming(eve, email="sam@salford.example", name="Sam")
    ran = office.mo.done("team", "replace", "Sam", line)
    assert f"their key: {fingerprint}" in ran.err


def test_a_computer_belongs_to_the_team_that_an_admin_names(office: Office, eve: Someone) -> None:
    team = str(office.mo.done("team", "list", "--json").json["id"])
    ran = eve.done("team", "join", "--team-id", team[:12])
    assert ran.out.startswith("visitsafe-join-1.")
    assert load(eve.environ).team == team


@pytest.mark.parametrize("named", ["", "f" * 64, "f" * 12])
def test_a_team_that_is_not_there_is_not_belonged_to(office: Office, eve: Someone, named: str) -> None:
    team = str(office.mo.done("team", "list", "--json").json["id"])
    ran = eve.run("team", "join", "--team-id", named or team[:11])
    assert (ran.code, ran.out) == (1, "")
    assert load(eve.environ).team == ""


def test_founding_again_after_a_crash_pins_the_team_that_is_there(office: Office) -> None:
    team = str(office.mo.done("team", "list", "--json").json["id"])
    settings = load(office.mo.environ)
    settings.file.write_text(settings.file.read_text().replace(team, ""))
    office.mo.now = NOW
    again = office.mo.done("team", "found", "--role", "manager", "--name", "Another")
    assert again.out.strip() == team == load(office.mo.environ).team
    assert "already founded" in again.err
    assert len(office.mo.done("team", "list", "--json").json["members"]) == len(("Mo", "Sam"))
