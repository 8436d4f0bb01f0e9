"""What the commands of the doorstep and the desk are called with: read by argparse, which is quick to import.

The one definition of each: `visitsafe --help` takes its sentence from `doorstep.COMMANDS`. Mistakes become a
`UsageError`. Times and people are looked up elsewhere.
"""

import re
from argparse import ArgumentParser, ArgumentTypeError, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn

from visitsafe.cli.doorstep import COMMANDS
from visitsafe.errors import UsageError

BECAUSE = ("safe", "false-alarm", "incident", "test")
_TIME = re.compile(r"[0-2]?[0-9][:.][0-5][0-9]\s*(?:[ap]m|h(?:rs?)?)?|[01]?[0-9]\s*[ap]m")
_LENGTH = re.compile(
    r"[0-9]{1,3}\s*(?:m|mins?|minutes?)|[0-9]{1,2}\s*(?:h|hrs?|hours?)(?:\s*[0-9]{1,2}\s*m?)?"
)
FOR = "--for 'Sam Carter' --known-by 'rang back on the work number'"


class Parser(ArgumentParser):
    """A parser whose mistakes are said in our words."""

    def error(self, message: str) -> NoReturn:
        """Turn argparse's message into a sentence and the way to the help."""
        sentence = message.replace("argument ", "", 1).replace(
            "expected one argument", "needs a word behind it"
        )
        raise UsageError(sentence, hint=f"see: {self.prog} --help")


def read(argv: Sequence[str]) -> Namespace:
    """The words of a command, taken apart; `help` holds the help text if it was asked for.

    Raises:
        UsageError: They do not fit together.
    """
    command = argv[0]
    parser = _parser(command)
    words, rest = parser.parse_known_args(argv[1:])
    strange = [word for word in rest if word.startswith("-") and len(word) > 1]
    if strange:
        parser.error(f"visitsafe {command} does not know {strange[0][:40]}")
    for flag, typed in vars(words).items():
        if typed is None:
            setattr(words, flag, "")
        elif isinstance(typed, list) and flag != "ref":  # some versions of argparse take a text of `--` away
            setattr(words, flag, ["--" if one == [] else one for one in typed] or "--")
    words.command = command
    words.help = parser.format_help() if words.help else ""
    parts = [*words.ref, *rest]
    if command == "extend" and not (words.until or words.by):
        words.until, words.by, parts = time_or_length(parts)
    elif "at" in words and not words.at:
        at, length, left = time_or_length(parts)
        words.at, parts = (at, left) if not length else ("", parts)
    words.ref = _reference(parts, parser)
    return words


def time_or_length(parts: Sequence[str]) -> tuple[str, str, list[str]]:
    """Words of which the last may be a time or a length, typed without its flag: `K7Q2-M9 16:00`, `30m`.

    Returns:
        The time and the length, at most one of them, and the words that are left: the reference.
    """
    rest = list(parts)
    last = rest[-1].strip().casefold() if rest else ""
    if _TIME.fullmatch(last):
        return rest.pop(), "", rest
    if _LENGTH.fullmatch(last):
        return "", rest.pop(), rest
    return "", "", rest


def _reference(parts: Sequence[str], parser: Parser) -> str:
    """A reference may be typed with a space in it; more words than that are a text without its quotes."""
    if len(parts) > 3:  # noqa: PLR2004 - K7Q2 M9, or K7Q2 M9 and a stray word
        parser.error("put a text of several words in quotation marks, like --note 'all is well'")
    return " ".join(parts)


def _parser(command: str) -> Parser:
    add, example = _FLAGS[command]
    parser = Parser(
        prog=f"visitsafe {command}",
        usage=f"visitsafe {command} [REF] [flags]",
        description=COMMANDS[command],
        epilog="For example:\n" + "\n".join(f"  visitsafe {line}" for line in example),
        add_help=False,
        allow_abbrev=False,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "ref", nargs="*", metavar="REF", help="the visit, like K7Q2-M9; not needed if only one can be meant"
    )
    add(parser)
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument("-h", "--help", action="store_true", help="print this help")
    return parser


def _some(typed: str) -> str:
    """A person or a time: without a word behind the flag nothing is meant, and nothing is guessed."""
    if not typed.strip():
        raise ArgumentTypeError("needs a word behind it")
    return typed


