"""What somebody with a role of the database, and without a key, can put into a store past visitsafe."""

from datetime import datetime
from typing import Any

import msgspec

from visitsafe.record.chain import GENESIS, chain
from visitsafe.record.entry import Entry, compose
from visitsafe.record.stored import Stored
from visitsafe.text.clock import to_text

COLUMNS = "position, stream, kind, at, by, received, id, payload, signature, chain"


class Body(msgspec.Struct):
    text: str = "junk"


def unsigned(stream: str, kind: str, now: datetime, by: str = "SHA256:nobody") -> Entry:
    """An entry that is well formed, and that nobody signed."""
    return Entry(payload=compose(stream, kind, now, by, (), Body()), signature="no signature\n")


def row(raw: Any, entry: Entry, now: datetime, **changes: Any) -> Stored:
    """The row that an entry would get behind the last one; its id and running hash hold."""
    head = raw.execute("SELECT position, chain FROM entries ORDER BY position DESC LIMIT 1").fetchone()
    position, before = head or (0, GENESIS)
    content = entry.content
    made = Stored(
        position=position + 1,
        stream=content.plan,
        kind=content.kind,
        at=content.at,
        by=content.by,
        received=to_text(now),
        id=entry.id,
        payload=entry.payload,
        signature=entry.signature,
        chain="",
    )
    made = msgspec.structs.replace(
        made, **{name: value for name, value in changes.items() if name != "chain"}
    )
    return msgspec.structs.replace(made, chain=changes.get("chain") or chain(before, made))


def put(raw: Any, made: Stored) -> None:
    """Insert a row by hand into a store in PostgreSQL."""
    marks = ", ".join(["%s"] * 10)
    raw.execute(f"INSERT INTO entries ({COLUMNS}) VALUES ({marks})", msgspec.structs.astuple(made))
