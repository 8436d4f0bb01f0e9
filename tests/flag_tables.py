"""The commands that there are and the flags that each takes, as the program itself reads them."""

from collections.abc import Sequence
from typing import Any

import typer.main

from visitsafe.cli import doorstep
from visitsafe.cli.app import app
from visitsafe.cli.doorstep import _parser


def flags_of(words: Sequence[str]) -> set[str] | None:
    """The flags of the command that the words begin with, such as `team add`; None if there is none."""
    if words[0] in doorstep.COMMANDS:
        return set(_parser(words[0])._option_string_actions)
    found: Any = typer.main.get_command(app)
    for word in words:
        if not hasattr(found, "commands"):
            break
        found = found.commands.get(word)
    if found is None:
        return None
    return {flag for each in found.params for flag in (*each.opts, *each.secondary_opts)} | {"--help"}
