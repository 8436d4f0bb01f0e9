"""Every command of visitsafe that Typer reads: a file per group of commands, put together here.

The commands of the doorstep (`doorstep`) are listed here and read elsewhere: they cannot wait for Typer.
"""

import typer

from visitsafe.cli import (
    audit,
    board,
    checklist,
    debrief,
    deciding,
    details,
    doctor,
    documents,
    doorstep,
    duress,
    importing,
    incident,
    key,
    marker,
    reading,
    report,
    store,
    team,
    watch,
)
from visitsafe.cli import export as exporting
from visitsafe.cli import home as waiting
from visitsafe.cli import plan as planning
from visitsafe.cli import share as sharing
from visitsafe.cli import verify as verifying
from visitsafe.cli.command_list import CommandList
from visitsafe.opening import Invocation

app = typer.Typer(
    name="visitsafe",
    cls=CommandList,
    help="Plan a risky home visit, sign the plan, have it countersigned, and prove it later.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _listed(name: str, about: str) -> None:
    """List a command that is read elsewhere; what follows its name is passed on as it stands."""

    def passed_on(context: typer.Context) -> None:
        raise typer.Exit(doorstep.run([name, *context.args], context.ensure_object(Invocation)))

    words = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
    app.command(name, help=about, context_settings=words)(passed_on)


waiting.register(app)
planning.register(app)
deciding.register(app)
reading.register(app)
board.register(app)
watch.register(app)
for command, sentence in doorstep.COMMANDS.items():
    _listed(command, sentence)
details.register(app)
incident.register(app)
debrief.register(app)
sharing.register(app)
marker.register(app)
report.register(app)
audit.register(app)
verifying.register(app)
doctor.register(app)
exporting.register(app)
importing.register(app)
duress.register(team.app)
app.add_typer(documents.app, name="document")
app.add_typer(team.app, name="team")
app.add_typer(key.app, name="key")
app.add_typer(store.app, name="store")
app.add_typer(checklist.app, name="checklist")
