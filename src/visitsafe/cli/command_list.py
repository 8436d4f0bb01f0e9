"""The list of commands in `visitsafe --help`: by what a person is doing, and no sentence cut off.

Typer has groups only in its coloured help, which we do not use. A command that is in no group here is listed
at the end, so that none can be forgotten.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from typer.core import TyperGroup

if TYPE_CHECKING:
    from typer import Context
    from typer._click.formatting import HelpFormatter

GROUPS: Mapping[str, Sequence[str]] = {
    "Plan and decide": ("plan", "review", "withdraw", "show", "list"),
    "On the way": ("depart", "arrive", "ok", "leave", "extend", "back"),
    "At the desk": ("board", "watch", "acknowledge", "stand-down", "trace"),
    "Afterwards": (
        "incident",
        "debrief",
        "share",
        "marker",
        "document",
        "report",
        "export",
        "import",
        "verify",
    ),
    "You, the team and its store": ("key", "details", "team", "audit", "checklist", "store", "doctor"),
}
REST = "More"
WHOLE = 1000
"""More characters than any first sentence has."""


class CommandList(TyperGroup):
    """Lists the commands in groups."""

    def format_commands(self, ctx: "Context", formatter: "HelpFormatter") -> None:  # type: ignore[override]
        """Write each group under its heading."""
        known = {name for names in GROUPS.values() for name in names}
        rest = [name for name in self.list_commands(ctx) if name not in known]
        for title, names in {**GROUPS, REST: rest}.items():
            rows = list(self._rows(ctx, names))
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)

    def _rows(self, ctx: "Context", names: Sequence[str]) -> Iterator[tuple[str, str]]:
        for name in names:
            command = self.get_command(ctx, name)
            if command is not None and not command.hidden:
                yield name, command.get_short_help_str(WHOLE)
