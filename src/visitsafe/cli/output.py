"""How visitsafe talks: results on standard output, everything else on standard error.

Nothing that came from a file, an answer or another person's entry reaches a terminal unescaped. At a terminal
lines are broken between words; elsewhere a line stays one line. A result that cannot be written is an error;
talk that cannot be written is lost, for there is nobody left to tell.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from visitsafe.errors import InterruptedByUserError, ProblemsError, UsageError, VisitsafeError
from visitsafe.text.clean import clean, json_text, terminal

if TYPE_CHECKING:
    from rich.console import Console


LONGEST = 2_000
"""Characters."""


def flag_text(flag: str, typed: str) -> str:
    """A text of several lines, cleaned.

    Args:
        flag: The flag in front of it, like `--note`.
        typed: As it was typed.

    Raises:
        UsageError: It is too long.
    """
    text = clean(typed, lines=True)
    if len(text) > LONGEST:
        raise UsageError(
            f"the text behind {flag} has {len(text):,} characters; at most {LONGEST:,} are kept",
            hint="say it in fewer words; the rest belongs in the case record",
        )
    return text


Part = str | tuple[str, str]
"""Text, or text and a style."""
STRONG = "bold"
STOP = "bold red"
WARN = "bold yellow"
GOOD = "bold green"
QUIET = "dim"
LIST = "- "
_DUMB = frozenset({"dumb", "unknown"})
_NARROWEST = 20


def make_console(
    *, plain: bool, environ: Mapping[str, str], file: IO[str] | None = None, width: int | None = None
) -> "Console":
    """A console that writes to `file`, or to standard output.

    Args:
        plain: Text only, whatever the terminal can do.
        environ: NO_COLOR and TERM are honoured.
        file: Where to write.
        width: Columns, if it shall not be found out.
    """
    import sys

    from rich.console import Console

    file = file or sys.stdout
    plain = plain or bool(environ.get("NO_COLOR")) or environ.get("TERM") in _DUMB or not file.isatty()
    reconfigure = getattr(file, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")
    return Console(
        file=file,
        width=width,
        color_system=None if plain else "auto",
        force_terminal=None,
        no_color=plain,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
    )


def put(console: "Console", *parts: Part, indent: int = 0, mark: str = "") -> None:
    """Write one paragraph, wrapped under its mark; line breaks in it are kept, blank lines are not."""
    from rich.text import Text

    styled = (part if isinstance(part, tuple) else (part, "") for part in parts)
    paragraph = Text.assemble(*((terminal(text), style) for text, style in styled))
    before = " " * indent + mark
    room = max(console.width - len(before), _NARROWEST)
    for line in paragraph.wrap(console, room, overflow="fold"):
        if line.plain.strip():
            line.rstrip()
            console.print(Text(before) + line, soft_wrap=True)
            before = " " * len(before)


def heading(console: "Console", text: str) -> None:
    """A blank line and a heading."""
    console.print()
    put(console, (text, STRONG))


def fact(console: "Console", label: str, *parts: Part, indent: int = 0) -> None:
    """`Label: text`, or nothing if there is no text."""
    if any((part[0] if isinstance(part, tuple) else part).strip() for part in parts):
        put(console, f"{label}: ", *parts, indent=indent)


def item(console: "Console", *parts: Part, indent: int = 0) -> None:
    """One thing of a list."""
    put(console, *parts, indent=indent, mark=LIST)


NARROWEST = 20


class ResultLostError(VisitsafeError):
    """Standard output cannot be written to: the disk is full, or it is closed."""

    def __init__(self, reason: OSError, hint: str | None = None) -> None:
        why = (reason.strerror or "it is closed").lower()
        super().__init__(
            f"the result could not be written: {why}", hint or "see where it goes, and try again"
        )
        self.reason = reason


class ReaderGoneError(Exception):
    """Whoever read our output has had enough; nothing of the record depends on it."""


def result(text: str, *, exact: bool = False) -> None:
    """Write a result to standard output, all of it, now.

    Args:
        text: What to write; a missing line end is added.
        exact: Not even a terminal breaks its lines: it is a file, or to be copied.

    Raises:
        ResultLostError: It cannot be written.
        ReaderGoneError: Nobody reads it any more.
    """
    text = text if exact else _wrapped(text, sys.stdout)
    write_out(text if text.endswith("\n") else text + "\n")


def result_json(value: Any) -> None:
    """Write a result as JSON, readable by people too."""
    import json

    result(json_text(json.dumps(value, indent=2, ensure_ascii=False)), exact=True)


def deliver(out: Path | None, content: str | bytes, then: str = "") -> None:
    """Write a result to the new file that was named; without one, and for `-`, to standard output.

    Args:
        out: The file.
        content: What to write, exactly: a text, or what only a program can read.
        then: What is said after the name of the file.

    Raises:
        SettingsError: The file is there already, or cannot be written.
        UsageError: Its name begins with a hyphen; or it is no text, and a person would read it at a terminal.
        ResultLostError: Standard output cannot be written to.
        ReaderGoneError: Nobody reads it any more.
    """
    from visitsafe.text.files import write_new

    if out is not None and not to_stdout(out):
        write_new(out, content.encode() if isinstance(content, str) else content)
        say(f"wrote {out}{then}")
    elif isinstance(content, str):
        result(content, exact=True)
    else:
        _deliver_bytes(content)


def to_stdout(out: Path | None) -> bool:
    """Whether a result goes to standard output: no file was named, or `-`."""
    return out is None or str(out) == "-"


def _deliver_bytes(content: bytes) -> None:
    if sys.stdout.isatty():
        raise UsageError(
            "this is a zip file, which a terminal cannot show", hint="name a file: --out FILE.zip"
        )
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    except BrokenPipeError as error:
        raise ReaderGoneError from error
    except OSError as error:
        raise ResultLostError(error) from error


@contextmanager
def stands(what: str) -> Iterator[None]:
    """Write the result of something that is signed: if that fails, say that it is signed all the same."""
    try:
        yield
    except ResultLostError as error:
        raise ResultLostError(error.reason, hint=f"do not repeat it: {what}") from error


def say(text: str) -> None:
    """Talk to the person on standard error."""
    _to_stderr(_wrapped(f"visitsafe: {terminal(text)}", sys.stderr))


def has_terminal() -> bool:
    """Whether there is somebody to ask."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def ask(what: str, *, needed: bool = True, nothing: str = "changed") -> str:
    """One line of text from the terminal, without anything that cannot be seen.

    Args:
        what: What is asked, without a colon at its end.
        needed: Ask again if the line is empty.
        nothing: What has not been done if the person stops.

    Raises:
        InterruptedByUserError: The person stopped.
    """
    from visitsafe.text.clean import clean

    while True:
        text = clean(_typed(what if what.endswith("?") else f"{what}:", nothing))
        if text or not needed:
            return text


