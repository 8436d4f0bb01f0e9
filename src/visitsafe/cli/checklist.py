"""`visitsafe checklist`: which checklists there are, what they say, whether they hold, a new one."""

import os
import re
import shutil
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from visitsafe.checklists.check import past_review
from visitsafe.checklists.facts import ALWAYS
from visitsafe.checklists.model import (
    DUE_BACK,
    Checklist,
    Choice,
    CitedDocument,
    Condition,
    EscalationChecklist,
    FormChecklist,
    Item,
    Question,
    SharingChecklist,
    SharingRule,
    ShouldNotChecklist,
    Source,
    SupervisionPrompt,
    VisitChecklist,
)
from visitsafe.cli.output import result, result_json, say, to_stdout
from visitsafe.errors import NotFoundError, ProblemsError, UsageError
from visitsafe.opening import invocation, library_of, settings_of
from visitsafe.text.clean import terminal, things

if TYPE_CHECKING:
    from visitsafe.checklists.files import FolderFile
    from visitsafe.checklists.library import Library, Loaded


app = typer.Typer(
    help="The checklists that visits are planned with, and the forms for afterwards.",
    rich_markup_mode=None,
    no_args_is_help=True,
)

KINDS = "visit, should-not, information-sharing, review, escalation, form, supervision or sources"
SOURCES = "sources"
Named = Annotated[
    Path | None, typer.Option("--checklist", help="A file or folder of checklists besides those there are.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
def list_(context: typer.Context, checklist: Named = None, as_json: Json = False) -> None:
    """List the checklists: id, version, kind, title and where each comes from."""
    library = library_of(context, checklist)
    loaded, broken = _load_each(library)
    if as_json:
        result_json([_summary(one) for one in loaded])
    else:
        rows = [_row(_summary(one)) for one in loaded]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            result(terminal(line.rstrip()), exact=True)
    if broken:
        raise ProblemsError("some checklists cannot be used", broken, hint="run: visitsafe checklist check")


@app.command()
def show(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="ID", help="The checklist's id, or sources.")],
    checklist: Named = None,
    as_json: Json = False,
) -> None:
    """Show what a checklist asks, why, what it means and where that comes from."""
    library = library_of(context, checklist)
    documents = library.documents()
    today = invocation(context).now.date()
    loaded = None if name == SOURCES else library.load(name)
    if as_json:
        described = [_document(document, today) for document in documents.values()]
        result_json({**({} if loaded is None else _whole(loaded)), "documents": described})
        return
    page = ChecklistPage(documents, today, min(shutil.get_terminal_size().columns, 100))
    if loaded is None:
        lines = list(page.sources(list(documents.values())))
    else:
        files = ", ".join(found.name for found in reversed(loaded.files))
        lines = [*page.write(loaded.checklist), "", f"From {files}", f"Digest {loaded.digest}"]
    result(terminal("\n".join(lines)), exact=True)


@app.command()
def check(
    context: typer.Context,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PATH]...", help="Files or folders; all there are if not given."),
    ] = None,
) -> None:
    """Prove that checklists hold: references, choices, reachability, sources and unique ids."""
    from visitsafe.checklists.library import check_library

    library, only = _library_to_check(context, paths or [])
    report = check_library(library, invocation(context).now.date(), only, _opened())
    for warning in report.warnings:
        say(f"warning: {warning}")
    for line in report.advice:
        say(f"advice: {line}")
    if report.problems:
        count = things(len(report.problems), "problem")
        raise ProblemsError(
            f"{count} in {things(len(report.files), 'file')}",
            report.problems,
            hint="visitsafe checklist schema lists each key; visitsafe checklist new writes one that holds",
        )
    result(f"{things(len(report.files), 'file')} checked, nothing wrong")


def _opened() -> set[str]:
    """The ids of the forms and prompts that commands ask for."""
    from visitsafe.cli.export import SUPERVISION
    from visitsafe.record.meanings import FORMS

    return {SUPERVISION, *FORMS}


@app.command()
def schema(
    kind: Annotated[str | None, typer.Argument(metavar="[KIND]", help=f"{KINDS}; all if not given.")] = None,
) -> None:
    """Print a JSON Schema (draft 2020-12) with which editors help to write checklists."""
    from visitsafe.checklists.files import schema as make_schema

    result_json(make_schema(_kind(kind) if kind else None))


@app.command()
def new(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="ID", help="The new checklist's id, for example night-visits.")
    ],
    kind: Annotated[str, typer.Option(help=f"{KINDS}.")] = "visit",
    extends: Annotated[
        str | None, typer.Option(metavar="ID", help="Begin one that changes this visit checklist.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write it here; never over a file.")
    ] = None,
) -> None:
    """Begin a checklist: a commented file that passes `check` as it is."""
    from visitsafe.checklists.files import starting_file, write_new

    if extends and kind != "visit":
        raise UsageError("only a visit checklist can extend another", hint="leave --kind out")
    if extends and extends not in library_of(context).ids("visit"):
        raise NotFoundError(f"there is no visit checklist {extends}", hint="see: visitsafe checklist list")
    text = starting_file(_kind(kind), _id(name), extends)
    if out is None or to_stdout(out):
        result(text, exact=True)
        return
    write_new(out, text)
    say(f"wrote {out}; when you have changed it, run: visitsafe checklist check {out}")


