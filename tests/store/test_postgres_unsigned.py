"""What nobody signed: the server takes in only what could be an entry, and what is there stops nothing."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

import junk
from office import NOW, Office, Ran, Someone
from postgres import Cluster
from sqlite_files import counted, entry
from visitsafe.record.stored import Stored
from visitsafe.store.open import care_of
from visitsafe.store.postgres_door import create_postgres, open_store

HERE = ("board", "--plain")


class SharedOffice(Office):
    """An office whose store is in PostgreSQL; everybody logs in as `desk`."""

    url = database = ""

    def person(self, name: str) -> Someone:
        return Someone(name, self.folder / name, self.url)


@pytest.fixture
def office(cluster: Cluster, tmp_path: Path) -> SharedOffice:
    SharedOffice.database = cluster.store()
    SharedOffice.url = cluster.url(SharedOffice.database)
    office = SharedOffice(tmp_path)
    office.open()
    office.countersigned()
    return office


@pytest.fixture
def real(cluster: Cluster) -> str:
    """A store like those of every day: the time by its server's clock counts."""
    name = cluster.store()
    with cluster.connect(name) as raw:
        raw.execute("DELETE FROM meta WHERE key = 'any_time'")
    return name


@pytest.fixture
def desk(cluster: Cluster, office: SharedOffice) -> Iterator[Any]:
    """Whoever has the application's password, at the server."""
    with cluster.connect(office.database, "desk") as raw:
        yield raw


def plan_of(raw: Any) -> str:
    return str(raw.execute("SELECT plan FROM plans").fetchone()[0])


BAD: list[dict[str, Any]] = [
    {"id": "a" * 64},
    {"chain": "a" * 64},
    {"chain": "not hex"},
    {"payload": b""},
    {"payload": b"x" * (1 << 20) + b"x"},
    {"signature": "x" * 70_000},
    {"stream": "ZZ"},
    {"stream": ""},
    {"kind": "Back\n"},
    {"at": ""},
    {"received": "9999-99-99"},
]


@pytest.mark.parametrize("changes", BAD)
def test_the_server_takes_in_nothing_that_could_be_no_entry(
    cluster: Cluster, real: str, changes: dict[str, Any]
) -> None:
    now = datetime.now(UTC)
    with cluster.connect(real, "desk") as raw:
        good = junk.unsigned("team", "added", now)
        bad = junk.row(raw, good, now, **changes)
        with pytest.raises((psycopg.errors.CheckViolation, psycopg.errors.RestrictViolation)):
            junk.put(raw, bad)
        junk.put(raw, junk.row(raw, good, now))  # nobody can check its signature there


@pytest.mark.parametrize("days", [-2, 2, -3000, 3000])
def test_when_an_entry_was_received_is_near_the_servers_clock_whatever_a_computers_clock_says(
    cluster: Cluster, real: str, days: int
) -> None:
    wrong = datetime.now(UTC) + timedelta(days=days)
    with cluster.connect(real, "desk") as raw, pytest.raises(psycopg.errors.CheckViolation):
        junk.put(raw, junk.row(raw, junk.unsigned("team", "added", wrong), wrong))
    with closing(open_store(cluster.url(real))) as store:
        assert store.append([entry(1)], wrong, counted) == 1
        received = datetime.fromisoformat(next(store.scan()).received)
        assert abs(received - datetime.now(UTC)) < timedelta(minutes=5)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO beats VALUES ('w', 'x', repeat('x', 200000)::bytea, '')",
        "INSERT INTO claims VALUES (repeat('x', 5000), '', '')",
        "INSERT INTO plans SELECT repeat('x', 2000000), '', '', '', '', '', '', '', '', '', 0, 0, '', ''",
    ],
)
def test_a_row_that_would_keep_everybody_busy_is_refused(cluster: Cluster, real: str, statement: str) -> None:
    with cluster.connect(real, "desk") as raw, pytest.raises(psycopg.errors.CheckViolation):
        raw.execute(statement)


def test_the_retention_role_notes_no_removal_that_nobody_signed(cluster: Cluster, real: str) -> None:
    with closing(open_store(cluster.url(real))) as store:
        store.append([entry(1), entry(2)], datetime.now(UTC), counted)
        ids = [row.id for row in store.scan()]
    with cluster.connect(real) as raw:
        raw.execute("SET ROLE visitsafe_retention")
        for name in (ids[0], "x" * 64):
            with pytest.raises(psycopg.errors.RestrictViolation, match="nobody signed"):
                raw.execute("INSERT INTO purges VALUES (%s, %s, '')", (name, ids[1]))


