"""What a PostgreSQL store's URL means, and how safe the way to the server has to be.

The way is encrypted and the server's certificate checked (`sslmode=verify-full`), unless the server is
reached through a socket on this computer or the URL itself says something weaker; then a warning says so.
The environment (PGSSLMODE) cannot weaken it. Whatever is shown of a URL is made here, and never holds a
password: neither is anything that libpq says about a URL, because it quotes it.
"""

import os
import re
from pathlib import Path

import msgspec
import psycopg
from psycopg.conninfo import conninfo_to_dict

from visitsafe.errors import StoreError
from visitsafe.text.clean import one_line

ALLOW_OWNER = "visitsafe_allow_owner"
SAFE = "verify-full"
_CHECKED = ("verify-ca", "verify-full")
_MODES = ("disable", "allow", "prefer", "require", *_CHECKED)
_LAST_PORT = 65535
_FORM = "VISITSAFE_STORE is postgresql://user@host/database; special characters in it are written as %40"
_DEFAULTS = {
    "application_name": "visitsafe",
    "client_encoding": "UTF8",
    # Encryption by Kerberos would come before TLS, and go past what sslmode demands.
    "gssencmode": "disable",
    # A server that is gone without a word is noticed: after 30 s, in milliseconds, where the system can.
    "tcp_user_timeout": "30000",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "4",
}


class Address(msgspec.Struct, frozen=True):
    """Where a store is, and how to get there.

    Attributes:
        parameters: What libpq needs. Holds the password: never to be shown.
        shown: The same for people, without a password.
        local: Whether it is reached through a socket on this computer.
        allow_owner: Whether the URL allows working as the owner of the tables or as a superuser.
    """

    parameters: dict[str, str]
    shown: str
    local: bool
    allow_owner: bool

    @property
    def warnings(self) -> tuple[str, ...]:
        """A sentence if somebody on the way to the server could read or change what is sent."""
        mode = self.parameters["sslmode"]
        if self.local or mode == SAFE:
            return ()
        weak = f"nobody checks that {self.shown} is the right server (sslmode={mode} in the store's URL)"
        return (f"{weak}: somebody on the way could read and change everything; use sslmode={SAFE}",)


def understood(url: str, wait: float) -> Address:
    """What a URL means.

    Args:
        url: `postgresql://user@host:port/database?...`, as libpq reads it; `visitsafe_allow_owner=1` is ours.
        wait: Seconds to wait for the server to answer, unless the URL says otherwise.

    Raises:
        StoreError: It means nothing. The URL is not shown: it may hold a password.
    """
    plain, allow_owner = _without_ours(url)
    try:
        given = {name: str(value) for name, value in conninfo_to_dict(plain).items()}
    except (psycopg.Error, UnicodeError, ValueError):
        given = {}
        _refuse_unknown(plain)
    if not given.get("dbname") or any(re.search(r"[\x00-\x1f\x7f]", value) for value in given.values()):
        # `from None`: what libpq says quotes parts of the URL
        raise StoreError("the name of the store is not one that visitsafe can use", hint=_FORM) from None
    _refuse_slips(given)
    local = _is_local(given)
    parameters = {
        **_DEFAULTS,
        "sslmode": SAFE,
        "connect_timeout": str(max(2, round(wait))),  # libpq knows whole seconds, and takes 1 for 2
        **given,
    }
    if not local:
        _look_for_authority(parameters)
    return Address(parameters, _shown(given), local, allow_owner)


def _refuse_unknown(plain: str) -> None:
    """Name what libpq does not know behind the question mark, unless it could be part of a password."""
    query = plain.partition("?")[2]
    known = {option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()}
    if "@" in query:
        return
    for name in (part.partition("=")[0] for part in query.split("&")):
        if re.fullmatch("[A-Za-z_]{1,40}", name) and name not in known:
            raise StoreError(
                f"the name of the store is not one that visitsafe can use: PostgreSQL knows no {name}",
                hint=f"look how it is written; {_FORM}",
            ) from None


def _refuse_slips(given: dict[str, str]) -> None:
    """Refuse what libpq only finds when it connects, and then calls a fault of the network."""
    if given.get("sslmode", SAFE) not in _MODES:
        raise StoreError(
            "the sslmode in the store's URL is not one that PostgreSQL knows",
            hint=f"it knows {', '.join(_MODES)}; without any it is {SAFE}",
        )
    for port in given.get("port", "").split(","):
        if port and not (port.isascii() and port.isdigit() and 0 < int(port[:6]) <= _LAST_PORT):
            raise StoreError(
                f"the port in the store's URL is no number from 1 to {_LAST_PORT}",
                hint=f"5432 is usual; {_FORM}",
            )


def _look_for_authority(parameters: dict[str, str]) -> None:
    """Name the file that the server's certificate is to be checked against, if it is not there."""
    file = parameters.get("sslrootcert") or os.environ.get("PGSSLROOTCERT", "")
    if parameters["sslmode"] in _CHECKED and file not in {"", "system"} and not Path(file).is_file():
        raise StoreError(
            f"there is no file {one_line(file)}, which the server's certificate is to be checked against",
            hint="name the right one in the store's URL: sslrootcert=FILE, or sslrootcert=system",
        )


def _without_ours(url: str) -> tuple[str, bool]:
    """The URL as libpq understands it, and whether it allows working as the owner."""
    before, mark, query = url.partition("://")[2].rpartition("?")
    if not mark:
        return url, False
    parts = query.split("&")
    rest = [part for part in parts if part.partition("=")[0] != ALLOW_OWNER]
    return f"postgresql://{before}" + (f"?{'&'.join(rest)}" if rest else ""), f"{ALLOW_OWNER}=1" in parts


def _is_local(given: dict[str, str]) -> bool:
    """Whether every host is a socket: the folder it is in, or none at all. PGHOST counts, as for libpq."""
    if given.get("hostaddr") or given.get("service") or os.environ.get("PGSERVICE"):
        return False
    named = given.get("host") or os.environ.get("PGHOST", "")
    if os.environ.get("PGHOSTADDR"):
        return False
    return os.name != "nt" and all(host.startswith(("/", "@")) or not host for host in named.split(","))


def _shown(given: dict[str, str]) -> str:
    user, host = given.get("user", ""), given.get("host") or given.get("hostaddr") or ""
    place = f"{host}:{given['port']}" if host and given.get("port") else host
    database = given["dbname"]
    where = f"database {database!r}" + (f" on {place}" if place else "") + (f" (as {user})" if user else "")
    return one_line(where)
