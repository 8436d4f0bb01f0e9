"""`visitsafe store`: looking after the store."""

from typing import TYPE_CHECKING

import typer

from visitsafe.cli.opening import desk_of, roster_of, settings_of
from visitsafe.cli.output import result, say

if TYPE_CHECKING:
    from visitsafe.adapters.settings import Settings
    from visitsafe.domain.stored import Store, Summarise

app = typer.Typer(help="Look after the store.", rich_markup_mode=None, no_args_is_help=True)


@app.callback()
def callback() -> None:
    """Look after the store."""


@app.command()
def checkpoint(context: typer.Context) -> None:
    """Print a short signed text that later proves that nothing was taken out of the store."""
    from visitsafe.usecases.checkpoint import make_checkpoint

    with desk_of(context) as desk:
        made = make_checkpoint(desk)
    say("paste all of this into an e-mail to somebody else, or into the supervision notes;")
    say("later, save that text and run: visitsafe verify --against FILE")
    result(made.text, exact=True)


@app.command()
def migrate(context: typer.Context) -> None:
    """Bring a store that an older visitsafe made up to date. Nothing that was signed is changed."""
    from visitsafe.adapters.store import migrate_store

    settings = settings_of(context)
    done = migrate_store(settings.store, lambda store: _rows_of(settings, store))
    if done.before == done.after:
        result(f"The store is up to date (version {done.after}): there was nothing to do.")
        return
    plans = "1 plan was" if done.plans == 1 else f"{done.plans} plans were"
    result(
        f"The store was brought from version {done.before} to version {done.after}: {plans} listed anew from"
        " the signed entries, and no entry was touched."
    )
    say("everybody who uses this store needs this visitsafe, or a newer one, from now on")


def _rows_of(settings: "Settings", store: "Store") -> "Summarise":
    """What makes the plans' rows, by the pinned team or the only one; without a team no plan holds."""
    from visitsafe.usecases.desk import founding_entry, summariser_at

    there_is_one = settings.team or founding_entry(store)
    return summariser_at(store, roster_of(settings, store).team_id if there_is_one else "")