def _kind(kind: str) -> str:
    from visitsafe.checklists.files import MODELS

    if kind not in MODELS:
        raise UsageError(f"there is no kind of checklist {kind!r}", hint=f"the kinds are {KINDS}")
    return kind


def _id(name: str) -> str:
    if not re.fullmatch("[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        raise UsageError(
            f"{name!r} is not an id", hint="write small letters, digits and hyphens, such as night-visits"
        )
    return name


def _load_each(library: "Library") -> tuple[list["Loaded"], list[str]]:
    """Every checklist that can be used, and what is wrong with the others."""
    loaded, broken = [], []
    for name in library.ids():
        try:
            loaded.append(library.load(name))
        except ProblemsError as error:
            broken += [line for line in error.problems if line not in broken]
    return loaded, broken


def _library_to_check(
    context: typer.Context, paths: list[Path]
) -> tuple["Library", "Sequence[FolderFile] | None"]:
    """The library with all paths in it, and the files that stand at the paths; None for all."""
    from visitsafe.checklists.library import load_all, shipped_folder

    before = [shipped_folder(), *settings_of(context).checklists]
    library = load_all([*before, *paths])
    return library, [found for found in library.files if found.layer >= len(before)] if paths else None


def _summary(loaded: "Loaded") -> dict[str, Any]:
    from visitsafe.checklists.library import shipped_folder

    checklist = loaded.checklist
    return {
        "id": checklist.id,
        "version": checklist.version,
        "kind": checklist.kind,
        "title": checklist.title,
        "shipped": loaded.path.parent == shipped_folder(),
        "file": os.fspath(loaded.path),
        "extends": getattr(checklist, "extends", None),
        "digest": loaded.digest,
    }


def _row(summary: dict[str, Any]) -> list[str]:
    origin = "shipped" if summary["shipped"] else summary["file"]
    if summary["extends"]:
        origin += f" (extends {summary['extends']})"
    return [summary["id"], summary["version"], summary["kind"], summary["title"], origin]


def _whole(loaded: "Loaded") -> dict[str, Any]:
    return {**_summary(loaded), "checklist": loaded.checklist.model_dump(mode="json")}


def _document(document: "CitedDocument", today: "date") -> dict[str, Any]:
    from visitsafe.checklists.check import past_review

    return {**document.model_dump(mode="json"), "past_review": past_review(document, today)}


FIRST = "Shown before anything is asked"
LISTS = {
    "should_not": "What not to do",
    "should": "What to do",
    "if_it_happens": "If something happens",
    "triggers": "Questions that make sharing a duty",
    "attest": "What a manager confirms by countersigning",
    "conditions": "When the decision needs conditions",
    "prompts": "For staff supervision",
    "steps": "Steps",
    "rules": "Rules",
    "last": "Shown when it is signed",
}
"""The lists of items that the kinds of checklists have, in the order shown."""
SENTENCES = {
    "ask": "",
    "rule": "",
    "do": "",
    "text": "",
    "more": "",
    "why": "Why: ",
    "ground": "Ground: ",
}
"""The sentences of an item, and what stands before each."""


class ChecklistPage:
    """Writes the lines of one checklist, wrapped to a width."""

    def __init__(self, documents: Mapping[str, CitedDocument], today: date, width: int) -> None:
        self._documents = documents
        self._today = today
        self._width = max(width, 40)

    def write(self, checklist: Checklist) -> Iterator[str]:
        """The whole page."""
        yield f"{checklist.title} ({checklist.id} {checklist.version}, {checklist.kind})"
        yield from self._wrap(checklist.about, 0)
        for line in _head(checklist):
            yield from self._wrap(line, 0)
        if isinstance(checklist, FormChecklist):
            yield from self._list(FIRST, checklist.first, None)
        if isinstance(checklist, VisitChecklist | FormChecklist):
            for section in checklist.sections:
                yield from self._list(f"{section.title} ({section.id})", section.questions, section.about)
        for name, heading in LISTS.items():
            yield from self._list(heading, getattr(checklist, name, ()), None)
        if isinstance(checklist, SharingChecklist):
            yield from self._duty(checklist.duty)

    def sources(self, documents: Sequence[CitedDocument]) -> Iterator[str]:
        """What is known about documents."""
        for document in documents:
            yield document.id
            facts = [document.issuer, document.identifier, f"issued {document.issued}", document.note]
            yield from self._wrap(f"{document.title}{self._age(document.id)}", 2)
            yield from self._wrap(". ".join(fact.rstrip(".") for fact in facts if fact) + ".", 2)

    def _list(self, heading: str, items: Sequence[Item], about: str | None) -> Iterator[str]:
        if not items:
            return
        yield from ("", heading)
        yield from self._wrap(about or "", 2)
        for item in items:
            yield from self._wrap(_first_line(item), 2)
            for name, before in SENTENCES.items():
                if sentence := getattr(item, name, None):
                    yield from self._wrap(f"{before}{sentence}", 4)
            for line in _particulars(item):
                yield from self._wrap(line, 4)
            yield from self._wrap(f"Source: {self._cite(item.source)}", 4)

    def _duty(self, duty: SharingRule) -> Iterator[str]:
        yield from ("", f"The duty, within {duty.within_days} days of signing")
        for line in (duty.text, duty.ask_decision, duty.ask_with, duty.ask_reason, f"Why: {duty.why}"):
            yield from self._wrap(line, 2)
        yield from self._wrap(f"Source: {self._cite(duty.source)}", 2)

    def _cite(self, sources: Sequence[Source]) -> str:
        return "; ".join(
            f"{source.document} {source.paragraph}{self._age(source.document)}" for source in sources
        )

    def _age(self, name: str) -> str:
        document = self._documents.get(name)
        if document is None:
            return " (not described in sources.yaml)"
        return f" (past its review date {document.review_date})" if past_review(document, self._today) else ""

    def _wrap(self, text: str, indent: int) -> list[str]:
        lines = [line for part in text.splitlines() for line in textwrap.wrap(part, self._width - indent)]
        return [" " * indent + line for line in lines]


