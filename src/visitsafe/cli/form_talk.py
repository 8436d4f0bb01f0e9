"""Filling in a form: at a terminal with a draft that is never lost, or from an answers file."""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from visitsafe.domain.assessment import Value
    from visitsafe.domain.form_flow import Answered
    from visitsafe.usecases.desk import Desk


class How(NamedTuple):
    """How a form is to be filled in.

    Attributes:
        answers: An answers file; None at a terminal.
        yes: Sign without asking; only with an answers file.
        plain: Plain lines.
        print_answers: Print an answers file to fill in, and stop (`typer.Exit(0)`).
    """

    answers: Path | None = None
    yes: bool = False
    plain: bool = False
    print_answers: bool = False


def fill_in(
    context: typer.Context,
    desk: "Desk",
    form: str,
    about: str,
    command: str,
    how: How,
    known: "Mapping[str, Value] | None" = None,
) -> "Answered":
    """Ask what a form asks, until the person says yes to signing it.

    Args:
        context: The command.
        desk: Who fills it in.
        form: The id of the form.
        about: What it is about, for the screen and to find its draft again: `K7Q2-M9`, or a case.
        command: The command that goes on with a draft, such as `visitsafe incident K7Q2-M9`.
        how: By which way.
        known: Answers that are known already; they can be changed.

    Raises:
        InterruptedByUserError: The person stopped; the draft is kept.
        UsageError: There is no terminal and no file, or the file says too little.
    """
    raise NotImplementedError


def signed(context: typer.Context, form: str, about: str) -> None:
    """Delete the draft: its entry is on the disk."""
    raise NotImplementedError
