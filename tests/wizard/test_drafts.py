"""Drafts on disk: whole or not there, for this person only, never lost and never in two windows."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from visitsafe.errors import NotFoundError, SettingsError, VisitsafeError
from visitsafe.wizard.draft import begin, list_drafts, open_draft

SESSION = begin("home-visit", "d", "2026-11-23T09:00:00Z", urgent="a call from the school")
SAVE_FOR_EVER = """
import sys
from pathlib import Path
from msgspec.structs import replace
from visitsafe.wizard.draft import open_draft
from visitsafe.wizard.draft import begin
draft = open_draft(Path(sys.argv[1]), "one")
session = begin("home-visit", "d", "x")
print("ready", flush=True)
number = 0
while True:
    number += 1
    draft.save(replace(session, half=str(number) * 500))
"""


def saved(folder: Path, name: str = "one") -> Path:
    with open_draft(folder, name) as draft:
        draft.save(SESSION)
    return folder / f"{name}.json"


def test_what_is_saved_comes_back(tmp_path: Path) -> None:
    saved(tmp_path)
    with open_draft(tmp_path, "one") as draft:
        assert draft.load() == SESSION


def test_only_the_owner_can_read_drafts(tmp_path: Path) -> None:
    folder = tmp_path / "drafts"
    path = saved(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {one.stat().st_mode & 0o777 for one in folder.iterdir()} == {0o600}
    assert path.exists()


def test_a_folder_that_is_not_there_has_no_drafts(tmp_path: Path) -> None:
    assert list_drafts(tmp_path / "nowhere").drafts == ()


def test_a_deleted_draft_leaves_nothing(tmp_path: Path) -> None:
    with open_draft(tmp_path, "one") as draft:
        draft.save(SESSION)
        draft.delete()
    assert list(tmp_path.iterdir()) == []


def test_two_windows_cannot_have_the_same_draft(tmp_path: Path) -> None:
    with open_draft(tmp_path, "one") as draft:
        draft.save(SESSION)
        with pytest.raises(SettingsError, match="open in another window"):
            open_draft(tmp_path, "one")
        assert [listed.in_use for listed in list_drafts(tmp_path).drafts] == [True]
    open_draft(tmp_path, "one").__exit__()
    assert [listed.in_use for listed in list_drafts(tmp_path).drafts] == [False]


WHOLE = msgspec.json.encode(SESSION)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(WHOLE[: len(WHOLE) // 2], id="half a file"),
        pytest.param(b"", id="empty"),
        pytest.param(WHOLE.replace(b'"draft":1', b'"draft":2'), id="another version"),
        pytest.param(b'{"draft":1,"surprise":true}', id="an unknown field"),
        pytest.param(b'["not", "a", "session"]', id="another shape"),
        pytest.param(b"\xff\xfe\x00", id="no text"),
        pytest.param(b'{"answers":' * 5000, id="nested too deep"),
        pytest.param(b" " * (5 * 1024 * 1024), id="far too large"),
    ],
)
def test_a_damaged_draft_is_set_aside_with_a_sentence_and_kept(tmp_path: Path, data: bytes) -> None:
    saved(tmp_path).write_bytes(data)
    listing = list_drafts(tmp_path)
    assert listing.drafts == ()
    assert len(listing.set_aside) == 1
    assert listing.set_aside[0].startswith("a draft could not be read, because it ")
    assert (tmp_path / "one.damaged").read_bytes() == data


def test_loading_a_damaged_draft_says_so_and_keeps_it(tmp_path: Path) -> None:
    saved(tmp_path).write_bytes(b"{")
    with open_draft(tmp_path, "one") as draft:
        with pytest.raises(SettingsError, match="could not be read"):
            draft.load()
        with pytest.raises(NotFoundError):
            draft.load()
    assert (tmp_path / "one.damaged").read_bytes() == b"{"


def test_a_second_damaged_draft_does_not_replace_the_first(tmp_path: Path) -> None:
    for data in (b"1", b"2"):
        saved(tmp_path).write_bytes(data)
        list_drafts(tmp_path)
    assert sorted(path.read_bytes() for path in tmp_path.glob("*.damaged")) == [b"1", b"2"]


@given(st.binary(max_size=200))
def test_no_bytes_make_the_list_fail(data: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "one.json").write_bytes(data)
        listing = list_drafts(Path(folder))
        assert len(listing.drafts) + len(listing.set_aside) == 1


def test_a_disk_that_refuses_is_one_sentence_and_the_last_save_is_kept(tmp_path: Path) -> None:
    path = saved(tmp_path)
    with open_draft(tmp_path, "one") as draft:
        limited = subprocess.run(
            [sys.executable, "-c", FULL_DISK, str(tmp_path)], capture_output=True, text=True, check=False
        )
        assert draft.load() == SESSION
    assert limited.stdout == f"cannot save the draft in {tmp_path}: file too large\n"
    assert path.exists()
    assert not list(tmp_path.glob("*.part"))


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from msgspec.structs import replace
from visitsafe.wizard.draft import open_draft
from visitsafe.wizard.draft import begin
from visitsafe.errors import SettingsError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
draft = open_draft(Path(sys.argv[1]), "two")
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
try:
    draft.save(replace(begin("home-visit", "d", "x"), half="x" * 1000))
except SettingsError as error:
    print(error.message)
draft.delete()
"""


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(VisitsafeError, match=r"cannot open the draft in .*: not a directory"):
        open_draft(tmp_path / "file" / "drafts")


def test_a_kill_in_the_middle_of_saving_never_leaves_an_unreadable_draft(tmp_path: Path) -> None:
    for turn in range(8):
        process = subprocess.Popen(
            [sys.executable, "-c", SAVE_FOR_EVER, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        with process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            time.sleep(0.02 + 0.007 * turn)  # somewhere in the middle of its saves
            process.send_signal(signal.SIGKILL)
        listing = list_drafts(tmp_path)
        assert listing.set_aside == ()
        assert [(listed.name, listed.in_use) for listed in listing.drafts] == [("one", False)]


def test_what_a_kill_left_half_written_is_cleared_away_unless_it_is_being_written(tmp_path: Path) -> None:
    saved(tmp_path)
    (tmp_path / "one.json.abcd1234.part").write_text("half a sen")
    with open_draft(tmp_path, "one"):
        pass
    assert not list(tmp_path.glob("*.part"))
    with open_draft(tmp_path, "two") as busy:
        busy.save(SESSION)
        (tmp_path / "two.json.abcd1234.part").write_text("being written")
        open_draft(tmp_path, "three").__exit__()
        assert (tmp_path / "two.json.abcd1234.part").exists()


@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_what_is_no_file_is_skipped_and_named(tmp_path: Path, kind: str) -> None:
    saved(tmp_path)
    strange = tmp_path / "two.json"
    strange.mkdir() if kind == "folder" else os.mkfifo(strange)
    listing = list_drafts(tmp_path)
    assert [listed.name for listed in listing.drafts] == ["one"]
    (said,) = listing.set_aside
    assert str(strange) in said
    assert strange.exists()