def _head(checklist: Checklist) -> Iterator[str]:
    """What else holds for the whole checklist."""
    match checklist:
        case VisitChecklist():
            uses = [name for name in checklist.uses.model_dump().values() if name]
            yield f"Uses: {', '.join(uses) or 'no other checklist'}"
        case FormChecklist():
            yield f"Asks the questions of {checklist.share} too." if checklist.share else ""
        case SharingChecklist() | ShouldNotChecklist():
            yield checklist.ask
        case EscalationChecklist():
            levels = ", ".join(checklist.high_risk_levels)
            yield f"Overdue {checklist.grace_minutes} minutes after the time due back."
            yield (
                f"With findings of level {levels} it starts at {checklist.high_risk_step}." if levels else ""
            )


def _first_line(item: Any) -> str:
    label = getattr(item, "label", None)
    level = f"{item.level}: " if hasattr(item, "level") else ""
    minutes = f"{item.after:+d} min: " if hasattr(item, "after") else ""
    if getattr(item, "counts_from", DUE_BACK) != DUE_BACK:
        minutes = f"{item.after:+d} min from the {item.counts_from}: "
    return f"- {minutes}{level}{item.id}" + (f" ({label})" if label else "")


def _particulars(item: Any) -> Iterator[str]:
    """What else an item has, besides its sentences."""
    if isinstance(item, Question):
        yield from _answers(item)
    if isinstance(item, SupervisionPrompt):
        yield f"Asked if one of these shows: {', '.join(item.when)}" if item.when else "Always asked"
        return
    for name, before in (("when", "If "), ("breached", "Broken if ")):
        if condition := getattr(item, name, None):
            yield before + condition_in_words(condition)
    for name, before in (
        ("settle", "Settled by: "),
        ("levels", "Levels: "),
        ("rules", "Rules: "),
        ("who", "Who: "),
    ):
        if names := getattr(item, name, None):
            yield before + ", ".join(names)
    if person := getattr(item, "person", None):
        yield f"First those whom the answer to {person} names."
    if missing := getattr(item, "missing", None):
        yield f"Not if the worker has reported: {missing}"
    yield from _choices("Control measure", getattr(item, "suggest", ()))
    if getattr(item, "acknowledge", False):
        yield "Somebody has to acknowledge it."


def _answers(question: Question) -> Iterator[str]:
    answer = f"Answer: {question.answer}"
    if question.does_not_apply:
        answer += ", or does not apply"
    if question.unsafe:
        answer += f"; {question.worse} and not sure are unsafe" if question.worse else "; neither is unsafe"
    if not question.required:
        answer += "; may be passed over"
    if question.moment:
        answer += "; it has passed" if question.moment == "past" else "; it is still to come"
    if question.valid_for:
        answer += f"; kept for {question.valid_for} days"
    if question.ask_again_if == (ALWAYS,):
        answer += "; asked at each visit"
    elif question.ask_again_if:
        answer += f"; asked again if something new is behind {', '.join(question.ask_again_if)}"
    yield answer
    yield from _choices("", question.choices)


def _choices(before: str, choices: Sequence[Choice]) -> Iterator[str]:
    for choice in choices:
        yield f"{before or '*'} {choice.id}: {choice.text}"


def condition_in_words(condition: Condition) -> str:
    """A condition as a person would read it: `phone is no and alarm is no; or daylight is no`."""
    return "; or ".join(
        " and ".join(f"{name} is {' or '.join(wanted)}" for name, wanted in mapping.items())
        for mapping in condition
    )