def agreed(question: str, *, nothing: str = "changed") -> bool:
    """Whether a person says yes; asked until it is a yes or a no.

    Raises:
        InterruptedByUserError: The person stopped.
    """
    return yes_or_no(question, nothing=nothing) == "yes"


def yes_or_no(question: str, enter: str = "", *, nothing: str = "changed") -> str:
    """The answer to a question: `yes` or `no`; empty for Enter, where `enter` says what that does.

    Raises:
        InterruptedByUserError: The person stopped.
    """
    answers = {"y": "yes", "yes": "yes", "n": "no", "no": "no", **({"": ""} if enter else {})}
    while True:
        how = f"y/n, Enter {enter}" if enter else "y/n"
        typed = ask(f"{question} ({how})", needed=not enter, nothing=nothing).casefold()
        if typed in answers:
            return answers[typed]


def _typed(prompt: str, nothing: str) -> str:
    try:
        sys.stderr.write(f"{_wrapped(terminal(prompt), sys.stderr)} ")
        sys.stderr.flush()
        line = sys.stdin.readline()
        if not line:
            raise EOFError
    except (KeyboardInterrupt, EOFError):
        sys.stderr.write("\n")
        raise InterruptedByUserError(
            f"stopped; nothing was {nothing}", hint="to begin again, run the command again"
        ) from None
    return line


def say_error(error: VisitsafeError) -> None:
    """Say what went wrong, each of its problems, and what to do next."""
    say(error.message)
    if isinstance(error, ProblemsError):
        for problem in error.problems:
            _to_stderr(f"  {terminal(problem)}")
    if error.hint:
        say(f"hint: {error.hint}")


def open_streams() -> None:
    """Make streams that the caller closed harmless, so that no file of ours is taken for one of them.

    Standard output then refuses every write, and standard error swallows it.
    """
    if sys.stdin is None:
        os.open(os.devnull, os.O_RDONLY)
    if sys.stdout is None:
        sys.stdout = open(os.open(os.devnull, os.O_RDONLY), "w", encoding="utf-8")  # noqa: PTH123, SIM115 - it stays open
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - it stays open
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def write_out(text: str = "") -> None:
    """Write a text, and what others (help, coloured pages) have left in standard output.

    Raises:
        ResultLostError: It cannot be written.
        ReaderGoneError: Nobody reads it any more.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError as error:
        raise ReaderGoneError from error
    except OSError as error:
        raise ResultLostError(error) from error


def give_up() -> None:
    """Drop what could not be written, so that Python does not try once more when it ends."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            with suppress(OSError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _to_stderr(line: str) -> None:
    with suppress(OSError):
        sys.stderr.write(line + "\n")
        sys.stderr.flush()


def _wrapped(text: str, stream: IO[str]) -> str:
    """Broken between words where a person reads it; as it is where a program does."""
    if not stream.isatty():
        return text
    import shutil

    columns = max(NARROWEST, shutil.get_terminal_size().columns)
    return "\n".join(_broken(line, columns - 1) for line in text.split("\n"))


def _broken(line: str, width: int) -> str:
    """One line as several; what follows stands further in, and no word is ever split."""
    import textwrap

    indent = " " * (len(line) - len(line.lstrip()) + 2)
    return textwrap.fill(
        line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
