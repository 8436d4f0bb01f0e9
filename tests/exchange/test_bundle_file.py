"""A bundle's file is hostile until proven otherwise: each way to do harm is one clear sentence."""

import os
import stat
import struct
import time
import warnings
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bundles import bundle_of, members_of, with_header, zip_of
from story import begun
from visitsafe.errors import NotFoundError, VerificationError, VisitsafeError
from visitsafe.exchange.bundle import (
    MOST_FILE_BYTES,
    MOST_MEMBER_BYTES,
    MOST_MEMBERS,
    MOST_TOTAL_BYTES,
    BundleError,
    parse_bundle,
    read_bundle,
)

GOOD = members_of(bundle_of(begun().planned()))
NAME = "entries/0001-noted-aaaaaaaaaaaa.json"


def refused(data: bytes) -> str:
    with pytest.raises(BundleError) as caught:
        parse_bundle(data)
    assert caught.value.exit_code == 1
    assert caught.value.hint
    return caught.value.message


def doubled(*names: str) -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library's own, about the zip that we make on purpose
        return zip_of([(name, b"x") for name in names])


def raw_member(name: bytes, packed: bytes, size: int, crc: int) -> tuple[bytes, bytes]:
    """A deflated member's local record, and its record in the table of contents without the offset."""
    middle = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 33, crc, len(packed), size, len(name), 0)
    return b"PK\x03\x04" + middle + name + packed, struct.pack("<4sH", b"PK\x01\x02", 20) + middle


def raw_zip(members: list[tuple[bytes, bytes, int, int]]) -> bytes:
    """A zip made by hand, so that its headers can lie: name, packed bytes, size and CRC that are claimed."""
    body, contents = b"", b""
    for name, packed, size, crc in members:
        local, record = raw_member(name, packed, size, crc)
        contents += record + struct.pack("<HHHII", 0, 0, 0, 0, len(body)) + name
        body += local
    end = struct.pack(
        "<4s4H2LH", b"PK\x05\x06", 0, 0, len(members), len(members), len(contents), len(body), 0
    )
    return body + contents + end


def deflated(content: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(content) + packer.flush()


def test_a_bundle_of_ours_is_read_with_every_entry_and_signature() -> None:
    files = {**GOOD, "allowed_signers": b"keys", "README.txt": b"words"}
    found = parse_bundle(zip_of(files))
    assert members_of(found) == GOOD
    assert found.signers == b"keys"


@pytest.mark.parametrize(
    "name",
    [
        "../entries/0001.json",
        "entries/../../evil.json",
        "/etc/passwd",
        "entries\\0001.json",
        "C:\\evil.json",
        "entries/.json",
        "entries/sub/0001.json",
        "entries/inner.zip",
        "other/",
        "entries/0001.json.sig.sig",
        "entries/\u202egnp.json",
        "entries/0001.json\x00.txt",
        "entries/\x1b[2J.json",
        "x" * 60_000,
    ],
)
def test_a_name_that_no_bundle_has_is_refused_and_shown_harmlessly(name: str) -> None:
    info = zipfile.ZipInfo("entries/stand-in.json")
    info.filename = name
    sentence = refused(zip_of([(info, b"{}")]))
    assert "no bundle" in sentence
    assert len(sentence) < 200
    assert sentence.isprintable()


def test_a_zip_inside_a_zip_is_not_opened() -> None:
    with pytest.raises(BundleError):
        parse_bundle(zip_of({"bundle.zip": zip_of(GOOD)}))


@pytest.mark.parametrize("second", [NAME, NAME.upper().replace("ENTRIES", "entries").replace("JSON", "json")])
def test_a_name_that_comes_twice_is_refused(second: str) -> None:
    assert "twice" in refused(doubled(NAME, second))


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFDIR])
def test_a_link_or_a_device_is_refused(kind: int) -> None:
    info = zipfile.ZipInfo(NAME)
    info.external_attr = (kind | 0o777) << 16
    assert "not a file" in refused(zip_of([(info, b"/etc/passwd")]))


def test_a_member_with_a_password_is_refused() -> None:
    assert "password" in refused(with_header(zip_of({NAME: b"{}"}), 8, "<H", 1))


def test_a_member_that_is_packed_in_another_way_is_refused() -> None:
    assert "packed" in refused(with_header(zip_of({NAME: b"{}"}), 10, "<H", zipfile.ZIP_BZIP2))


@pytest.mark.parametrize(
    "data",
    [b"", b"PK", b"hello", b"%PDF-1.7", zip_of(GOOD)[:-1], zip_of(GOOD)[:-40], zip_of(GOOD) + b"x"],
)
def test_what_is_no_whole_zip_is_refused(data: bytes) -> None:
    refused(data)


def test_a_zip_behind_something_else_is_refused() -> None:
    refused(b"#!/bin/sh\n" + zip_of(GOOD))
    refused(b"PK\x03\x04" + zip_of(GOOD))


def test_a_zip_with_a_comment_is_refused() -> None:
    data = zip_of(GOOD)
    refused(data[:-2] + struct.pack("<H", 5) + b"hello")


def test_huge_file_zips_are_refused_whether_or_not_they_are_huge() -> None:
    data = zip_of(GOOD)
    end = data[-22:]
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, len(data) - 22, 1)
    assert "zip64" in refused(data[:-22] + locator + end)
    assert "zip64" in refused(data[:-6] + b"\xff\xff\xff\xff" + data[-2:])


