"""`visitsafe doctor`: what is wrong is found, with what mends it; nothing is changed or given away."""

import hashlib
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from office import NOW, Office, Someone
from postgres import Cluster
from sqlite_files import change, tampered


def states(someone: Someone, code: int | None = None) -> dict[str, dict[str, Any]]:
    """The worst line about each thing."""
    age(someone)
    ran = someone.run("doctor", "--json")
    order = ["ok", "look", "bad"]
    found: dict[str, dict[str, Any]] = {}
    for one in ran.json:
        if order.index(one["state"]) > order.index(found.get(one["name"], {"state": "ok"})["state"]):
            found[one["name"]] = one
        found.setdefault(one["name"], one)
    bad = any(one["state"] == "bad" for one in found.values())
    assert ran.code == (1 if bad else 0)
    assert code in {None, ran.code}
    assert all(one["mend"] for one in ran.json if one["state"] != "ok")
    return found


def age(someone: Someone) -> None:
    """Give the files the time of the test, which is not today."""
    store = Path(someone.store.removeprefix("sqlite:///"))
    for path in (someone.home, someone.home / "settings.toml", store):
        if path.exists():
            os.utime(path, (NOW.timestamp(), NOW.timestamp()))


def everything(folder: Path) -> dict[str, str]:
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith(("-shm", "-wal"))
    }


def test_nothing_is_bad_about_a_new_team_and_what_it_lacks_is_named(office: Office) -> None:
    office.plan()
    found = states(office.mo, 0)
    for name in ("python", "libraries", "folder", "settings", "store", "record", "list", "clock", "my key"):
        assert found[name]["state"] == "ok", found[name]
    for name in ("team", "desk telephone", "duress phrase", "sealing", "watcher", "channels", "my details"):
        assert found[name]["state"] == "look", found[name]
    out = office.mo.done("doctor").out
    assert "visitsafe team set --desk-phone NUMBER" in out
    assert "0 bad" in out.splitlines()[-1]


def test_it_changes_nothing_and_pins_no_team(office: Office) -> None:
    office.plan()
    settings = office.sam.home / "settings.toml"
    settings.write_text(settings.read_text().split("[team]")[0])
    before = everything(office.folder)
    assert states(office.sam)["team"]["state"] == "look"
    office.mo.run("doctor")
    assert everything(office.folder) == before


def test_a_computer_with_nothing_on_it_is_told_how_to_begin(tmp_path: Path) -> None:
    nobody = Someone("nobody", tmp_path / "nobody", f"sqlite:///{tmp_path}/store.db")
    found = states(nobody, 0)
    assert (found["key"]["state"], found["store"]["state"]) == ("look", "look")
    assert not nobody.home.exists()
    assert not (tmp_path / "store.db").exists()


def test_a_folder_key_or_settings_open_to_others_is_bad(office: Office) -> None:
    office.mo.home.chmod(0o777)
    assert "chmod 700" in states(office.mo, 1)["folder"]["mend"]
    office.mo.home.chmod(0o700)
    settings = office.mo.home / "settings.toml"
    settings.chmod(0o644)
    assert states(office.mo, 0)["settings"]["state"] == "ok"  # nothing secret is in it
    settings.write_text(settings.read_text() + '\n[store]\nurl = "postgresql://desk:hunter2@db/visits"\n')
    assert "chmod 600" in states(office.mo, 1)["settings"]["mend"]
    settings.chmod(0o600)
    next((office.mo.home / "keys").glob("id_*[!b]")).chmod(0o644)
    assert states(office.mo, 1)["key"]["state"] == "bad"


def test_no_secret_is_ever_shown(office: Office) -> None:
    settings = office.mo.home / "settings.toml"
    written = settings.read_text()
    for more in ('url = "mailtos://duty:hunter2@mail.example"', 'url = "bogus://hunter2"', 'url = "hunter2"'):
        settings.write_text(f'{written}\n[[notify]]\nlabel = "desk"\nwho = "duty"\n{more}\n')
        for words in (("doctor",), ("doctor", "--json")):
            ran = office.mo.run(*words)
            assert "hunter2" not in ran.out + ran.err
    settings.write_text(f'{written}\n[[notify]]\nlabel = "desk"\nwho = "nobody"\nurl = "x://y"\n')
    assert states(office.mo, 1)["channels"]["state"] == "bad"
    settings.write_text("[[[")
    assert states(office.mo, 1)["settings"]["state"] == "bad"