def test_a_note_of_a_removal_that_was_none_is_named_and_not_copied(
    cluster: Cluster, office: SharedOffice, tmp_path: Path
) -> None:
    with cluster.connect(office.database) as raw:
        raw.execute("ALTER TABLE purges DISABLE TRIGGER purges_of_removed")
        raw.execute("INSERT INTO purges SELECT id, id, '' FROM entries")
        raw.execute("ALTER TABLE purges ENABLE ALWAYS TRIGGER purges_of_removed")
    assert "nobody signed that, or it was not" in office.mo.run("verify").err
    backup = tmp_path / "backup.db"
    office.mo.done("store", "backup", str(backup))
    with care_of(str(backup)) as care:
        assert (care.count_purges(), any(row.blank for row in care.store.scan())) == (0, False)


def everybody_goes_on(office: SharedOffice) -> list[Ran]:
    office.at(NOW + timedelta(hours=2, minutes=5))
    return [
        office.mo.run(*HERE),
        office.mo.done("list"),
        office.sam.done("depart", office.ref),
        office.sam.done("ok", office.ref),
        office.sam.done("back", office.ref),
    ]


@pytest.mark.parametrize("kind", ["revoked", "added", "purged"])
def test_what_nobody_signed_among_the_teams_entries_counts_for_nothing_and_is_said(
    office: SharedOffice, desk: Any, kind: str
) -> None:
    junk.put(desk, junk.row(desk, junk.unsigned("team", kind, NOW), NOW))
    for ran in everybody_goes_on(office):
        assert "nobody signed, and counts for nothing" in ran.err
    office.at(NOW).plan()
    office.mo.done("review", office.ref, "--decision", "countersign", "--reason", "Fine.")
    office.join(office.person("dee"), "duty")
    checked = office.mo.run("verify")
    assert (checked.code, "somebody who can write to the store put it there" in checked.out) == (3, True)
    backup = office.folder / "backup.db"
    assert (
        "holds what the store holds, and that does not hold"
        in office.mo.run("store", "backup", str(backup)).err
    )
    restored = Someone("mo", office.mo.home, f"sqlite:///{office.folder}/restored.db", office.mo.now)
    assert "nobody signed this" in restored.done("store", "restore", str(backup)).err
    assert office.ref in restored.done("list").out


def damage(cluster: Cluster, name: str, statement: str) -> None:
    with cluster.connect(name) as raw:
        raw.execute("ALTER TABLE entries DISABLE TRIGGER ALL")
        raw.execute(statement)
        for (trigger,) in raw.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = 'visitsafe.entries'::regclass AND NOT tgisinternal"
        ).fetchall():
            raw.execute(f"ALTER TABLE entries ENABLE ALWAYS TRIGGER {trigger}")


@pytest.mark.parametrize("change", ["payload = 'x'", "signature = 'x'", "payload = ''"])
def test_where_a_revocation_was_damaged_reports_go_on_and_nothing_is_decided(
    cluster: Cluster, office: SharedOffice, change: str
) -> None:
    office.mo.done("team", "role", "sam", "--role", "practitioner", "--role", "duty")
    statement = f"UPDATE entries SET {change} WHERE position = (SELECT max(position) FROM entries)"
    damage(cluster, office.database, statement)
    for ran in everybody_goes_on(office):
        assert "the team's record does not hold" in ran.err
    for words in (
        ("review", office.ref, "--decision", "countersign", "--reason", "Fine."),
        ("team", "role", "sam", "--role", "manager"),
    ):
        ran = office.mo.run(*words)
        assert ran.code != 0, words
    refused = office.mo.run("team", "role", "sam", "--role", "manager")
    assert (refused.code, "nothing was signed" in refused.err) == (3, True)
    assert office.mo.run("verify").code == 3


def test_a_visit_is_not_hidden_by_what_nobody_signed(office: SharedOffice, desk: Any) -> None:
    plan, now = plan_of(desk), NOW + timedelta(hours=10)  # long overdue
    office.at(now)
    closing_it = junk.row(desk, junk.unsigned(plan, "back", now), now)
    junk.put(desk, closing_it)
    for number in range(60):
        made = junk.unsigned("Z" * 16, "ok", now + timedelta(seconds=number))
        junk.put(desk, junk.row(desk, made, now - timedelta(hours=23)))
    desk.execute(
        "UPDATE plans SET closed = %s, newest = %s, entries = entries + 1, stage = 'back',"
        " start = '2020-01-01T10:00:00Z', due_back = '2020-01-01T11:00:00Z' WHERE plan = %s",
        (closing_it.id, closing_it.id, plan),
    )
    for words in (HERE, ("list",)):
        assert office.ref in office.mo.run(*words).out, words
    assert office.mo.run("verify").code == 3


