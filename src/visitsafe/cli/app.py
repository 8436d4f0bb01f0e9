"""Every command of visitsafe, one line each; a command's file is read when it is wanted, and no sooner.

The commands of the doorstep are listed here and read by `doorstep`: they cannot wait for Typer.
"""

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

from visitsafe.cli.doorstep import COMMANDS as AT_THE_DOORSTEP
from visitsafe.cli.doorstep import run as run_at_the_doorstep
from visitsafe.cli.home import waiting
from visitsafe.opening import Invocation

if TYPE_CHECKING:
    from typer import Context
    from typer._click.core import Command
    from typer._click.formatting import HelpFormatter

COMMANDS: Mapping[str, Mapping[str, str]] = {
    "Plan and decide": {
        "plan": "plan:plan",
        "review": "review:review",
        "withdraw": "plan:withdraw",
        "show": "show:show",
        "list": "show:list_",
    },
    "On the way": dict.fromkeys(("depart", "arrive", "ok", "leave", "extend", "back"), "doorstep"),
    "At the desk": {
        "board": "board:board",
        "watch": "watch:watch",
        "acknowledge": "doorstep",
        "stand-down": "doorstep",
        "trace": "details:trace",
    },
    "Afterwards": {
        "incident": "incident:incident",
        "debrief": "debrief:debrief",
        "share": "share:share",
        "marker": "marker:marker",
        "document": "document:app",
        "report": "report:report",
        "export": "export:export",
        "import": "importing:import_",
        "verify": "verify:verify",
    },
    "You, the team and its store": {
        "key": "key:app",
        "details": "details:details",
        "team": "team:app",
        "audit": "audit:audit",
        "checklist": "checklist:app",
        "store": "store:app",
        "doctor": "doctor:doctor",
    },
}
"""The commands as `visitsafe --help` lists them, by what a person is doing: each in FILE:FUNCTION."""
_PLACES = {name: place for commands in COMMANDS.values() for name, place in commands.items()}
_HELP = {"help_option_names": ["-h", "--help"]}
WHOLE = 1000
"""More characters than any first sentence has."""


class Commands(Mapping[str, "Command"]):
    """The commands by name, each from its file."""

    def __iter__(self) -> Iterator[str]:
        return iter(_PLACES)

    def __len__(self) -> int:
        return len(_PLACES)

    def __getitem__(self, name: str) -> "Command":
        if _PLACES[name] == "doorstep":
            return _of_the_doorstep(name)
        file, function = _PLACES[name].split(":")
        found = getattr(import_module(f"visitsafe.cli.{file}"), function)
        if not isinstance(found, typer.Typer):
            return _alone(name, found)
        group = get_group(found)
        group.name = name
        return group


class CommandList(TyperGroup):
    """Lists the commands in groups, no sentence of theirs cut off.

    Typer has groups only in its coloured help, which we do not use.
    """

    def __init__(self, **attrs: Any) -> None:
        super().__init__(**attrs)
        self.commands = cast("Any", Commands())

    def format_commands(self, ctx: "Context", formatter: "HelpFormatter") -> None:  # type: ignore[override]  # noqa: ARG002
        """Write each group under its heading."""
        for title, names in COMMANDS.items():
            with formatter.section(title):
                formatter.write_dl([(one, self.commands[one].get_short_help_str(WHOLE)) for one in names])


def _of_the_doorstep(name: str) -> "Command":
    """A command that is read elsewhere; what follows its name is passed on as it stands."""

    def passed_on(context: typer.Context) -> None:
        raise typer.Exit(run_at_the_doorstep([name, *context.args], context.ensure_object(Invocation)))

    words = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
    return _alone(name, passed_on, words, AT_THE_DOORSTEP[name])


def _alone(
    name: str, function: Callable[..., None], words: Mapping[str, object] = _HELP, about: str | None = None
) -> "Command":
    app = typer.Typer(rich_markup_mode=None, add_completion=False)
    app.command(name, help=about, context_settings=dict(words))(function)
    return get_command(app)


app = typer.Typer(
    name="visitsafe",
    cls=CommandList,
    help="Plan a risky home visit, sign the plan, have it countersigned, and prove it later.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings=_HELP,
)
app.callback(invoke_without_command=True)(waiting)
