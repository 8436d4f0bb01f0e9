"""Copies of a store in the hands of people: interrupted, hostile, moved, of another version, a slip."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from office import Office, Ran, Someone
from postgres import Cluster
from reliability.full import small_disk, why_not
from sqlite_files import change, tampered
from visitsafe.store import copies as backing_up
from visitsafe.store import copies as moving
from visitsafe.store.open import care_of, open_store

STORES = Path(__file__).parents[1] / "stores"


def file_of(someone: Someone, path: Path) -> Someone:
    """The same person with another store, which is a file."""
    return Someone(someone.name, someone.home, f"sqlite:///{path}", someone.now)


def backed_up(office: Office, path: Path) -> Path:
    office.countersigned()
    office.mo.done("store", "backup", str(path))
    return path


def restored(office: Office, tmp_path: Path, backup: Path) -> Ran:
    return file_of(office.mo, tmp_path / "new.db").run("store", "restore", str(backup))


def test_a_backup_is_read_by_its_url_and_takes_in_nothing(office: Office, tmp_path: Path) -> None:
    backup = backed_up(office, tmp_path / "backup.db")
    before = backup.read_bytes()
    sam, mo = file_of(office.sam, backup), file_of(office.mo, backup)
    shown = sam.done("show", office.ref)
    assert "is a backup made at 2026-11-23T08:00:00Z: whatever was recorded since is not in it" in shown.err
    assert mo.done("verify").code == 0
    for someone, words in (
        (sam, ("plan", "--answers", office.answers(), "--yes", "--another")),
        (sam, ("depart", office.ref)),
        (mo, ("review", office.ref, "--decision", "return", "--reason", "No.")),
        (mo, ("team", "set", "--desk-phone", "0161 496 0100")),
        (mo, ("store", "hold", "CF-1", "--reason", "inquest")),
    ):
        ran = someone.run(*words)
        assert (ran.code, ran.out) == (1, ""), words
        assert "is a backup, and takes in nothing; nothing was written" in ran.err, words
        assert "visitsafe store restore" in ran.err
    assert mo.run("watch", "--once").code == 1
    moved = mo.run("store", "move", str(tmp_path / "moved.db"), "--yes")
    assert (moved.code, "is a backup" in moved.err, (tmp_path / "moved.db").exists()) == (1, True, False)
    assert backup.read_bytes() == before
    assert restored(office, tmp_path, backup).code == 0
    again = file_of(office.sam, tmp_path / "new.db")
    again.done("depart", office.ref)


COUNTING = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c)"
ENDLESS = f"""VIEW {{}} AS {COUNTING} SELECT n AS position, 's' AS stream, 'k' AS kind, '' AS at, '' AS by,
 '' AS received, 'i' || n AS id, x'' AS payload, '' AS signature, '' AS chain FROM c"""
ENDLESS_META = f"VIEW meta AS SELECT * FROM kept UNION ALL SELECT * FROM ({COUNTING} SELECT n, n FROM c)"


@pytest.mark.parametrize(
    "damage",
    [
        ["ALTER TABLE entries RENAME TO kept", f"CREATE {ENDLESS.format('entries')}"],
        ["ALTER TABLE entries RENAME TO kept", f"CREATE {ENDLESS.format('Entries')}"],
        ["ALTER TABLE meta RENAME TO kept", f"CREATE {ENDLESS_META}"],
        [f"INSERT INTO meta {COUNTING} SELECT n, n FROM c LIMIT 500"],
        ["INSERT INTO meta SELECT 'long', replace(hex(zeroblob(90000)), '0', 'x')"],
    ],
    ids=["entries", "in another case", "meta", "much said of itself", "long"],
)
def test_a_hostile_backup_is_refused_at_once(office: Office, tmp_path: Path, damage: list[str]) -> None:
    backup = backed_up(office, tmp_path / "backup.db")
    with closing(sqlite3.connect(backup)) as raw:
        triggers = [name for (name,) in raw.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'")]
    change(backup, *(f"DROP TRIGGER {name}" for name in triggers), *damage)
    ran = restored(office, tmp_path, backup)
    assert (ran.code, "is damaged" in ran.err) == (3, True)
    assert str(backup) in ran.err
    assert not (tmp_path / "new.db").exists()


@pytest.mark.parametrize("created", [None, "yesterday", "9999-99-99T00:00:00Z"])
def test_a_backup_that_does_not_say_when_its_store_was_made_is_restored(
    office: Office, tmp_path: Path, created: str | None
) -> None:
    backup = backed_up(office, tmp_path / "backup.db")
    say = "DELETE FROM meta" if created is None else f"UPDATE meta SET value = '{created}'"
    change(backup, f"{say} WHERE key = 'created'")
    assert restored(office, tmp_path, backup).code == 0
    file_of(office.mo, tmp_path / "new.db").done("store", "move", f"sqlite:///{tmp_path}/moved.db")
    shown = file_of(office.mo, tmp_path / "moved.db").done("store", "info", "--json").json
    assert shown["created"] == "1970-01-01T00:00:00Z"


@pytest.mark.parametrize("store_id", ["", "short", "\x1b[31m" + "0" * 27, "0" * 31 + "G"])
def test_a_backup_with_an_id_that_no_store_has_is_refused(
    office: Office, tmp_path: Path, store_id: str
) -> None:
    backup = backed_up(office, tmp_path / "backup.db")
    change(backup, f"UPDATE meta SET value = '{store_id}' WHERE key = 'store_id'")
    ran = restored(office, tmp_path, backup)
    assert (ran.code, "\x1b" in ran.err, "does not say what it is" in ran.err) == (3, False, True)


@pytest.mark.parametrize("version", ["1", "2", "3"])
def test_a_store_that_only_says_it_is_older_is_mended_by_migrate(office: Office, version: str) -> None:
    office.countersigned()
    change(office.store, f"UPDATE meta SET value = '{version}' WHERE key = 'schema_version'")
    assert "store migrate" in office.mo.run("list").err
    office.mo.done("store", "migrate")
    assert office.mo.done("verify", "--json").json["holds"] is True


def test_a_store_whose_tables_are_of_no_version_can_still_be_taken_over(
    office: Office, tmp_path: Path
) -> None:
    office.countersigned()
    forged = "UPDATE meta SET value = '2' WHERE key = 'schema_version'"
    tampered(office.store, "DROP INDEX plans_owed", forged)
    ran = office.mo.run("store", "migrate")
    assert (ran.code, "store restore" in ran.err) == (3, True)
    assert restored(office, tmp_path, office.store).code == 0
    assert file_of(office.mo, tmp_path / "new.db").done("verify", "--json").json["holds"] is True


def test_what_a_killed_backup_left_behind_is_named_at_the_next(office: Office, tmp_path: Path) -> None:
    left = tmp_path / "monday.db.abcd1234.part"
    left.write_bytes(b"plans")
    (tmp_path / "mine.part").write_bytes(b"mine")
    office.countersigned()
    ran = office.mo.done("store", "backup", str(tmp_path / "tuesday.db"))
    assert left.name in ran.err
    assert "mine.part" not in ran.err
    assert left.exists()  # it may be one that somebody is making just now


@pytest.mark.parametrize("version", ["v1", "v2", "v3"])
def test_a_store_of_an_older_version_is_backed_up_as_it_is_and_restored_as_a_new_one(
    office: Office, tmp_path: Path, version: str
) -> None:
    old = Path(shutil.copy(STORES / f"{version}.sqlite3", tmp_path / "old.db"))
    zoe = file_of(Someone("zoe", tmp_path / "zoe", "", datetime(2027, 6, 1, 8, 0, tzinfo=UTC)), old)
    hint = zoe.run("list").err
    assert hint.index("store backup") < hint.index("store migrate")
    zoe.done("store", "backup", str(tmp_path / "backup.db"))
    with closing(sqlite3.connect(old)) as one, closing(sqlite3.connect(tmp_path / "backup.db")) as other:
        for table in ("entries", "plans", "meta"):
            mark = " WHERE key <> 'backup'" if table == "meta" else ""
            query = f"SELECT * FROM {table}{mark} ORDER BY 1"
            assert one.execute(query).fetchall() == other.execute(query).fetchall()
    new = file_of(zoe, tmp_path / "new.db")
    new.done("store", "restore", str(tmp_path / "backup.db"))
    assert new.done("verify", "--json").json["holds"] is True
    with closing(sqlite3.connect(old)) as raw, closing(open_store(new.store)) as store:
        before = raw.execute("SELECT id, payload FROM entries ORDER BY position").fetchall()
        assert [(row.id, row.payload) for row in store.scan()] == before


def test_the_nightly_backup_of_a_moved_store_fails_and_says_where_the_store_is(
    office: Office, tmp_path: Path
) -> None:
    office.countersigned()
    office.mo.done("store", "move", f"sqlite:///{tmp_path}/new.db")
    ran = office.mo.run("store", "backup", str(tmp_path / "b.db"))
    assert (ran.code, f"{tmp_path}/new.db" in ran.err, (tmp_path / "b.db").exists()) == (1, True, False)
    office.mo.done("store", "backup", "--moved", str(tmp_path / "b.db"))
    again = file_of(office.mo, tmp_path / "third.db").done("store", "restore", str(tmp_path / "b.db"))
    assert f"was moved to {tmp_path}/new.db" in again.err
    file_of(office.mo, tmp_path / "third.db").done("list")


def stop_at(monkeypatch: pytest.MonkeyPatch, module: object, name: str) -> None:
    def stopped(*_words: object, **_more: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, name, stopped)


@pytest.mark.parametrize(
    ("words", "module", "name", "said"),
    [
        (("backup", "{}/b.db"), backing_up, "examine", "no backup was made"),
        (("move", "sqlite:///{}/new.db"), moving, "compare", "the old store is as it was, and in use"),
    ],
    ids=["backup", "move"],
)
def test_whoever_stops_a_copy_is_told_what_stands(
    office: Office,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, str],
    module: object,
    name: str,
    said: str,
) -> None:
    office.countersigned()
    stop_at(monkeypatch, module, name)
    ran = office.mo.run("store", words[0], words[1].format(tmp_path))
    assert (ran.code, said in ran.err) == (130, True)
    assert not (tmp_path / "b.db").exists()
    office.mo.done("list")


def test_whoever_stops_a_move_after_the_old_store_is_marked_is_told_to_go_on_now(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.countersigned()
    from visitsafe.store.sqlite import SqliteCare

    real: Callable[..., None] = SqliteCare.mark

    def marks(care: SqliteCare, marks: dict[str, str | None], **more: Callable[[], None]) -> None:
        if marks == {"filling": None, "moved": None}:
            raise KeyboardInterrupt
        real(care, marks, **more)

    monkeypatch.setattr(SqliteCare, "mark", marks)
    ran = office.mo.run("store", "move", f"sqlite:///{tmp_path}/new.db")
    assert (ran.code, "run the same command again, now" in ran.err) == (130, True)
    monkeypatch.undo()
    office.mo.done("store", "move", f"sqlite:///{tmp_path}/new.db")
    file_of(office.mo, tmp_path / "new.db").done("verify")


def test_a_bare_name_that_is_not_there_is_no_place_to_move_to_without_a_yes(
    office: Office, tmp_path: Path
) -> None:
    office.countersigned()
    slip = tmp_path / "visits"
    ran = office.mo.run("store", "move", str(slip))
    assert (ran.code, "--yes" in ran.err, f"from {office.store} to {slip}" in ran.err) == (2, True, True)
    assert not slip.exists()
    office.mo.done("list")
    office.mo.done("store", "move", str(slip), "--yes")
    file_of(office.mo, slip).done("list")


@pytest.mark.parametrize("content", [b"", b"not a store at all, but long enough to be read as one" * 40])
def test_what_is_no_backup_is_named_and_not_the_store(office: Office, tmp_path: Path, content: bytes) -> None:
    bad = tmp_path / "bad.db"
    bad.write_bytes(content)
    ran = restored(office, tmp_path, bad)
    assert ran.code != 0
    assert f"{bad}" in ran.err
    assert "VISITSAFE_STORE" not in ran.err
    assert "nothing was restored" in ran.err


def test_a_backup_to_a_folder_says_that_it_is_one(office: Office, tmp_path: Path) -> None:
    office.countersigned()
    assert "is a folder" in office.mo.run("store", "backup", str(tmp_path)).err


def test_founding_a_team_makes_no_tables_in_a_database(cluster: Cluster, tmp_path: Path) -> None:
    name = cluster.database()
    for user in ("desk", "superuser"):
        mo = Someone("mo", tmp_path / user, cluster.url(name, user))
        mo.done("key", "new", "--name", "Mo", "--email", "mo@salford.example", "--no-passphrase")
        ran = mo.run("team", "found", "--role", "manager")
        assert (ran.code, "visitsafe store init" in ran.err) == (1, True)
        assert "GRANT" not in ran.err
        with cluster.connect(name) as raw:
            assert raw.execute("SELECT 1 FROM pg_namespace WHERE nspname = 'visitsafe'").fetchall() == []


def test_whoever_has_no_key_is_told_what_is_wrong_with_the_store(
    cluster: Cluster, office: Office, tmp_path: Path
) -> None:
    office.countersigned()
    office.mo.done("store", "move", f"sqlite:///{tmp_path}/new.db")
    admin = Someone("admin", tmp_path / "admin", office.mo.store)
    cases = (
        (office.mo.store, "name the new store"),
        (cluster.url(cluster.database()), "store init"),
        (cluster.url("nowhere"), "check VISITSAFE_STORE"),
    )
    for store, hint in cases:
        admin.store = store
        ran = admin.run("list")
        assert (ran.code, "key new" in ran.err) == (1, False), store
        assert hint in ran.err
    admin.store = f"sqlite:///{tmp_path}/none.db"
    assert "key new" in admin.run("list").err


def test_the_administrator_of_a_database_can_verify_with_their_own_login(
    cluster: Cluster, office: Office, tmp_path: Path
) -> None:
    office.countersigned()
    mail = tmp_path / "mail.txt"
    mail.write_text(office.mo.done("store", "checkpoint").out)
    name = cluster.database()
    owner = cluster.url(name, "superuser")
    office.mo.done("store", "move", owner)
    admin = Someone("admin", tmp_path / "admin", owner)
    ran = admin.done("verify", "--against", str(mail))
    assert "agrees" in ran.out
    assert "with rights to take entries away" in ran.err
    office.mo.store = owner
    office.mo.done("store", "checkpoint")
    refused = office.mo.run("list")
    assert (refused.code, "could take entries away" in refused.err) == (1, True)
    with care_of(owner) as care:
        assert care.store.head()[0] == 4


def test_a_login_that_may_make_roles_and_schemas_makes_the_store(cluster: Cluster, tmp_path: Path) -> None:
    """As docs/operating.md has it; a custom name of a role is the one that is named afterwards."""
    name = cluster.database()
    cluster.execute(f"CREATE ROLE maker_{name} LOGIN CREATEROLE")
    cluster.execute(f"GRANT CREATE ON DATABASE {name} TO maker_{name}")
    maker = Someone("maker", tmp_path / "maker", cluster.url(name, f"maker_{name}"))
    roles = ("--owner", f"o_{name}", "--app", f"a_{name}", "--retention", f"r_{name}")
    maker.done("store", "init", *roles)
    cluster.execute(f"CREATE ROLE desk_{name} LOGIN IN ROLE a_{name}")
    with closing(open_store(cluster.url(name, f"desk_{name}"))) as store:
        assert store.head()[0] == 0
    assert f"log in as a member of a_{name}" in maker.run("list").err
    maker.done("store", "info")


def test_a_backup_for_which_there_is_no_room_names_the_backup_and_not_the_store(office: Office) -> None:
    if why_not():
        pytest.skip(why_not())
    office.countersigned()
    with small_disk("64k") as disk:
        ran = office.mo.run("store", "backup", str(disk / "b.db"))
        assert list(disk.iterdir()) == []
    assert (ran.code, f"the backup {disk}/b.db has no room" in ran.err) == (1, True)
    assert "the store is unharmed" in ran.err
    assert ".part" not in ran.err


def test_verify_names_the_command_that_mends_a_wrong_list(office: Office) -> None:
    office.countersigned()
    change(office.store, "UPDATE plans SET status = 'withdrawn'")
    ran = office.mo.run("verify")
    assert (ran.code, "visitsafe store rebuild" in ran.out) == (3, True)
