"""The connection to a PostgreSQL server: opening it, transactions, and what happens when it is cut.

Nobody waits for ever: for a connection, a lock, a statement, or a transaction that somebody left open. A
writing transaction holds an advisory lock from its first statement to its end. So whoever comes back after
a cut and has that lock knows that the transaction before it is over, and can ask what became of it: nothing
is taken for lost while the server may still be committing it, and nothing is written twice. Reading takes
no lock and one message each way. All settings hold for one transaction, so that PgBouncer may sit between.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import psycopg
from psycopg.conninfo import make_conninfo

from visitsafe.errors import StoreError
from visitsafe.store.postgres_patience import Patient
from visitsafe.store.postgres_url import Address
from visitsafe.store.postgres_words import (
    NOTHING,
    NotYetError,
    PassingError,
    in_words,
    is_cut,
    not_connected,
    not_settled,
)

APPENDING, WATCHING = 1, 2
"""What a lock is for: entries and the rows that follow from them; heartbeats and claims."""
_LOCKS = 0x56534146  # `VSAF`: apart from the advisory locks of other programs in the database
_LONGEST_STATEMENT = 60.0
_LONGEST_PAUSE = 60.0
_FIRST_PAUSE = 0.02
_OLDEST_SERVER = 130000
Row = tuple[Any, ...]
T = TypeVar("T")


class Link:
    """A connection that comes back when it was cut, to the same store or not at all.

    Attributes:
        database: The connection; another one after a cut.
        shown: The store for people, without a password.
        store_id: Once it is known: what must answer after a cut too.
        in_doubt: Whether a cut came while committing, and nobody could ask yet what became of that.
    """

    def __init__(self, address: Address, wait: float) -> None:
        """Connect; `wait` is the seconds to wait for others."""
        self.shown = address.shown
        self.store_id = ""
        self.in_doubt = False
        self._address = address
        self._wait = wait
        self._within = False
        self.database = self._again(self._connect, NotYetError)

    def rows(self, statement: bytes, *values: object) -> list[Row]:
        """What a statement finds, within the transaction if there is one.

        Raises:
            StoreError: In words.
        """
        if self._within:
            return self.database.execute(statement, values).fetchall()
        return self.patiently(lambda: self._read(statement, values))

    def run(self, statement: bytes, *values: object) -> int:
        """How many rows a statement changed, within a transaction."""
        return self.database.execute(statement, values or None).rowcount

    @contextmanager
    def transaction(self, lock: int) -> Iterator[None]:
        """Write everything in here or nothing, alone with a lock. Inside another transaction it joins that.

        Raises:
            StoreError: In words; nothing was written, unless it was cut while committing.
            PassingError: The same, and it may succeed if it is tried again.
        """
        if self._within:
            yield
            return
        committing = False
        try:
            self._begin(lock)
            self._within = True
            yield
            committing = True
            self._commit()
        except BaseException as error:
            self._roll_back()
            if not isinstance(error, psycopg.Error):
                raise
            self.in_doubt = self.in_doubt or (committing and is_cut(error))
            raise in_words(error, self.shown, writing=not self.in_doubt) from error
        finally:
            self._within = False

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Read the database as it is at this moment, for as long as this lasts. Nobody waits for it.

        Raises:
            StoreError: In words.
        """
        try:
            self.database.execute(b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            self._within = True
            yield
        except psycopg.Error as error:
            raise in_words(error, self.shown) from error
        finally:
            self._within = False
            self._roll_back()

    def patiently(self, action: Callable[[], T]) -> T:
        """Do something, and do it again while what is in the way passes. It must be safe to do twice."""
        if not self._within:
            self.in_doubt = False

        def once_more() -> T:
            self._come_back()
            return action()

        return self._again(once_more, PassingError)

    def close(self) -> None:
        """Let go of the server."""
        self.database.close()

    def _again(self, action: Callable[[], T], while_: type[PassingError]) -> T:
        """Do something, and do it again for as long as we wait, while it fails in this way."""
        end, pause = time.monotonic() + self._wait, _FIRST_PAUSE
        while True:
            try:
                return action()
            except while_:
                if self._within or time.monotonic() > end:
                    raise
            time.sleep(pause)
            pause = min(2 * pause, 1.0)

    def _connect(self) -> psycopg.Connection[Row]:
        conninfo = make_conninfo("", **self._address.parameters)
        try:
            database = Patient.connect(conninfo, autocommit=True, prepare_threshold=None)
        except psycopg.Error as error:
            raise not_connected(error, self.shown) from error
        try:
            _look_at_server(database, self.shown)
            database.execute(_settings(self._wait).encode())
        except psycopg.Error as error:
            database.close()
            raise not_settled(error, self.shown) from error
        except BaseException:
            database.close()
            raise
        return database

    def _come_back(self) -> None:
        """Connect anew if the connection is known to be gone; only the same store will do."""
        if not self.database.closed or self._within:
            return
        self.database = self._connect()
        if self.store_id and self._read(_STORE_ID, ()) != [(self.store_id,)]:
            self.database.close()
            raise StoreError(
                f"another store than before answers in {self.shown}; nothing was written",
                hint="ask whoever looks after the database, then begin again",
            )

    def _read(self, statement: bytes, values: tuple[object, ...]) -> list[Row]:
        try:
            return self.database.execute(statement, values).fetchall()
        except psycopg.Error as error:
            if is_cut(error):
                self.database.close()
            raise in_words(error, self.shown) from error

    def _begin(self, lock: int) -> None:
        """One message to the server; then the lock is ours.

        READ COMMITTED whatever the server's habit: what is read is what the last holder of the lock left.
        """
        script = f"BEGIN ISOLATION LEVEL READ COMMITTED; {_settings(self._wait, local=True)}"
        self.database.execute(f"{script}; SELECT pg_advisory_xact_lock({_LOCKS}, {lock})".encode())

    def _commit(self) -> None:
        done = self.database.execute(b"COMMIT").statusmessage
        if done != "COMMIT":  # a statement had failed and somebody went on: the server has rolled it back
            raise StoreError(
                f"the store in {self.shown} did not take what was written{NOTHING}", hint="try again"
            )

    def _roll_back(self) -> None:
        """Back to where it was; a connection that is cut, or busy with what was interrupted, is let go."""
        status = self.database.info.transaction_status
        if status == psycopg.pq.TransactionStatus.IDLE:
            return
        if status in {psycopg.pq.TransactionStatus.INTRANS, psycopg.pq.TransactionStatus.INERROR}:
            with suppress(psycopg.Error):
                self.database.execute(b"ROLLBACK")
                return
        self.database.close()


_STORE_ID = b"SELECT value FROM visitsafe.meta WHERE key = 'store_id'"


def _settings(wait: float, *, local: bool = False) -> str:
    """What holds for a session, or again for a transaction: with PgBouncer a session is somebody else's."""
    lock = max(1, round(wait * 1000))  # 0 would be for ever
    values = {
        "search_path": "pg_catalog",
        "lock_timeout": str(lock),
        "statement_timeout": str(lock + round(_LONGEST_STATEMENT * 1000)),
    }
    if local:
        values["idle_in_transaction_session_timeout"] = str(round(_LONGEST_PAUSE * 1000))
    word = "SET LOCAL" if local else "SET"
    script = "; ".join(f"{word} {name} = {value}" for name, value in values.items())
    return f"{script}; {_DURABLY}" if local else script


# `off` acknowledges what a crash can lose. Every other setting is the administrator's choice of copies.
_DURABLY = (
    "SELECT set_config('synchronous_commit', CASE current_setting('synchronous_commit')"
    " WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, true)"
)


def _look_at_server(database: psycopg.Connection[Row], shown: str) -> None:
    if database.info.server_version < _OLDEST_SERVER:
        raise StoreError(
            f"the server of the store in {shown} is too old: visitsafe needs PostgreSQL 13 or newer",
            hint="ask whoever looks after the database",
        )
    if database.info.parameter_status("server_encoding") != "UTF8":
        raise StoreError(
            f"the store in {shown} cannot keep every character", hint="make a database with ENCODING 'UTF8'"
        )