def _report(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--for", dest="who", type=_some, metavar="PERSON", help="pass on what this person told you"
    )
    parser.add_argument(
        "--known-by", default="", metavar="TEXT", help="with --for: how you know that it was that person"
    )
    parser.add_argument("--note", default="", metavar="TEXT", help="anything to add")
    parser.add_argument(
        "--this-one", action="store_true", help="it is this visit, although its time is far off"
    )


def _happened(parser: ArgumentParser) -> None:
    _report(parser)
    parser.add_argument("--at", type=_some, metavar="HH:MM", help="when it happened, if that is not now")


def _agreed(parser: ArgumentParser) -> None:
    """What was agreed, and is so or is not."""
    _happened(parser)
    for flag, what in (("--met", "is met"), ("--not-met", "is not met")):
        parser.add_argument(
            flag, action="append", type=_some, metavar="N", help=f"this condition {what}: its number, or: all"
        )
    for flag, name, what in (("--with", "coming", "comes"), ("--without", "gone", "does not come")):
        parser.add_argument(
            flag,
            dest=name,
            action="append",
            type=_some,
            metavar="NAME",
            help=f"this person {what} along after all",
        )


def _depart(parser: ArgumentParser) -> None:
    _agreed(parser)
    parser.add_argument("--urgent", action="store_true", help="go without a countersignature; needs --reason")
    parser.add_argument("--reason", default="", metavar="TEXT", help="with --urgent: why it cannot wait")


def _ok(parser: ArgumentParser) -> None:
    _agreed(parser)
    parser.add_argument("--duress", action="store_true", help="with --for: they spoke the team's phrase")


def _leave(parser: ArgumentParser) -> None:
    _happened(parser)
    parser.add_argument("--stopped", action="store_true", help="the visit was broken off, or never began")
    parser.add_argument("--reason", default="", metavar="TEXT", help="why, if you want to say")


def _extend(parser: ArgumentParser) -> None:
    _report(parser)
    parser.add_argument("--until", type=_some, metavar="HH:MM", help="the new time due back")
    parser.add_argument(
        "--by", type=_some, metavar="30m", help="so much later than agreed, or from now if that has passed"
    )


def _acknowledge(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--as-step",
        type=_some,
        metavar="N",
        help="which step of the ladder, like 4; the highest due without it",
    )
    parser.add_argument("--for", dest="who", type=_some, metavar="PERSON", help="somebody else took it on")
    parser.add_argument(
        "--known-by", default="", metavar="TEXT", help="with --for: how you know that it was that person"
    )
    parser.add_argument("--note", default="", metavar="TEXT", help="anything to add")


def _stand_down(parser: ArgumentParser) -> None:
    parser.add_argument("--because", default="", metavar="WHY", help=", ".join(BECAUSE))
    parser.add_argument("--note", default="", metavar="TEXT", help="what you found out, and how")
    parser.add_argument(
        "--until", type=_some, metavar="HH:MM", help="the visit goes on: when they are due back now"
    )


_FLAGS: Mapping[str, tuple[Callable[[ArgumentParser], None], tuple[str, ...]]] = {
    "depart": (
        _depart,
        (
            "depart",
            f"depart K7Q2-M9 {FOR}",
            "depart --urgent --reason 'a baby was not seen'",
            "depart --met 1 --without 'Priya Nair'",
        ),
    ),
    "arrive": (_agreed, ("arrive", "arrive --at 14:05")),
    "ok": (_ok, ("ok", f"ok {FOR}", "ok --without 'Priya Nair' --note 'she is ill'")),
    "leave": (_leave, ("leave", "leave --stopped")),
    "back": (_happened, ("back", "back --at 16:20", f"back K7Q2-M9 {FOR}")),
    "extend": (_extend, ("extend --by 30m", "extend --until 17:15")),
    "acknowledge": (_acknowledge, ("acknowledge K7Q2-M9", "acknowledge K7Q2-M9 --as-step 4")),
    "stand-down": (
        _stand_down,
        (
            "stand-down K7Q2-M9 --because safe --note 'spoke to Sam'",
            "stand-down K7Q2-M9 --because safe --until 17:00",
        ),
    ),
}
