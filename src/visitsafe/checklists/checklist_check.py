"""`visitsafe checklist check`: everything that is wrong with the files on this machine, as finished lines.

Each file is read and checked alone; each visit checklist is proven together with those that it uses. One
broken file does not hide what is wrong with another.
"""

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, cast

from visitsafe.checklists import checking
from visitsafe.checklists.checklist_files import SOURCES, Found, Written, as_if_quoted, read
from visitsafe.checklists.checklists import Library, Resolved, S
from visitsafe.checklists.kinds import Document, Sources
from visitsafe.checklists.loaded import Loaded
from visitsafe.checklists.problem import Problem
from visitsafe.errors import NotFoundError, ProblemsError

if TYPE_CHECKING:
    from visitsafe.checklists.problem import AnyChecklist


NEVER_ASKED_FOR = {
    "form": "no command opens a form with the id",
    "supervision": "no command shows prompts with the id",
    **dict.fromkeys(("should-not", "information-sharing", "review", "escalation"), "no visit checklist uses"),
}
"""What is wrong with a file of this kind that nothing names."""


@dataclass
class Report:
    """What was found.

    Attributes:
        problems: Lines for what must be mended.
        warnings: Lines for what is worth knowing: a source past its review date.
        advice: Lines for what may be meant as it is, and may be a slip.
        files: The names of the files that were checked.
        causes: What was told of one file and is not told again of others: a document that nothing describes.
    """

    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    advice: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    causes: set[str] = field(default_factory=set)

    def add(self, lines: Sequence[str]) -> None:
        """Add problems; what several checklists share is said once."""
        self.problems += [line for line in lines if line not in self.problems]


def check_library(
    library: Library,
    today: date,
    only: Sequence[Found] | None = None,
    opened: AbstractSet[str] | None = None,
) -> Report:
    """Check the files of a library.

    Args:
        library: All layers.
        today: For review dates.
        only: The files to judge; what else they need is read but not judged. None for all.
        opened: The ids of the forms and prompts that commands ask for; None for no advice.

    Returns:
        Problems, warnings and the names of the files.
    """
    wanted = library.files if only is None else tuple(only)
    report = Report(files=[found.name for found in wanted])
    readable = {found.path: _readable(found, found in wanted, report) for found in library.files}
    library, wanted = Library(tuple(readable.values())), tuple(readable[found.path] for found in wanted)
    documents = _documents(library, wanted, today, report)
    for found in wanted:
        if found.kind != SOURCES:
            _alone(found, documents, report)
    for name in library.ids("visit"):
        _together(library.resolve, checking.check, name, wanted, documents, report)
    for name in library.ids("form"):
        _together(library.resolve_form, checking.check_form, name, wanted, documents, report)
    for name in library.ids():
        _findable(library, name, report)
    if opened is not None and not report.problems:
        _advise(library, wanted, opened, report)
    return report


def _advise(library: Library, wanted: Sequence[Found], opened: AbstractSet[str], report: Report) -> None:
    """What nothing uses, and what no rule says anything about."""
    used, mine = set(opened), tuple(f"{found.name}:" for found in wanted)
    try:
        visits = [library.resolve(name) for name in library.ids("visit")]
        forms = [library.resolve_form(name).checklists for name in library.ids("form")]
    except (ProblemsError, NotFoundError):
        return  # one that is not judged; what it would use cannot be told
    used |= {form.sharing.id for form in forms if form.sharing}
    for resolved in visits:
        used |= resolved.checklists.digests.keys()
        lines = resolved.lines(checking.advice(resolved.checklists))
        report.advice += [one for one in lines if one.startswith(mine) and one not in report.advice]
    for found in wanted:
        if found.kind in NEVER_ASKED_FOR and found.id not in used:
            sentence = f"{NEVER_ASKED_FOR[found.kind]} {found.id}, so nobody ever sees it"
            report.advice.append(read(found)[1].line(sentence, "id"))


def _readable(found: Found, judged: bool, report: Report) -> Found:
    """The file; where only quotes are missing, with them, so that everything else is found in one go."""
    try:
        read(found)
    except ProblemsError as error:
        if judged:
            report.add(error.problems)
        return as_if_quoted(found)
    return found


def _documents(library: Library, wanted: Sequence[Found], today: date, report: Report) -> checking.Documents:
    """Every document by id; None if any file of them cannot be read: what cites one is then not at fault."""
    documents: dict[str, Document] | None = {}
    for found in library.files:
        if found.kind != SOURCES:
            continue
        try:
            model, written = read(found)
        except ProblemsError as error:
            report.add(error.problems)
            documents = None
            continue
        described = cast("Sources", model).documents
        if documents is not None:
            documents |= {document.id: document for document in described}
        if found in wanted:
            _sources(described, written, today, report)
    return documents


def _sources(described: Sequence[Document], written: Written, today: date, report: Report) -> None:
    report.add(
        [
            written.line(problem.sentence, *problem.path, at_key=problem.at_key)
            for problem in checking.check_documents(described)
        ]
    )
    for index, document in enumerate(described):
        if checking.past_review(document, today):
            sentence = (
                f"{document.id} is past its review date {document.review_date}: see if there is a newer issue"
            )
            report.warnings.append(written.line(sentence, "documents", index, "review_date"))


def _alone(found: Found, documents: checking.Documents, report: Report) -> None:
    """Read one file and check it as it is written."""
    try:
        model, written = read(found)
    except ProblemsError as error:
        report.add(error.problems)
        return
    checklist = cast("AnyChecklist", model)
    loaded = Loaded(checklist, written, (found,))
    problems = checking.check_alone(checklist, documents)
    report.add([loaded.line(one) for one in problems if one.cause not in report.causes])
    report.causes |= {one.cause for one in problems} - {""}


def _together(
    resolve: Callable[[str], Resolved[S]],
    check: Callable[[S, checking.Documents], list[Problem]],
    name: str,
    wanted: Sequence[Found],
    documents: checking.Documents,
    report: Report,
) -> None:
    """Prove a visit checklist or a form with those that it uses, if any file of it is wanted."""
    try:
        resolved = resolve(name)
    except (ProblemsError, NotFoundError) as error:
        lines = error.problems if isinstance(error, ProblemsError) else [error.message]
        report.add([line for line in lines if line.startswith(tuple(f"{found.name}:" for found in wanted))])
        return
    files = {found.path for loaded in resolved.loaded.values() for found in loaded.files}
    if any(found.path in files for found in wanted):
        problems = check(resolved.checklists, documents)
        report.add(resolved.lines([one for one in problems if one.cause not in report.causes]))


def _findable(library: Library, name: str, report: Report) -> None:
    """Two files with one id in one layer."""
    try:
        library.find(name)
    except ProblemsError as error:
        report.add(error.problems)
