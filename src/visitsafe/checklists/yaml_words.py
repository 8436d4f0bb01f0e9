"""What is wrong with a piece of YAML, in words for somebody who has never read the YAML specification.

Each sentence says what is wrong and what to write instead. Positions are counted from 1. The parser's own
sentences, which differ between its C and its Python form, are never shown.
"""

import re

import yaml

_HIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]")
_LONGEST = 60
MOST_DEPTH = 50
TOO_DEEP = f"lists and mappings are nested more than {MOST_DEPTH} deep: write it flatter"


def short(text: str) -> str:
    """A text from the file, fit for one line of a message."""
    text = "".join(character if character.isprintable() else "?" for character in text)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def quoted(text: str) -> str:
    """The text as it would stand in quotes in the file."""
    return "'" + short(text) + "'" if '"' in text else '"' + short(text) + '"'


def unquoted(text: str, meant: str = "text") -> str:
    """For `yes`, `7.2` or `2026-11-23` where text is meant."""
    if re.fullmatch(r"(?i)yes|no|on|off|true|false", text):
        what = "is read as true or false"
    elif re.fullmatch(r"\d{4}-\d\d?-\d\d?.*", text):
        what = "is read as a date"
    else:
        what = "is read as a number"
    return f"{short(text)} without quotes {what}, and {meant} is meant here: write {quoted(text)}"


def hidden(text: str) -> str:
    """The first control character of a text, or "" if it has none. Line feeds are no such character."""
    found = _HIDDEN.search(text)
    return found.group() if found else ""


def forbidden(character: str) -> str:
    """For a character that has no place in a file that people write and read."""
    if character == "\t":
        return "a tab: write spaces"
    return f"a control or invisible character (U+{ord(character):04X}): leave it out"


def syntax(error: yaml.YAMLError, text: str) -> tuple[tuple[int, int], str]:
    """Where and what a syntax error is.

    Args:
        error: As the parser raised it.
        text: The whole file.

    Returns:
        Line and column, and a sentence.
    """
    mark = error.problem_mark or error.context_mark if isinstance(error, yaml.MarkedYAMLError) else None
    if not isinstance(error, yaml.MarkedYAMLError) or mark is None:
        return (1, 1), "this is not YAML: see visitsafe checklist new"
    problem, context = error.problem or "", error.context or ""
    rest = _from(text, mark.line, mark.column)
    if error.context_mark is not None and (not rest.strip() or "simple key" in context):
        # The parser noticed at the end of the file; a person looks where it began.
        mark = error.context_mark
    return (mark.line + 1, mark.column + 1), _sentence(problem, context, rest)


def _from(text: str, line: int, column: int) -> str:
    lines = re.split("\r\n|\r|\n", text)[line:]
    return "\n".join([lines[0][column:], *lines[1:]]) if lines else ""


def _sentence(problem: str, context: str, rest: str) -> str:
    for words, sentence in _SENTENCES:
        if words in problem or words in context:
            return sentence.format(first=rest[:1] or "this")
    return "this is not YAML here: look at the quotes, colons and spaces in this line and the one before"


_SENTENCES = (
    # From 6.0.4 on, PyYAML's parser in C looks ahead and gives up at a thousand by itself.
    ("nesting depth", TOO_DEEP),
    (
        "end of stream",
        "the quotes that open here are never closed: write a closing quote of the same kind",
    ),
    (
        "unknown escape character",
        "a backslash in double quotes starts a code: write \\\\ for a backslash, or use single quotes",
    ),
    ("unexpected document indicator", "the quotes before this line are never closed: close them"),
    (
        "mapping values are not allowed",
        (
            "a second colon, or a line with the wrong spaces before it: "
            'put a text with ": " in it in quotes, and begin keys that belong together in the same column'
        ),
    ),
    (
        "cannot start any token",
        'a text cannot begin with {first} unless it is in quotes: write "{first}..."',
    ),
    (
        "flow mapping",
        (
            "a comma or }} is missing between {{ and }}: put texts with : , ? [ ] {{ }} in them in quotes, "
            "or write each key on a line of its own"
        ),
    ),
    (
        "flow sequence",
        "a comma or ] is missing between [ and ]: put texts with : , ? [ ] {{ }} in them in quotes",
    ),
    ("could not find expected ':'", "a colon is missing after this: write key: value"),
    (
        "expected key",
        (
            "this does not belong to the key before it: check the quotes "
            "(a quote inside quotes ends the text) and the spaces at the beginning of the line"
        ),
    ),
    (
        "block mapping",
        (
            "this does not belong to the key before it: check the quotes "
            "(a quote inside quotes ends the text) and the spaces at the beginning of the line"
        ),
    ),
    (
        "block collection",
        "this does not line up with the list before it: begin each item with a hyphen in the same column",
    ),
    ("entries are not allowed", "a list cannot begin here: write its first hyphen on a line of its own"),
    ("mapping keys are not allowed", "a text cannot begin with ? and a space unless it is in quotes"),
    ("node content", "{first} has nothing to close here: put the text in quotes, or leave {first} out"),
    ("block scalar", "nothing but a comment may follow | or > in its line: begin the text in the next line"),
    ("tag", "a tag (!...) is not allowed: leave it out, or put the text in quotes"),
    ("anchor", "a text cannot begin with & unless it is in quotes"),
    ("alias", "a text cannot begin with * unless it is in quotes"),
    ("document start", "nothing may follow the end of the document: leave ... and --- out"),
    ("directive", "lines that start with % are not understood here: leave them out"),
    ("YAML", "lines that start with % are not understood here: leave them out"),
)
