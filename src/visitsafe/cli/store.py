"""`visitsafe store`: looking after the store."""

from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from visitsafe.cli import store_copies, store_info, store_moving, store_purge
from visitsafe.cli.output import result, say, stands
from visitsafe.cli.store_copies import rows_of
from visitsafe.errors import StoreError, UsageError
from visitsafe.opening import desk_of, invocation, settings_of

if TYPE_CHECKING:
    from datetime import datetime

app = typer.Typer(help="Look after the store.", rich_markup_mode=None, no_args_is_help=True)
store_info.register(app)
store_copies.register(app)
store_moving.register(app)
store_purge.register(app)


@app.callback()
def callback() -> None:
    """Look after the store."""


OWNER, APP, RETENTION = "visitsafe_owner", "visitsafe_app", "visitsafe_retention"


@app.command()
def init(
    context: typer.Context,
    print_sql: Annotated[
        bool, typer.Option("--print-sql", help="Only print what the database's administrator would run.")
    ] = False,
    owner: Annotated[str, typer.Option(help="PostgreSQL: the role that owns the tables.")] = OWNER,
    app: Annotated[str, typer.Option(help="PostgreSQL: the role that adds entries.")] = APP,
    retention: Annotated[str, typer.Option(help="PostgreSQL: the role for retention.")] = RETENTION,
) -> None:
    """Make an empty store where VISITSAFE_STORE says: a file, or the tables in a PostgreSQL database."""
    from visitsafe.store.open import create_store, is_postgres, place

    url, now = settings_of(context).store, invocation(context).now
    names = (owner, app, retention)
    if not all(names) or len(set(names)) != len(names):
        raise UsageError(
            "the three roles need three names", hint="leave the options out to take the usual ones"
        )
    if print_sql:
        result(_sql(now, names), exact=True)
        return
    _refuse_marked(url)
    if is_postgres(url):
        _in_postgres(url, now, names)
    elif names != (OWNER, APP, RETENTION):
        raise UsageError("roles are for PostgreSQL", hint="name a database: VISITSAFE_STORE=postgresql://...")
    else:
        create_store(url, now).close()
    with stands("the store is made"):
        result(f"made an empty store: {place(url)}")
    if is_postgres(url):
        say(f"give each person or desk a login: CREATE ROLE desk LOGIN PASSWORD '...' IN ROLE {app}")
        say("then, with such a login in VISITSAFE_STORE: visitsafe team found --role manager")
    else:
        say("next: visitsafe team found --role manager; or, from a backup: visitsafe store restore FILE")


def _refuse_marked(url: str) -> None:
    """Say of a store that is there if it is only part of a copy, or was moved; it is not to be used."""
    from visitsafe.store.open import care_of, store_exists
    from visitsafe.store.store_marks import refuse_marked

    with ExitStack() as stack:
        try:
            care = stack.enter_context(care_of(url)) if store_exists(url) else None
        except StoreError:  # making one says what is there
            return
        if care is not None:
            refuse_marked(care.store.meta(), care.shown)


def _in_postgres(url: str, now: "datetime", names: tuple[str, str, str]) -> None:
    from visitsafe.store.open import postgres

    postgres()
    from visitsafe.store.postgres_door import create_postgres
    from visitsafe.store.postgres_schema import Roles

    create_postgres(url, now, Roles(*names))


def _sql(now: "datetime", names: tuple[str, str, str]) -> str:
    from visitsafe.store.open import postgres

    postgres()
    from visitsafe.store.postgres_schema import Roles
    from visitsafe.store.postgres_script import script

    return script(now, Roles(*names))


@app.command()
def checkpoint(context: typer.Context) -> None:
    """Print a short signed text that later proves that nothing was taken out of the store."""
    from visitsafe.exchange.checkpoint import make_checkpoint

    with desk_of(context, owner=True) as desk:
        made = make_checkpoint(desk)
    say("paste all of this into an e-mail to somebody else, or into the supervision notes;")
    say("later, save that text and run: visitsafe verify --against FILE")
    result(made.text, exact=True)


@app.command()
def migrate(context: typer.Context) -> None:
    """Bring a store that an older visitsafe made up to date. Nothing that was signed is changed."""
    from visitsafe.store.open import migrate_store

    settings = settings_of(context)
    done = migrate_store(settings.store, lambda store: rows_of(settings, store)(store))
    if done.before == done.after:
        result(f"The store is up to date (version {done.after}): there was nothing to do.")
        return
    plans = "1 plan was" if done.plans == 1 else f"{done.plans} plans were"
    result(
        f"The store was brought from version {done.before} to version {done.after}: {plans} listed anew from"
        " the signed entries, and no entry was touched."
    )
    say("everybody who uses this store needs this visitsafe, or a newer one, from now on")
