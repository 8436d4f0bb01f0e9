"""Bundles for the tests: those of a story, and zips that nobody means well with."""

import io
import struct
import zipfile
from collections.abc import Iterable, Mapping

from story import Story
from visitsafe.exchange.bundle import Bundle, Packed, member_name
from visitsafe.record.entry import Entry, Verified


def packed(*entries: Verified) -> Bundle:
    """The entries as they come out of a bundle's file."""
    return Bundle(
        tuple(
            Packed(member_name(number, one), Entry(payload=one.entry.payload, signature=one.entry.signature))
            for number, one in enumerate(entries, 1)
        ),
        b"",
    )


def bundle_of(*stories: Story) -> Bundle:
    """Everything in these copies of a record."""
    entries = {one.id: one for story in stories for one in (*story.team, *story.entries)}
    return packed(*entries.values())


def members_of(bundle: Bundle) -> dict[str, bytes]:
    """The members of a bundle's zip by name."""
    files: dict[str, bytes] = {}
    for name, entry in bundle.entries:
        files[name] = entry.payload
        files[name + ".sig"] = entry.signature.encode()
    return files


def zip_of(files: Mapping[str, bytes] | Iterable[tuple[str | zipfile.ZipInfo, bytes]]) -> bytes:
    """A zip with these members, the same name twice if it is asked for."""
    buffer = io.BytesIO()
    pairs = files.items() if isinstance(files, Mapping) else files
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in pairs:
            info = name if isinstance(name, zipfile.ZipInfo) else zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            archive.writestr(info, content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def with_header(data: bytes, at: int, form: str, value: int) -> bytes:
    """A zip in whose first record of the table of contents a number at this place is another."""
    start = data.index(b"PK\x01\x02") + at
    return data[:start] + struct.pack(form, value) + data[start + struct.calcsize(form) :]
