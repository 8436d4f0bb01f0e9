"""`visitsafe store init | info | backup | restore | move | rebuild` on a file and on a real PostgreSQL."""

import os
import pwd
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from office import NOW, Office, Someone
from patience import LIMIT, until
from postgres import PASSWORD, Cluster
from sqlite_files import change, counted, entry, tampered
from visitsafe.record.chain import check_chain
from visitsafe.store.open import care_of, open_store

WRITER = """
import sys
from datetime import UTC, datetime
sys.path.insert(0, sys.argv[3])
from sqlite_files import counted, entry, NOW
from visitsafe.store.open import open_store
for number in range(int(sys.argv[2]), int(sys.argv[2]) + 60):
    store = open_store(sys.argv[1], wait=60)
    store.append([entry(number)], NOW, counted)
    store.close()
    print(number, flush=True)
"""


@pytest.fixture(params=["sqlite", "postgres"])
def shared(request: pytest.FixtureRequest, office: Office) -> Office:
    """An office with a countersigned plan, its store in a file or in PostgreSQL."""
    office.countersigned()
    if request.param == "postgres":
        cluster: Cluster = request.getfixturevalue("cluster")
        name = cluster.database()
        office.mo.done("store", "move", cluster.url(name, "superuser"))
        cluster.execute("GRANT visitsafe_app TO desk, duty")
        office.mo.store = office.sam.store = cluster.url(name)
    return office


def file_of(someone: Someone, path: Path) -> Someone:
    """The same person with another store, which is a file."""
    return Someone(someone.name, someone.home, f"sqlite:///{path}", someone.now)


def test_init_makes_an_empty_file_and_says_what_comes_next(tmp_path: Path) -> None:
    mo = Someone("mo", tmp_path / "mo", f"sqlite:///{tmp_path}/store.db")
    assert "team found" in mo.done("store", "init").err
    assert mo.done("store", "info", "--json").json["entries"] == 0
    again = mo.run("store", "init")
    assert (again.code, "already" in again.err) == (1, True)
    assert mo.run("store", "init", "--app", "other").code == 2


def test_init_makes_the_tables_in_a_database_once(cluster: Cluster, tmp_path: Path) -> None:
    name = cluster.database()
    mo = Someone("mo", tmp_path / "mo", cluster.url(name, "superuser"))
    assert "IN ROLE visitsafe_app" in mo.done("store", "init").err
    assert mo.run("store", "init").code == 1
    assert mo.run("store", "init", "--app", "visitsafe_owner").code == 2
    with care_of(mo.store) as care:
        assert care.store.check_file() == []


def test_the_printed_sql_makes_the_same_store_with_roles_of_any_name(
    cluster: Cluster, tmp_path: Path
) -> None:
    nobody = Someone("nobody", tmp_path / "none", f"sqlite:///{tmp_path}/none.db")
    names = ("--owner", 'o"; DROP', "--app", "our app", "--retention", "visitsafe_retention")
    script = nobody.done("store", "init", "--print-sql", *names).out
    name = cluster.database()
    cluster.execute(script, name)
    cluster.execute('GRANT "our app" TO desk')
    with closing(open_store(cluster.url(name))) as store:
        assert store.check_file() == []
        assert store.append([entry(1)], NOW, counted) == 1
    assert not (tmp_path / "none.db").exists()


def test_info_says_what_the_store_is_and_never_a_password(shared: Office) -> None:
    shown = shared.mo.done("store", "info", "--json").json
    assert (shown["entries"], shown["plans"], shown["open"]) == (4, 1, 1)
    with closing(open_store(shared.mo.store)) as store:
        assert (shown["position"], shown["chain"]) == store.head()
        assert shown["id"] == store.store_id
    assert shown["bytes"] > 1000
    assert shown["heartbeat"] is None
    shared.mo.run("watch", "--once")
    assert shared.mo.done("store", "info", "--json").json["heartbeat"] == "2026-11-23T08:00:00Z"
    assert shown["chain"] in shared.mo.done("store", "info").out


def test_no_command_shows_the_password_of_a_store(cluster: Cluster, tmp_path: Path) -> None:
    name = cluster.database()
    url = f"postgresql://locked:{PASSWORD}@/{name}?host={cluster.folder}&port={cluster.port}"
    mo = Someone("mo", tmp_path / "mo", url)
    file = tmp_path / "copy.db"
    away = Someone("mo", tmp_path / "mo", url.replace(str(cluster.folder), f"{cluster.folder}/log"))
    words = (
        ["init"], ["info"], ["info", "--json"], ["backup", str(file)], ["rebuild"], ["restore", str(file)],
        ["move", f"sqlite:///{tmp_path}/new.db"], ["init"], ["move", url],
    )  # fmt: skip
    for who in (mo, away):
        for part in words:
            ran = who.run("store", *part)
            assert PASSWORD not in ran.out + ran.err, part
        assert PASSWORD not in (said := who.run("doctor")).out + said.err


