"""Opening and making a SQLite store: what is missing, foreign or newer is refused in a sentence."""

import os
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from patience import LIMIT
from sqlite_files import NOW, change, counted, entry, filled, problems, refusal, reports
from visitsafe.errors import StoreError
from visitsafe.store.open import create_store, open_store, store_exists
from visitsafe.store.sqlite_file import located, mounted_as


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store with sixty entries, which nobody has open."""
    return filled(tmp_path, 60)


def test_a_missing_store_is_not_made_by_opening_it(tmp_path: Path) -> None:
    error = refusal(tmp_path / "none.db")
    assert error.message == f"there is no store at {tmp_path / 'none.db'}"
    assert "store restore" in str(error.hint)
    assert list(tmp_path.iterdir()) == []


def test_a_store_in_a_folder_that_does_not_exist_is_missing(tmp_path: Path) -> None:
    assert "there is no store" in refusal(tmp_path / "no" / "store.db").message


def test_a_folder_is_not_a_store_and_stands_for_the_one_in_it(tmp_path: Path) -> None:
    inside = tmp_path / "store.sqlite3"
    with pytest.raises(StoreError, match="there is no store at") as caught:
        open_store(str(tmp_path))
    assert caught.value.message.endswith(str(inside))
    inside.mkdir()
    with pytest.raises(StoreError, match="is a folder"):
        open_store(str(tmp_path))


@pytest.mark.parametrize("content", [b"", b"SQLite format 3", b"a shopping list\n" * 400])
def test_a_file_of_another_kind_is_not_a_store(tmp_path: Path, content: bytes) -> None:
    foreign = tmp_path / "list.txt"
    foreign.write_bytes(content)
    assert "is not a visitsafe store" in refusal(foreign).message
    assert foreign.read_bytes() == content


def test_another_programs_sqlite_file_is_not_a_store(tmp_path: Path) -> None:
    foreign = tmp_path / "other.db"
    change(foreign, "CREATE TABLE meta (key, value)", "INSERT INTO meta VALUES ('schema_version', '1')")
    before = foreign.read_bytes()
    assert refusal(foreign).message == f"{foreign} is not a visitsafe store"
    assert foreign.read_bytes() == before


def test_a_store_made_by_a_newer_visitsafe_is_refused_and_left_alone(path: Path) -> None:
    change(path, "UPDATE meta SET value = '99' WHERE key = 'schema_version'")
    before = path.read_bytes()
    error = refusal(path)
    assert "made by a newer visitsafe" in error.message
    assert error.hint == "install a newer visitsafe"
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM meta", "DROP TABLE meta", "UPDATE meta SET value = 'x' WHERE key = 'schema_version'"],
)
def test_a_store_that_no_longer_says_what_it_is_is_damaged(path: Path, statement: str) -> None:
    change(path, statement)
    assert "is damaged" in refusal(path).message


def test_opening_does_not_change_the_file(path: Path) -> None:
    before = path.read_bytes()
    open_store(str(path)).close()
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:////srv/visits.db", "/srv/visits.db"),
        ("sqlite:///visits.db", "{here}/visits.db"),
        ("sqlite:///a folder/100%?.db", "{here}/a folder/100%?.db"),
        ("/srv/visits.db", "/srv/visits.db"),
        ("visits.db", "{here}/visits.db"),
        (":memory:", "{here}/:memory:"),
    ],
)
def test_a_url_or_a_path_names_the_file(url: str, expected: str) -> None:
    assert str(located(url)) == expected.format(here=Path.cwd())


@pytest.mark.parametrize(
    "url", ["", "sqlite:", "sqlite://", "sqlite:///", "mysql://me:secret@host/db", "a\x1b[2J.db", "a\0b"]
)
def test_a_name_that_cannot_be_a_store_is_refused_without_repeating_it(url: str) -> None:
    message = refusal(url).message
    assert message == "the name of the store is not one that visitsafe can use"


def test_strange_characters_in_a_path_are_part_of_its_name(tmp_path: Path) -> None:
    strange = tmp_path / "a b?mode=memory#%41ü.db"
    with closing(create_store(f"sqlite:///{strange}", NOW)) as store:
        store.append([entry(1)], NOW, counted)
    assert strange.stat().st_size > 0
    assert problems(strange) == []


# Making


def test_a_new_store_and_its_companions_are_for_their_owner_only(tmp_path: Path) -> None:
    made = tmp_path / "store.db"
    before = os.umask(0)
    try:
        with closing(create_store(str(made), NOW)) as store:
            store.append([entry(1)], NOW, counted)
            modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    finally:
        os.umask(before)
    assert modes == {"store.db": 0o600, "store.db-wal": 0o600, "store.db-shm": 0o600}


def test_every_store_gets_an_id_of_its_own(tmp_path: Path) -> None:
    ids = set()
    for name in ("one.db", "two.db"):
        with closing(create_store(str(tmp_path / name), NOW)) as store:
            ids.add(store.store_id)
    assert len(ids) == 2


def test_a_store_is_not_made_over_a_store(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"there is a file at .* already"):
        create_store(str(path), NOW)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"a shopping list\n" * 400, b"short"])
def test_a_store_is_not_made_over_another_file(tmp_path: Path, content: bytes) -> None:
    foreign = tmp_path / "list.txt"
    foreign.write_bytes(content)
    with pytest.raises(StoreError, match="is not a visitsafe store"):
        create_store(str(foreign), NOW)
    assert foreign.read_bytes() == content


def test_a_store_is_not_made_in_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"no store can be made at .*: no such file or directory"):
        create_store(str(tmp_path / "no" / "store.db"), NOW)


@pytest.mark.parametrize("statements", [(), ("PRAGMA journal_mode = WAL",)], ids=["empty file", "empty WAL"])
def test_a_store_whose_making_was_interrupted_can_be_made_again(
    tmp_path: Path, statements: tuple[str, ...]
) -> None:
    made = tmp_path / "store.db"
    made.touch()
    change(made, *statements)
    assert not store_exists(str(made))
    with closing(create_store(str(made), NOW)) as store:
        assert store.append([entry(1)], NOW, counted) == 1
    assert store_exists(str(made))


def test_an_empty_file_that_becomes_a_store_is_closed_to_others(tmp_path: Path) -> None:
    made = tmp_path / "store.db"
    made.touch(0o644)
    create_store(str(made), NOW).close()
    assert stat.S_IMODE(made.stat().st_mode) == 0o600


def test_whatever_a_store_must_not_be_made_over_counts_as_there(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_bytes(b"a shopping list\n" * 400)
    assert not store_exists(str(tmp_path / "store.db"))
    assert store_exists(str(tmp_path / "list.txt"))
    assert not store_exists(str(tmp_path))
    (tmp_path / "folder" / "store.sqlite3").mkdir(parents=True)
    assert store_exists(str(tmp_path / "folder"))
    (tmp_path / "folder" / "store.sqlite3").rmdir()
    (tmp_path / "folder").rmdir()
    assert [file.name for file in tmp_path.iterdir()] == ["list.txt"]


def test_two_people_who_make_a_store_at_once_get_one_store(tmp_path: Path) -> None:
    program = (
        "import sys; from datetime import UTC, datetime;"
        "from visitsafe.store.open import create_store; from visitsafe.errors import StoreError\n"
        "try: print(create_store(sys.argv[1], datetime(2026, 11, 23, tzinfo=UTC)).store_id)\n"
        "except StoreError as error: print(error.hint)"
    )
    made = str(tmp_path / "store.db")
    running = [
        subprocess.Popen([sys.executable, "-c", program, made], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    said = [one.communicate(timeout=LIMIT)[0].strip() for one in running]
    with closing(open_store(made)) as store:
        assert said.count(store.store_id) == 1
    refused = {"name another file, or use the store that is there", "wait a moment and try again"}
    assert set(said) - {store.store_id} <= refused
    assert reports(Path(made)) == []


MOUNTS = """\
/dev/vda / ext4 rw 0 0
server:/home /home nfs4 rw 0 0
/dev/vdb /home/me/local ext4 rw 0 0
//server/share /mnt/our\\040share cifs rw 0 0
nonsense
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/srv/store.db", "ext4"),
        ("/home/me/store.db", "nfs4"),
        ("/home/me/local/store.db", "ext4"),
        ("/homes/store.db", "ext4"),
        ("/mnt/our share/store.db", "cifs"),
    ],
)
def test_the_file_system_of_a_path_is_that_of_the_longest_mount_above_it(path: str, kind: str) -> None:
    assert mounted_as(Path(path), MOUNTS) == kind


def test_a_store_on_a_local_disk_warns_of_nothing(path: Path) -> None:
    with closing(open_store(str(path))) as store:
        assert store.warnings == ()