def test_an_open_visit_that_nobody_watches_is_bad_until_somebody_does(office: Office) -> None:
    office.countersigned()
    office.at(NOW + timedelta(hours=2))
    office.sam.done("depart")
    watcher = states(office.mo, 1)["watcher"]
    assert office.ref in watcher["text"]
    assert watcher["mend"] == "visitsafe watch"
    office.mo.run("watch", "--once")
    assert states(office.mo)["watcher"]["state"] == "ok"
    office.at(NOW + timedelta(hours=2, minutes=10))
    assert states(office.mo, 1)["watcher"]["state"] == "bad"


def test_a_plan_whose_details_nobody_at_hand_can_open_is_bad(office: Office) -> None:
    office.sam.done("details", "--set", "mobile=07700 900123")
    office.plan()
    assert states(office.mo, 0)["sealing"]["state"] == "ok"
    nia = office.join(office.person("nia"), "manager", "admin")
    nia.done("team", "revoke", "Mo", "--reason", "left", "--yes")
    found = states(nia, 1)
    assert office.ref in found["sealing"]["text"]
    assert "--reseal" in found["sealing"]["mend"]
    assert "counts no more" in states(office.mo, 1)["my key"]["text"]


@pytest.mark.parametrize(
    ("name", "statement"),
    [
        ("record", "UPDATE entries SET received = '2026-11-23T07:00:00Z' WHERE position = 3"),
        ("record", "UPDATE entries SET signature = 'x' WHERE position = 4"),
        ("list", "UPDATE plans SET status = 'withdrawn', closed = newest"),
        ("list", "UPDATE plans SET due_back = '2030-01-01T00:00:00Z'"),
        ("list", "DELETE FROM plans"),
        ("store", "DROP INDEX plans_open"),
        ("store", "INSERT INTO meta VALUES ('moved', 'elsewhere')"),
        ("clock", "UPDATE entries SET received = '2026-11-24T08:00:00Z' WHERE position = 4"),
    ],
)
def test_what_is_wrong_in_a_store_is_found(office: Office, name: str, statement: str) -> None:
    office.countersigned()
    if "entries" in statement:
        tampered(office.store, statement)
    else:
        change(office.store, statement)
    found = states(office.mo, 1)
    assert found[name]["state"] != "ok"
    assert "visitsafe" in found[name]["mend"] or name in {"clock", "store"}


def test_a_clock_that_is_behind_is_bad(office: Office) -> None:
    office.at(NOW - timedelta(hours=1))
    found = states(office.mo, 1)
    assert "60 minutes behind" in found["clock"]["text"]


def test_a_store_in_postgresql_is_looked_at_too(office: Office, cluster: Cluster) -> None:
    office.countersigned()
    name = cluster.database()
    office.mo.done("store", "move", cluster.url(name, "superuser"))
    cluster.execute("GRANT visitsafe_app TO desk, duty")
    office.mo.store = cluster.url(name)
    found = states(office.mo)
    assert [found[one]["state"] for one in ("store", "record", "list")] == ["ok", "ok", "ok"]
    assert "apart" in found["clock"]["text"]  # the test's time is not the server's
    cluster.execute("DROP INDEX plans_open", name)
    cluster.execute("UPDATE plans SET status = 'withdrawn'", name)
    found = states(office.mo, 1)
    assert [found[one]["state"] for one in ("store", "list")] == ["bad", "bad"]
    office.mo.store = cluster.url(name, "superuser")
    assert "take entries away" in " ".join(
        one["text"] for one in office.mo.run("doctor", "--json").json if one["name"] == "store"
    )
    office.mo.store = cluster.url("no_such_database")
    assert states(office.mo, 1)["store"]["state"] == "bad"