def test_a_million_members_are_refused_before_one_is_looked_at() -> None:
    record = zip_of({NAME: b""})
    contents = record[record.index(b"PK\x01\x02") : -22]
    table = contents * 1_000_000
    claimed = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 16960, 16960, len(table), 0, 0)
    data = b"PK\x03\x04" + table
    before = time.process_time()
    assert str(MOST_MEMBERS) in refused(data[: MOST_FILE_BYTES // 2] + claimed)
    assert time.process_time() - before < 1


def test_more_members_than_the_end_admits_to_are_refused() -> None:
    data = zip_of(GOOD)
    fewer = struct.pack("<2H", 1, 1)
    lied = data[:-14] + fewer + data[-10:]
    assert "contradicts" in refused(lied)


def test_one_member_too_many_is_refused() -> None:
    refused(zip_of([(f"entries/{number}.json", b"") for number in range(MOST_MEMBERS + 1)]))


def test_a_bomb_is_refused_by_what_it_unpacks_to() -> None:
    bomb = zip_of({NAME: b"[" * (50 << 20)})
    assert len(bomb) < 100_000
    assert "unpacks to" in refused(bomb)


def test_a_bomb_whose_header_lies_about_its_size_is_refused() -> None:
    content = b"[" * (20 << 20)
    honest = b"[" * 10
    for claimed, crc in ((10, zlib.crc32(honest)), (10, zlib.crc32(content)), (1 << 31, zlib.crc32(content))):
        data = raw_zip([(NAME.encode(), deflated(content), claimed, crc)])
        refused(data)


def test_a_hand_made_zip_that_does_not_lie_is_read() -> None:
    files = [
        (name.encode(), deflated(content), len(content), zlib.crc32(content))
        for name, content in GOOD.items()
    ]
    assert members_of(parse_bundle(raw_zip(files))) == GOOD


def test_many_members_that_share_their_bytes_are_refused() -> None:
    content = os.urandom(MOST_MEMBER_BYTES // 2)
    data = raw_zip([(NAME.encode(), deflated(content), len(content), zlib.crc32(content))])
    contents = data[data.index(b"PK\x01\x02") : -22]
    count = MOST_TOTAL_BYTES // len(content) + 5
    table = b"".join(contents.replace(b"0001", b"%04d" % (number % 10_000)) for number in range(count))
    start = len(data) - 22 - len(contents)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(table), start, 0)
    refused(data[:start] + table + end)


def test_a_member_that_unpacks_to_far_more_than_its_size_is_refused() -> None:
    assert "far more" in refused(zip_of({NAME: b" " * (MOST_MEMBER_BYTES - 1)}))


@pytest.mark.parametrize("left_out", ["entries/{}.json", "entries/{}.json.sig"])
def test_an_entry_and_its_signature_come_together_or_not_at_all(left_out: str) -> None:
    files = {"entries/a.json": b"{}", "entries/a.json.sig": b"x"}
    del files[left_out.format("a")]
    with pytest.raises(VerificationError, match=r"entries/a\.json") as caught:
        parse_bundle(zip_of(files))
    assert caught.value.exit_code == 3


def test_a_signature_that_is_no_text_does_not_hold() -> None:
    with pytest.raises(VerificationError):
        parse_bundle(zip_of({"entries/a.json": b"{}", "entries/a.json.sig": b"\xff\xfe"}))


def test_a_file_that_is_too_large_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "large.zip"
    with path.open("wb") as file:
        file.truncate(MOST_FILE_BYTES * 1000)  # a hole: nothing on the disk
    with pytest.raises(BundleError, match="larger"):
        read_bundle(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_does_not_make_us_wait(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.zip")
    with pytest.raises(BundleError, match="not a file"):
        read_bundle(tmp_path / "pipe.zip")


def test_a_folder_and_a_missing_file_are_one_sentence_each(tmp_path: Path) -> None:
    with pytest.raises(BundleError):
        read_bundle(tmp_path)
    with pytest.raises(NotFoundError):
        read_bundle(tmp_path / "none.zip")
    with pytest.raises(VisitsafeError):
        read_bundle(Path("a\0b.zip"))


def parsed(data: bytes) -> None:
    with suppress(VisitsafeError):
        parse_bundle(data)


@given(st.binary(max_size=400))
def test_no_bytes_raise_anything_but_a_sentence(data: bytes) -> None:
    parsed(data)
    parsed(b"PK\x03\x04" + data)
    parsed(b"PK\x05\x06" + data[:18].ljust(18, b"\0"))


SMALL = zip_of(dict(list(GOOD.items())[:4]))


@given(st.lists(st.tuples(st.integers(0, len(SMALL) - 1), st.integers(0, 255)), min_size=1, max_size=8))
def test_no_damage_to_a_bundle_raises_anything_but_a_sentence(damage: list[tuple[int, int]]) -> None:
    data = bytearray(SMALL)
    for at, byte in damage:
        data[at] = byte
    parsed(bytes(data))


RECORDS = [at for at in range(len(SMALL)) if SMALL[at : at + 2] == b"PK"]


@given(st.sampled_from(RECORDS), st.integers(0, 46), st.binary(min_size=1, max_size=8))
def test_no_lie_in_a_header_raises_anything_but_a_sentence(record: int, offset: int, lie: bytes) -> None:
    at = min(record + offset, len(SMALL) - len(lie))
    parsed(SMALL[:at] + lie + SMALL[at + len(lie) :])
