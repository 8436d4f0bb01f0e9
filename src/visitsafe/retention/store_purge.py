"""The door for those who remove content by rule: a URL in, a store whose entries can be emptied out."""

from contextlib import contextmanager
from typing import TYPE_CHECKING

from visitsafe.store.open import WAIT, is_postgres, open_unmarked, postgres
from visitsafe.store.sqlite import SqlitePurge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from visitsafe.store.postgres_purge import PostgresPurge

    PurgeableStore = SqlitePurge | PostgresPurge


def open_purge(url: str, wait: float = WAIT) -> "PurgeableStore":
    """Open a store to empty entries in it.

    Args:
        url: As for `open_store`; to PostgreSQL as a member of the retention role.
        wait: Seconds to wait while another program writes.

    Raises:
        StoreError: As for `open_store`, or this user may not do that.
    """
    if is_postgres(url):
        opened: PurgeableStore = postgres().open_purge(url, wait)
        return opened
    return SqlitePurge(open_unmarked(url, wait))


@contextmanager
def purge_of(url: str) -> "Iterator[PurgeableStore]":
    """The same for a while."""
    purge = open_purge(url)
    try:
        yield purge
    finally:
        purge.store.close()