def test_duress_cannot_be_told_from_what_doctor_says(office: Office) -> None:
    dee = office.duty()
    office.countersigned()
    office.at(NOW + timedelta(hours=2, minutes=5))
    dee.now = office.mo.now
    office.sam.done("depart")
    dee.done("ok", office.ref, "--for", "Sam", "--known-by", "voice", "--duress")
    office.sam.done("back")
    assert office.ref in states(office.mo, 1)["watcher"]["text"]
    assert office.ref not in office.sam.run("doctor").out
    assert "open plan" not in office.sam.run("doctor").out.replace("0 open plans", "")


def test_of_a_store_that_is_only_part_of_a_copy_nothing_else_is_said(office: Office) -> None:
    office.plan()
    change(office.store, "INSERT INTO meta VALUES ('filling', 'store move')", "UPDATE plans SET area = 'x'")
    found = states(office.mo, 1)
    assert "only part of a copy" in found["store"]["text"]
    assert not found.keys() & {"list", "record", "sealing", "watcher", "my key"}


def test_of_many_findings_about_the_list_five_are_shown_and_the_others_counted(office: Office) -> None:
    for number in range(7):
        office.plan(case=f'"CF-{number}"')
    change(office.store, "UPDATE plans SET area = 'x'")
    found = [one for one in office.mo.run("doctor", "--json").json if one["name"] == "list"]
    assert [one["state"] for one in found] == ["bad"] * 6
    assert found[-1]["text"] == "and 2 more like these"


def clean(someone: Someone) -> bool:
    """Whether doctor finds nothing to do; what it names says where not."""
    age(someone)
    lines = [one for one in someone.run("doctor", "--json").json if one["state"] != "ok"]
    assert lines == []
    return someone.done("doctor").out.endswith("everything is as it should be\n")


def test_what_somebody_else_looks_after_is_not_for_a_practitioner_to_mend(office: Office) -> None:
    secret = office.folder / "passphrase"
    secret.write_text("correct horse")
    secret.chmod(0o600)
    nia = office.person("nia")
    new = ("key", "new", "--name", "Nia", "--email", "nia@salford.example")
    nia.done(*new, VISITSAFE_PASSPHRASE_FILE=str(secret))
    line = nia.done("team", "join", VISITSAFE_PASSPHRASE_FILE=str(secret)).out.strip()
    office.mo.done("team", "add", line, "--role", "practitioner")
    nia.done("list")
    assert states(nia)["my details"]["state"] == "look"
    nia.done("details", "--set", "mobile=07700 900123", VISITSAFE_PASSPHRASE_FILE=str(secret))
    office.plan()
    assert clean(nia)


def test_a_computer_that_only_watches_needs_no_details_of_its_own_and_no_admin(office: Office) -> None:
    office.plan()
    box = office.join(office.person("box"), "watch")
    box.run("watch", "--once")
    found = states(box)
    assert "my details" not in found
    assert {name for name, one in found.items() if one["state"] != "ok"} == {"key", "channels"}
    assert "not locked with a passphrase" in found["key"]["text"]


def test_whoever_looks_after_the_database_is_not_told_to_plan_a_visit(
    office: Office, cluster: Cluster
) -> None:
    office.plan()
    name = cluster.database()
    office.mo.done("store", "move", cluster.url(name, "superuser"))
    cluster.execute("GRANT visitsafe_app TO desk, duty")
    dba = Someone("dba", office.folder / "dba", cluster.url(name, "superuser"), NOW)
    lines = [one for one in dba.run("doctor", "--json").json if one["name"] != "clock"]
    assert [one for one in lines if one["state"] != "ok"] == []
    assert {"store", "record", "list"} <= {one["name"] for one in lines}
    assert "visitsafe plan" not in dba.run("doctor").out
    assert not dba.home.exists()
    nobody = Someone("nobody", office.folder / "nobody", cluster.url(name), NOW)
    assert "visitsafe plan" in nobody.run("doctor").out