def test_a_backup_is_one_private_file_that_visitsafe_itself_opens(shared: Office, tmp_path: Path) -> None:
    path = tmp_path / "backups" / "monday.db"
    path.parent.mkdir()
    ran = shared.mo.done("store", "backup", str(path))
    assert "4 entries" in ran.out
    assert [one.name for one in path.parent.iterdir()] == ["monday.db"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    copy = file_of(shared.mo, path)
    assert copy.done("verify", "--json").json["holds"] is True
    with closing(open_store(copy.store)) as one, closing(open_store(shared.mo.store)) as other:
        assert list(one.scan()) == list(other.scan())
        assert (one.plans(), one.store_id) == (other.plans(), other.store_id)


def test_a_backup_is_never_written_over_a_file(shared: Office, tmp_path: Path) -> None:
    path, link = tmp_path / "there.db", tmp_path / "link.db"
    path.write_bytes(b"mine")
    link.symlink_to(tmp_path / "nowhere")
    for name in (path, link, tmp_path / "none" / "x.db", tmp_path):
        assert shared.mo.run("store", "backup", str(name)).code == 1
    assert path.read_bytes() == b"mine"
    assert not list(tmp_path.glob("*.part*"))


def test_a_backup_while_four_processes_write_is_whole(shared: Office, tmp_path: Path) -> None:
    url, tests = shared.mo.store, str(Path(__file__).resolve().parents[1])
    command = [sys.executable, "-c", WRITER, url]
    writers = [
        subprocess.Popen([*command, str(1000 * number), tests], stdout=subprocess.PIPE, text=True)
        for number in range(1, 5)
    ]
    for writer in writers:
        assert writer.stdout is not None
        writer.stdout.readline()
    copies = [tmp_path / f"{number}.db" for number in range(3)]
    for path in copies:
        assert shared.mo.run("store", "backup", str(path)).code == 3  # what they wrote is signed by nobody
    for writer in writers:
        writer.communicate(timeout=LIMIT)
        assert writer.returncode == 0
    with closing(open_store(url)) as store:
        everything = list(store.scan())
    assert len(everything) == 4 + 4 * 60
    for path in copies:
        with closing(open_store(str(path))) as copy:
            kept = list(copy.scan())
            assert kept == everything[: len(kept)]
            assert len(kept) >= 8
            assert (list(check_chain(kept)), copy.check_file()) == ([], [])


def test_a_backup_of_a_store_that_does_not_hold_is_kept_and_said(office: Office, tmp_path: Path) -> None:
    office.countersigned()
    tampered(office.store, "UPDATE entries SET signature = 'x' WHERE position = 3")
    ran = office.mo.run("store", "backup", str(tmp_path / "copy.db"))
    assert (ran.code, ran.out) == (3, "")
    assert "position 3" in ran.err
    with closing(open_store(str(tmp_path / "copy.db"))) as copy:
        assert copy.head()[0] == 4
    restored = file_of(office.mo, tmp_path / "new.db").run("store", "restore", str(tmp_path / "copy.db"))
    assert restored.code == 3
    assert not (tmp_path / "new.db").exists()


def test_restore_brings_back_what_the_backup_has_and_says_what_is_missing(
    shared: Office, tmp_path: Path, cluster: Cluster
) -> None:
    backup = tmp_path / "backup.db"
    shared.mo.done("store", "backup", str(backup))
    mail = tmp_path / "mail.txt"
    mail.write_text(shared.mo.done("store", "checkpoint").out)
    shared.ref, kept = "", shared.ref
    shared.plan()
    late = tmp_path / "late.txt"
    late.write_text(shared.mo.done("store", "checkpoint").out)
    name = cluster.database()
    for new, reads in (
        (f"sqlite:///{tmp_path}/new.db", f"sqlite:///{tmp_path}/new.db"),
        (cluster.url(name, "superuser"), cluster.url(name)),
    ):
        mo = Someone("mo", shared.mo.home, new, NOW)
        ran = mo.done("store", "restore", str(backup))
        cluster.execute("GRANT visitsafe_app TO desk, duty")
        assert "4 entries" in ran.out
        assert "signed after that is not in it" in ran.err
        mo.store = reads
        assert mo.done("verify", "--against", str(mail)).code == 0
        gone = mo.run("verify", "--against", str(late))
        assert (gone.code, "at least 1 entry is gone" in gone.err) == (3, True)
        assert kept in mo.done("list").out
        assert mo.run("store", "restore", str(backup)).code == 1  # never over a store


@pytest.mark.parametrize("part", [0.0, 0.3, 0.5, 0.9])
def test_half_a_backup_restores_nothing(office: Office, tmp_path: Path, part: float) -> None:
    office.countersigned()
    backup = tmp_path / "backup.db"
    office.mo.done("store", "backup", str(backup))
    content = backup.read_bytes()
    backup.write_bytes(content[: int(len(content) * part)])
    new = file_of(office.mo, tmp_path / "new.db")
    ran = new.run("store", "restore", str(backup))
    assert ran.code in {1, 3}
    assert "Traceback" not in ran.err
    assert not (tmp_path / "new.db").exists()


def test_a_backup_with_entries_cut_off_its_middle_restores_nothing(office: Office, tmp_path: Path) -> None:
    office.countersigned()
    backup = tmp_path / "backup.db"
    office.mo.done("store", "backup", str(backup))
    tampered(backup, "DELETE FROM entries WHERE position = 2")
    ran = file_of(office.mo, tmp_path / "new.db").run("store", "restore", str(backup))
    assert (ran.code, (tmp_path / "new.db").exists()) == (3, False)


def test_a_move_and_back_keeps_checkpoints_and_everybody_is_told(
    office: Office, tmp_path: Path, cluster: Cluster
) -> None:
    office.countersigned()
    mail = tmp_path / "mail.txt"
    mail.write_text(office.mo.done("store", "checkpoint").out)
    name = cluster.database()
    owner, app = cluster.url(name, "superuser"), cluster.url(name)
    ran = office.mo.done("store", "move", owner)
    cluster.execute("GRANT visitsafe_app TO desk, duty")
    assert "VISITSAFE_STORE" in ran.err
    for words in (["list"], ["board"], ["plan", "--answers", office.answers(), "--yes", "--another"]):
        refused = office.sam.run(*words)
        assert refused.code == 1
        assert f"was moved to database '{name}'" in refused.err
    assert "nothing to do" in office.mo.done("store", "move", owner).out
    assert office.mo.run("store", "move", f"sqlite:///{tmp_path}/third.db").code == 1
    assert not (tmp_path / "third.db").exists()
    office.mo.store = office.sam.store = app
    office.plan()
    assert office.mo.done("verify", "--against", str(mail)).code == 0
    refused = office.mo.run("store", "move", f"sqlite:///{office.store}")
    assert (refused.code, "cannot be moved by this user" in refused.err) == (1, True)
    office.mo.store = owner
    office.mo.done("store", "move", f"sqlite:///{office.store}")
    office.mo.store = f"sqlite:///{office.store}"
    assert office.mo.done("verify", "--against", str(mail)).code == 0
    assert office.ref in office.mo.done("list").out


def test_a_move_to_where_the_store_is_is_refused(office: Office) -> None:
    assert office.mo.run("store", "move", str(office.store)).code == 2
    office.mo.done("list")


@pytest.mark.parametrize("way", ["there", "back"])
def test_kill_9_at_any_moment_of_a_move_loses_and_doubles_nothing(
    office: Office, cluster: Cluster, tmp_path: Path, way: str
) -> None:
    office.countersigned()
    source, target = office.mo.store, f"sqlite:///{tmp_path}/new.db"
    base = cluster.url(cluster.database(), "superuser", visitsafe_allow_owner="1")
    if way == "back":
        office.mo.done("store", "move", base)
        source = base
    else:
        target = base
    with closing(open_store(source)) as store:
        plans = store.plans()
        store.append([entry(number) for number in range(3000)], NOW, lambda *_: None)
        expected = list(store.scan())
    environ = os.environ | office.mo.environ | {"VISITSAFE_STORE": source}
    command = [sys.executable, "-m", "visitsafe", "store", "move", target]
    for enough in (1, 700, 2000, 3000):
        running = subprocess.Popen(command, env=environ, stderr=subprocess.PIPE)
        until(lambda: copied(target) >= enough or running.poll() is not None, "a copy")  # noqa: B023 - called at once
        running.send_signal(signal.SIGKILL)
        running.communicate()
    subprocess.run(command, env=environ, check=True, capture_output=True)
    with closing(open_store(target)) as store:
        assert list(store.scan()) == expected
        assert (store.plans(), store.check_file()) == (plans, [])


def copied(url: str) -> int:
    """How many entries a copy holds that may not be there yet."""
    try:
        with care_of(url) as care:
            return care.store.head()[0]
    except Exception:  # noqa: BLE001 - it is just being made
        return 0


def test_an_unfinished_copy_is_used_by_nobody_and_says_what_to_do(office: Office, tmp_path: Path) -> None:
    office.countersigned()
    new = tmp_path / "new.db"
    office.mo.done("store", "move", f"sqlite:///{new}")
    change(new, "INSERT INTO meta VALUES ('filling', 'store move')")  # as if it had stopped just before
    shown = file_of(office.mo, new).done("store", "info").out
    assert "Only part of a copy: visitsafe store move has not ended" in shown
    backup = ["store", "backup", str(tmp_path / "b.db")]
    for words in (["list"], backup, ["store", "rebuild"], ["store", "init"]):
        refused = file_of(office.mo, new).run(*words)
        assert (refused.code, "only part of a copy" in refused.err) == (1, True)
    office.mo.done("store", "move", f"sqlite:///{new}")
    file_of(office.mo, new).done("verify")


def test_rebuild_makes_the_list_anew_and_counts_what_was_different(shared: Office, cluster: Cluster) -> None:
    shared.plan()
    assert "none was different" in shared.mo.done("store", "rebuild").out
    damage = (
        "UPDATE plans SET status = 'withdrawn', closed = newest WHERE plan IN (SELECT max(plan) FROM plans)",
        "INSERT INTO plans SELECT 'junk', '', '', '', '', '', '', '', '', '', 0, 0, '', ''",
    )
    if shared.mo.store.startswith("sqlite"):
        change(shared.store, *damage)
    else:
        name = shared.mo.store.split("@/")[1].split("?")[0]
        for statement in damage:
            cluster.execute(statement, name)
    ran = shared.mo.done("store", "rebuild")
    assert "2 plans were listed anew" in ran.out
    assert "2 rows were different" in ran.out
    shared.mo.done("verify")
    assert shared.mo.done("list").err == ""


def test_a_store_of_sqlite_that_is_no_store_is_refused_by_all(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE mine (x)")
    mo = Someone("mo", tmp_path / "mo", f"sqlite:///{path}")
    for words in (["init"], ["info"], ["rebuild"], ["backup", str(tmp_path / "b.db")]):
        assert mo.run("store", *words).code == 1
    mo.store = f"sqlite:///{tmp_path}/new.db"
    assert mo.run("store", "restore", str(path)).code == 1
    assert mo.run("store", "restore", str(tmp_path / "none")).code == 1
    assert not (tmp_path / "new.db").exists()


@contextmanager
def as_somebody(folder: Path, *, but: Path | None = None) -> Iterator[None]:
    """In here permissions count, as for root they do not: as somebody else, whose all but one file is."""
    if os.geteuid() != 0:
        yield
        return
    who = pwd.getpwnam("nobody")
    for path in {folder, *folder.rglob("*")} - {but}:
        os.chown(path, who.pw_uid, who.pw_gid)
    os.setresgid(who.pw_gid, who.pw_gid, 0)
    os.setresuid(who.pw_uid, who.pw_uid, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)
        os.setresgid(0, 0, 0)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that others than root can reach."""
    with TemporaryDirectory() as name:
        yield Path(name)


def test_after_a_moment_for_reading_only_the_store_takes_entries_again(open_folder: Path) -> None:
    office = Office(open_folder).open()
    office.countersigned()
    for words in (("list",), ("doctor",), ("depart", "K7Q2-M9")):
        office.mo.run(*words)  # root's Python may be where nobody else can read it: it is loaded before
    with as_somebody(open_folder):
        office.store.chmod(0o444)
        assert office.ref in office.mo.done("list").out
        refused = office.sam.run("depart", office.ref)
        assert (refused.code, refused.out) == (1, "")
        assert f"the store {office.store} cannot be written to; nothing was written" in refused.err
        assert f"chmod u+rw '{office.store}'" in refused.err
        found = [one for one in office.mo.run("doctor", "--json").json if one["name"] == "store"]
        assert (found[0]["state"], found[0]["mend"]) == (
            "bad",
            f"run: chmod u+rw '{office.store}'",
        )
        left = Path(f"{office.store}-shm")
        assert stat.S_IMODE(left.stat().st_mode) == 0o444
        office.store.chmod(0o600)
        office.sam.done("depart", office.ref)
        found = [one for one in office.mo.run("doctor", "--json").json if one["name"] == "store"]
        assert [one["state"] for one in found] == ["ok"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a file that is somebody else's")
def test_a_file_of_somebody_else_beside_the_store_is_named(open_folder: Path) -> None:
    office = Office(open_folder).open()
    office.countersigned()
    for words in (("list",), ("doctor",), ("depart", "K7Q2-M9")):
        office.mo.run(*words)  # root's Python may be where nobody else can read it: it is loaded before
    stuck = Path(f"{office.store}-shm")
    stuck.touch()
    stuck.chmod(0o444)
    with as_somebody(open_folder, but=stuck):
        refused = office.sam.run("depart", office.ref)
        assert refused.code == 1
        assert f"ask the owner of {stuck} to let you read and write it" in refused.err
        found = [one for one in office.mo.run("doctor", "--json").json if one["name"] == "store"]
        assert {one["state"] for one in found} == {"bad"}
        assert str(stuck) in found[0]["mend"]
