"""How visitsafe talks: results on standard output, everything else on standard error.

Nothing that came from a file, an answer or another person's entry reaches a terminal unescaped.
"""

import sys
from typing import Any

from visitsafe.domain.escape import json_text, terminal
from visitsafe.errors import ProblemsError, VisitsafeError


def result(text: str) -> None:
    """Write a result to standard output."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


def result_json(value: Any) -> None:
    """Write a result as JSON, readable by people too."""
    import json

    result(json_text(json.dumps(value, indent=2, ensure_ascii=False)))


def say(text: str) -> None:
    """Talk to the person on standard error."""
    sys.stderr.write(_wrapped(f"visitsafe: {terminal(text)}") + "\n")


def _wrapped(text: str) -> str:
    """Broken between words where a person reads it; one line where a program does."""
    if not sys.stderr.isatty():
        return text
    import shutil
    import textwrap

    columns = max(20, shutil.get_terminal_size().columns)
    return "\n".join(textwrap.fill(line, columns - 1, subsequent_indent="  ") for line in text.split("\n"))


def say_error(error: VisitsafeError) -> None:
    """Say what went wrong, each of its problems, and what to do next."""
    say(error.message)
    if isinstance(error, ProblemsError):
        for problem in error.problems:
            sys.stderr.write(f"  {terminal(problem)}\n")
    if error.hint:
        say(f"hint: {error.hint}")
