"""The flags that every command has which fills in a form (`form_talk`): one spelling and one help text."""

from pathlib import Path
from typing import Annotated

import typer

Answers = Annotated[
    Path | None, typer.Option("--answers", help="An answers file instead of questions; - reads it here.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="With --answers: sign without asking.")]
PrintAnswers = Annotated[bool, typer.Option("--print-answers", help="Print an answers file to fill in.")]
Json = Annotated[bool, typer.Option("--json", help="Print what was recorded as JSON.")]
Plain = Annotated[bool, typer.Option("--plain", help="No colour, no cursor tricks.")]
Told = Annotated[str, typer.Option("--for", help="Whose word it is, if they told you.")]
KnownBy = Annotated[str, typer.Option("--known-by", help="With --for: how you know that it was them.")]
Correct = Annotated[
    bool, typer.Option("--correct", help="Correct or complete the newest one that you recorded.")
]
