"""`visitsafe store`: looking after the store."""

import typer

from visitsafe.cli.opening import desk_of
from visitsafe.cli.output import result, say

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