def test_what_a_row_of_the_list_claims_is_gone_stops_no_report(office: SharedOffice, desk: Any) -> None:
    desk.execute("UPDATE plans SET entries = entries + 1")
    office.at(NOW + timedelta(hours=2, minutes=5))
    reported = office.sam.done("depart", office.ref)
    assert "entries of" in reported.err
    assert "set out, by Sam" in office.mo.done("show", office.ref).out
    said = office.mo.done("store", "rebuild").err
    assert office.ref in said
    assert "--forget-missing" in said
    assert office.mo.run("verify").code == 3
    office.mo.done("store", "rebuild", "--forget-missing")
    assert office.mo.run("verify").code == 0


def test_nothing_is_decided_about_a_plan_whose_refusal_may_be_gone(office: SharedOffice, desk: Any) -> None:
    office.plan()
    desk.execute("UPDATE plans SET entries = entries + 1")
    ran = office.mo.run("review", office.ref, "--decision", "countersign", "--reason", "Fine.")
    assert (ran.code, "are gone" in ran.err) == (3, True)
    assert office.show()["status"] == "awaiting"


def test_a_store_with_a_row_that_does_not_hold_is_copied_as_it_is(
    cluster: Cluster, office: SharedOffice, tmp_path: Path
) -> None:
    damage(cluster, office.database, "UPDATE entries SET chain = repeat('a', 64) WHERE position = 2")
    backup = tmp_path / "backup.db"
    made = office.mo.run("store", "backup", str(backup))
    assert backup.exists(), made.err
    assert "running hash does not hold at position 2" in made.err
    owner = Someone("mo", office.mo.home, cluster.url(office.database, "superuser"), office.mo.now)
    moved = owner.done("store", "move", f"sqlite:///{tmp_path}/new.db")
    assert "running hash does not hold at position 2" in moved.err
    elsewhere = Someone("mo", office.mo.home, f"sqlite:///{tmp_path}/new.db", office.mo.now)
    assert office.ref in elsewhere.done("list").out


def refusal_elsewhere(office: SharedOffice, tmp_path: Path) -> Path:
    """Mo refuses the plan in a store of their own; the bundle that brings it."""
    first, second = tmp_path / "first.zip", tmp_path / "second.zip"
    office.mo.done("export", "--all", "--out", str(first))
    own = Someone("mo", office.mo.home, f"sqlite:///{tmp_path}/own.db", office.mo.now)
    own.done("import", str(first), "--yes")
    own.done("review", office.ref, "--decision", "refuse", "--reason", "No.", "--instead", "In the office.")
    own.done("export", office.ref, "--format", "bundle", "--out", str(second))
    return second


def newest_of(path: Path) -> Stored:
    with care_of(str(path)) as care:
        return list(care.store.scan())[-1]


@pytest.mark.parametrize("how", ["signature", "stream"])
def test_an_entry_whose_id_somebody_occupied_is_not_taken_for_known(
    cluster: Cluster, office: SharedOffice, tmp_path: Path, how: str
) -> None:
    bundle = refusal_elsewhere(office, tmp_path)
    real = newest_of(tmp_path / "own.db").entry
    changes = {"signature": "no signature\n"} if how == "signature" else {"stream": "Z" * 16}
    with cluster.connect(office.database, "desk") as raw:
        junk.put(raw, junk.row(raw, real, NOW, **changes))
    ran = office.mo.run("import", str(bundle))
    assert (ran.code, real.id[:12] in ran.err) == (3, True)
    assert office.show()["status"] == "countersigned"


def test_content_that_somebody_emptied_is_named_with_the_time_due_and_where_there_is_a_copy(
    cluster: Cluster, office: SharedOffice, desk: Any, tmp_path: Path
) -> None:
    bundle = tmp_path / "all.zip"
    office.mo.done("export", "--all", "--out", str(bundle))
    removal = junk.row(desk, junk.unsigned(plan_of(desk), "purged", NOW), NOW)
    junk.put(desk, removal)
    with cluster.connect(office.database) as raw:
        raw.execute("SET ROLE visitsafe_retention")
        for (name,) in raw.execute("SELECT id FROM entries WHERE stream = %s", (removal.stream,)).fetchall():
            if name != removal.id:
                raw.execute("INSERT INTO purges VALUES (%s, %s, '')", (name, removal.id))
                raw.execute("UPDATE entries SET payload = '' WHERE id = %s", (name,))
    shown = " ".join(office.mo.run(*HERE).out.split())
    assert "due back 2026-11-23T11:30:00Z, planned by Sam" in shown
    ran = office.mo.run("import", str(bundle))
    assert (ran.code, "nobody who may has signed that; the bundle has it" in ran.err) == (3, True)


def test_a_new_store_goes_by_its_servers_clock(cluster: Cluster) -> None:
    name = cluster.database()
    create_postgres(cluster.url(name, "superuser"), NOW)
    with cluster.connect(name) as raw:
        assert raw.execute("SELECT count(*) FROM meta WHERE key = 'any_time'").fetchone() == (0,)
