"""What PostgreSQL's errors mean to a person.

A server says what is wrong by a code (SQLSTATE), in any language; only what happens before there is a
connection has to be told from its words. What libpq says itself is never shown: it could quote the URL.
"""

import re

import psycopg

from visitsafe.errors import StoreError
from visitsafe.text.clean import one_line

NOTHING = "; nothing was written"
_BUSY = ("is kept busy by another program", "wait a moment and try again")
_AWAY = (
    "does not answer",
    "check that this computer is on the network, then ask whoever looks after the database",
)
_STOPPED = (
    "does not answer: its server is not running, or is just starting",
    "wait a moment and try again; if it stays so, check VISITSAFE_STORE and ask whoever looks after it",
)
_PASSWORD = (
    "is refused: the name or the password is not right",
    "check the user in VISITSAFE_STORE, and the password there or in the file .pgpass",
)
_NO_PASSWORD = (
    "is refused: it wants a password, and none was given",
    "put it into the file .pgpass in your home folder (chmod 600), as host:port:database:user:password",
)
_NO_ENTRY = (
    "is refused: the server does not let this user in from here",
    "ask whoever looks after the database to allow it (pg_hba.conf)",
)
_MISSING = ("is not there: the server has no such database", "check VISITSAFE_STORE")
_FULL = ("has no room: the server's disk is full", "tell whoever looks after the database")
_SLOW = ("takes too long to answer", "try again; if it stays so, tell whoever looks after the database")
_FORBIDDEN = (
    "does not permit that",
    "the user in VISITSAFE_STORE needs the role visitsafe_app, or what it was called by: store init --app",
)
_CROWDED = ("has too many guests", "wait a moment and try again")
_CUT = ("was cut off", "try again; no entry is ever recorded twice")
_READ_ONLY = (
    "only lets itself be read: it is a copy, or a standby",
    "name the server that is written to; add target_session_attrs=read-write to VISITSAFE_STORE",
)
_NOT_OURS = ("is not a visitsafe store", "check VISITSAFE_STORE; one is made by: visitsafe store init")
_DAMAGED = ("has damaged pages", "tell whoever looks after the database; visitsafe verify says what is lost")

_BY_CODE = {
    "53100": _FULL,
    "53200": _FULL,
    "53300": _CROWDED,
    "55P03": _BUSY,
    "57014": _SLOW,
    "57P03": ("is just being started or stopped", "wait a moment and try again"),
    "57P05": _CUT,
    "40001": _BUSY,
    "40P01": _BUSY,
    "42501": _FORBIDDEN,
    "42P01": _NOT_OURS,
    "3F000": _NOT_OURS,
    "3D000": _MISSING,
    "28P01": _PASSWORD,
    "28000": _NO_ENTRY,
    "25006": _READ_ONLY,
    "23001": ("refuses to change or remove an entry", "entries are only ever added"),
    "22021": ("cannot keep a text that holds a zero character", "take it out of what was entered"),
    "XX001": _DAMAGED,
    "XX002": _DAMAGED,
}
_BY_CLASS = {"08": _CUT, "57": _CUT, "53": _FULL, "58": _FULL}
_BEFORE = (
    ("password authentication failed", _PASSWORD),
    ("no password supplied", _NO_PASSWORD),
    (r"pg_hba\.conf", _NO_ENTRY),
    ("authentication failed", _NO_ENTRY),
    (r'role ".*" does not exist|no such user', _NO_ENTRY),
    (r'database ".*" does not exist', _MISSING),
    ("too many|no more connections allowed", _CROWDED),
    ("remaining connection slots", _CROWDED),
    ("starting up|shutting down|recovery mode|not (yet )?accepting connections", _BY_CODE["57P03"]),
    ("Connection refused|No such file or directory|closed the connection unexpectedly", _STOPPED),
    ("root certificate file", (
        "cannot be trusted yet: the certificate that its server's is checked against is missing here",
        "add sslrootcert=FILE, or sslrootcert=system, to VISITSAFE_STORE",
    )),
    ("certificate", (
        "is not trusted: its server's certificate does not hold",
        "ask whoever looks after the database; do not go on without",
    )),
    ("SSL", (
        "is not trusted: its server does not offer a safe way (TLS)",
        "ask whoever looks after the database; only where nobody else is on the way: add sslmode=disable",
    )),
)  # fmt: skip


class PassingError(StoreError):
    """What may succeed if it is tried again: a connection was cut, or two were in each other's way."""


class NotYetError(PassingError):
    """The server lets nobody in just now: it is stopped, starting, or has too many guests."""


def in_words(error: psycopg.Error, shown: str, *, writing: bool = False) -> StoreError:
    """What PostgreSQL's error means; `writing` adds that nothing was written."""
    code = error.sqlstate or ("22021" if isinstance(error, psycopg.DataError) else "")
    ending = NOTHING if writing else ""
    cut = is_cut(error)
    words = _BY_CODE.get(code) or (_CUT if cut else _BY_CLASS.get(code[:2]))
    if words is None:
        said = one_line(error.diag.message_primary or "it does not fit")[:200]
        words = (f"cannot do it: {said}", "tell whoever looks after the database")
    kind = PassingError if cut or code in {"40001", "40P01"} else StoreError
    return kind(f"the store in {shown} {words[0]}{ending}", hint=words[1])


def is_cut(error: psycopg.Error) -> bool:
    """Whether the connection is gone, so that only a new one can tell what became of the last statement."""
    code = error.sqlstate or ""
    if code:
        return code.startswith("08") or code in {"57P01", "57P02", "57P05", "25P03"}
    # What libpq itself reports has no code: the server closed the connection, or the network did.
    return isinstance(error, psycopg.OperationalError)


def not_settled(error: psycopg.Error, shown: str) -> StoreError:
    """Why a new connection could not be used. If it was cut, the server was just being stopped."""
    wrong = in_words(error, shown)
    return NotYetError(wrong.message, hint=wrong.hint) if is_cut(error) else wrong


def not_connected(error: psycopg.Error, shown: str) -> StoreError:
    """Why there is no connection. Not by what is unknown: it counts as a server that does not answer."""
    said = str(error)
    words = _BY_CODE.get(error.sqlstate or "") or next(
        (words for part, words in _BEFORE if re.search(part, said)), _AWAY
    )
    kinds = {_AWAY: PassingError} | dict.fromkeys((_STOPPED, _CROWDED, _BY_CODE["57P03"]), NotYetError)
    kind = kinds.get(words, StoreError)
    return kind(f"the store in {shown} {words[0]}", hint=words[1])
