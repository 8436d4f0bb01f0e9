"""The checklists of this machine: the shipped ones and the agency's, extended and put together by id.

Folders come in layers, the shipped one first; a file in a later layer takes the place of one with the same
id. Files are read anew each time, and parsed anew if their bytes changed. Nothing is guessed around: a file
whose id cannot be told, or two files with the same id in one layer, are refused.
"""

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Generic, NoReturn, Protocol, TypeVar, cast

import msgspec

from visitsafe.checklists import check as checking
from visitsafe.checklists import extend as extending
from visitsafe.checklists.check import (
    ChecklistProblem,
    did_you_mean,
    form_references,
    references,
    repeated_own_ids,
)
from visitsafe.checklists.check import ChecklistProblem as Wrong
from visitsafe.checklists.check import Path as InFile
from visitsafe.checklists.files import SOURCES, FolderFile, Written, as_if_quoted, find, read
from visitsafe.checklists.form_flow import FormSet
from visitsafe.checklists.model import (
    Checklist,
    CitedDocument,
    EscalationChecklist,
    FormChecklist,
    ReviewChecklist,
    SharingChecklist,
    ShouldNotChecklist,
    Sources,
    SupervisionChecklist,
    Uses,
    VisitChecklist,
)
from visitsafe.checklists.questionnaire import ChecklistSet
from visitsafe.checklists.yaml import DataPath
from visitsafe.errors import NotFoundError, ProblemsError
from visitsafe.record.bodies import PlanBody

CHECK = "to see everything that is wrong, run: visitsafe checklist check"


@dataclass(frozen=True)
class Loaded:
    """A checklist and the files that it is made of.

    Attributes:
        checklist: With what it extends laid under it.
        written: Its own file.
        files: The files that it is made of; its own is the last.
        origins: For the parts that came from elsewhere than the same path of its own file: where they stand.
    """

    checklist: Checklist
    written: Written
    files: tuple[FolderFile, ...]
    origins: Mapping[DataPath, Written] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """Its own file."""
        return self.files[-1].path

    @property
    def digest(self) -> str:
        """SHA-256, in hex, of the file's bytes.

        If it extends another: of the hex digests of all its files, sorted, with a line feed after each.
        """
        digests = sorted(found.digest for found in self.files)
        if len(digests) == 1:
            return digests[0]
        return hashlib.sha256("".join(f"{digest}\n" for digest in digests).encode()).hexdigest()

    def line(self, problem: ChecklistProblem) -> str:
        """One finished line for a problem whose path begins in this checklist."""
        written, path = self.place(problem.path)
        return written.line(problem.sentence, *path, at_key=problem.at_key)

    def place(self, path: DataPath) -> tuple[Written, DataPath]:
        """Where a path of the checklist was written: a place, and the path below it."""
        for length in range(len(path), 0, -1):
            if (origin := self.origins.get(path[:length])) is not None:
                return origin, path[length:]
        return self.written, path


def extended(found: FolderFile, extension: VisitChecklist, written: Written, base: Loaded) -> Loaded:
    """Lay a visit checklist over the one that it extends.

    Raises:
        ProblemsError: They do not fit.
    """
    below = base.checklist
    if not isinstance(below, VisitChecklist):
        sentence = f'"{below.id}" is of kind {below.kind}: only a visit checklist can be extended'
        _refuse(found, [written.line(sentence, "extends")])
    lines = [base.line(problem) for problem in repeated_own_ids(below)]
    lines += [Loaded(extension, written, (found,)).line(problem) for problem in repeated_own_ids(extension)]
    for path, name in extending.unknown_in_leave_out(below, extension):
        sentence = f'{below.id} has no question or rule "{name}"{did_you_mean(name, extending.ids_of(below))}'
        lines.append(written.line(sentence, *path))
    result = extending.extend(below, extension)
    added = extending.cannot_be_added(extension, result)
    lines += [Loaded(extension, written, (found,)).line(problem) for problem in added]
    for path, name, by in extending.still_named(extension, result):
        sentence = f'"{name}" is still named by {", ".join(by)}: leave these out too, or write them anew'
        lines.append(written.line(sentence, *path))
    if lines:
        _refuse(found, lines)
    origins = {
        path: _written(base, origin.path) if origin.in_base else written.below(*origin.path)
        for path, origin in extending.origins(below, extension, result).items()
    }
    return Loaded(result, written, (*base.files, found), origins)


def _written(base: Loaded, path: DataPath) -> Written:
    written, rest = base.place(path)
    return written.below(*rest)


def _refuse(found: FolderFile, lines: list[str]) -> NoReturn:
    raise ProblemsError(f"{found.name} cannot be used", lines, hint=CHECK)


S = TypeVar("S", ChecklistSet, FormSet)
WHERE = "see: visitsafe checklist list; VISITSAFE_CHECKLISTS and --checklist name the agency's own"
SLOTS = {
    "should_not": ("should_not", "should-not"),
    "information_sharing": ("sharing", "information-sharing"),
    "review": ("review", "review"),
    "escalation": ("escalation", "escalation"),
}
"""For each key of `uses`: the member of a `ChecklistSet`, and the kind that belongs there."""


Use = tuple[InFile, str, str, str | None]
"""Where a checklist names another, the member of the set that this is, the kind it must have, and its id."""


@dataclass(frozen=True)
class Resolved(Generic[S]):
    """A visit checklist or a form with those that it uses, and where all of it was written."""

    checklists: S
    loaded: Mapping[str, Loaded]

    def lines(self, problems: Sequence[Wrong]) -> list[str]:
        """Finished lines for problems whose paths begin with a member of the set."""
        lines = [
            self.loaded[str(problem.path[0])].line(replace(problem, path=problem.path[1:]))
            for problem in problems
        ]
        return list(dict.fromkeys(lines))


def shipped_folder() -> Path:
    """The checklists that come with visitsafe: inside the package, or at the top of a checkout."""
    package = Path(__file__).resolve().parents[1]
    inside = package / "checklists" / "shipped"
    return inside if inside.is_dir() else package.parents[1] / "checklists"


def load_all(folders: Sequence[Path]) -> "Library":
    """Find the checklists of several folders or files; a later one replaces the same id in an earlier one.

    Raises:
        NotFoundError: One of them is not there.
        SettingsError: One of them cannot be read.
    """
    by_path: dict[Path, FolderFile] = {}
    for layer, folder in enumerate(folders):
        for found in find(folder, layer):
            # A file that is named twice counts once, where it was named last.
            by_path.pop(found.path.resolve(), None)
            by_path[found.path.resolve()] = found
    return Library(tuple(by_path.values()))


@dataclass(frozen=True)
class Library:
    """All checklist files that were found, in their layers."""

    files: tuple[FolderFile, ...]

    def ids(self, kind: str | None = None) -> list[str]:
        """The ids that there are, of one kind or of all but sources."""
        top = {found.id: found for found in self.files if found.id and found.kind != SOURCES}
        return sorted(name for name, found in top.items() if kind in {None, found.kind})

    def find(self, name: str, below: int | None = None) -> FolderFile:
        """The file that counts for an id, in the topmost layer or in the topmost one below another.

        Raises:
            NotFoundError: There is none.
            ProblemsError: There are two in one layer.
        """
        same = [found for found in self.files if found.id == name and (below is None or found.layer < below)]
        top = [found for found in same if found.layer == same[-1].layer]
        if not top:
            known = did_you_mean(name, self.ids())
            raise NotFoundError(f"the checklist {name} is gone: no file here has this id{known}", hint=WHERE)
        if len(top) > 1:
            sentence = f'the id "{name}" is used by {top[0].name} too: give one of them another'
            raise _refused(f"{top[1].name}:1:1: {sentence}")
        return top[0]

    def load(self, name: str) -> Loaded:
        """The checklist with this id.

        Raises:
            NotFoundError: There is none.
            ProblemsError: It, or one that it extends, cannot be used.
        """
        self._refuse_nameless()
        return self._load(name, None, ())

    def documents(self) -> dict[str, CitedDocument]:
        """The documents of every `sources.yaml` by id; a later layer's description replaces an earlier one's.

        Raises:
            ProblemsError: One of them cannot be used.
        """
        return {
            document.id: document
            for found in self.files
            if found.kind == SOURCES
            for document in cast("Sources", read(found)[0]).documents
        }

    def resolve(self, name: str) -> "Resolved[ChecklistSet]":
        """A visit checklist and those that it uses, without looking whether they fit together.

        Raises:
            NotFoundError: There is no such checklist, or it is of another kind.
            ProblemsError: One of them is missing or cannot be used.
        """
        visit = self.load(name)
        checklist = visit.checklist
        if not isinstance(checklist, VisitChecklist):
            raise NotFoundError(
                f"{name} is of kind {checklist.kind}, and a visit is planned with a checklist of kind visit",
                hint=f"there are: {', '.join(self.ids('visit'))}",
            )
        loaded = {"visit": visit, **self._used(visit, _uses(checklist.uses))}
        used = {slot: one.checklist for slot, one in loaded.items()}
        digests = {one.checklist.id: one.digest for one in loaded.values()}
        found = ChecklistSet(
            visit=checklist,
            should_not=cast("ShouldNotChecklist | None", used.get("should_not")),
            sharing=cast("SharingChecklist | None", used.get("sharing")),
            review=cast("ReviewChecklist | None", used.get("review")),
            escalation=cast("EscalationChecklist | None", used.get("escalation")),
            digests=digests,
        )
        return Resolved(found, loaded)

    def checklist_set(self, name: str) -> ChecklistSet:
        """What a visit is planned with: everything it names exists and fits together.

        Raises:
            NotFoundError: There is no such visit checklist.
            ProblemsError: It cannot be used; all reasons are listed.
        """
        resolved = self.resolve(name)
        if lines := resolved.lines(references(resolved.checklists)):
            raise ProblemsError(f"the checklist {name} cannot be used", lines, hint=CHECK)
        return resolved.checklists

    def resolve_form(self, name: str) -> "Resolved[FormSet]":
        """A form and the sharing checklist that it asks too, without looking whether they fit together.

        Raises:
            NotFoundError: There is no such form.
            ProblemsError: One of them is missing or cannot be used.
        """
        loaded = self.load(name)
        form = loaded.checklist
        if not isinstance(form, FormChecklist):
            raise self._wrong_kind(name, form.kind, "form")
        used = self._used(loaded, [(("share",), "sharing", "information-sharing", form.share)])
        sharing = used["sharing"].checklist if used else None
        every = {"form": loaded, **used}
        digests = {one.checklist.id: one.digest for one in every.values()}
        return Resolved(FormSet(form, cast("SharingChecklist | None", sharing), digests), every)

    def form_set(self, name: str) -> FormSet:
        """What a form asks: everything it names exists and fits together.

        Raises:
            NotFoundError: There is no such form.
            ProblemsError: It cannot be used; all reasons are listed.
        """
        resolved = self.resolve_form(name)
        if lines := resolved.lines(form_references(resolved.checklists)):
            raise ProblemsError(f"the form {name} cannot be used", lines, hint=CHECK)
        return resolved.checklists

    def supervision(self, name: str) -> SupervisionChecklist:
        """The prompts for staff supervision.

        Raises:
            NotFoundError: There are none of this id.
            ProblemsError: They cannot be used.
        """
        checklist = self.load(name).checklist
        if not isinstance(checklist, SupervisionChecklist):
            raise self._wrong_kind(name, checklist.kind, "supervision")
        return checklist

    def _wrong_kind(self, name: str, kind: str, wanted: str) -> NotFoundError:
        return NotFoundError(
            f"{name} is of kind {kind}, and one of kind {wanted} is needed",
            hint=f"of this kind there are: {', '.join(self.ids(wanted)) or 'none'}",
        )

    def _refuse_nameless(self) -> None:
        """A file that does not say what it is might be meant to replace another: it is never passed over."""
        for found in self.files:
            if not found.kind or not (found.id or found.kind == SOURCES):
                read(found)

    def _load(self, name: str, below: int | None, chain: tuple[FolderFile, ...]) -> Loaded:
        """Load an id; `below` a layer if the one there extends what it replaces."""
        found = self.find(name, below)
        model, written = read(found)
        checklist = cast("Checklist", model)
        if not isinstance(checklist, VisitChecklist) or checklist.extends is None:
            return Loaded(checklist, written, (found,))
        if found in chain:
            raise _refused(written.line("this extends itself in a circle: name another checklist", "extends"))
        base_name = checklist.extends
        try:
            base = self._load(base_name, found.layer if base_name == name else None, (*chain, found))
        except NotFoundError:
            sentence = (
                f'there is no checklist "{base_name}" to extend{did_you_mean(base_name, self.ids("visit"))}'
            )
            raise _refused(written.line(sentence, "extends"), WHERE) from None
        return extended(found, checklist, written, base)

    def _used(self, user: Loaded, uses: Sequence[Use]) -> dict[str, Loaded]:
        """The checklists that a checklist names, by the member of the set."""
        loaded, lines = {}, []
        for path, slot, kind, name in uses:
            if name is None:
                continue
            try:
                loaded[slot] = self.load(name)
            except NotFoundError as error:
                lines.append(user.line(Wrong(path, error.message)))
            except ProblemsError as error:
                lines += error.problems
            else:
                if (other := loaded[slot].checklist.kind) != kind:
                    sentence = f'"{name}" is of kind {other}: name one of kind {kind}'
                    lines.append(user.line(Wrong(path, sentence)))
        if lines:
            raise ProblemsError(f"the checklist {user.checklist.id} cannot be used", lines, hint=CHECK)
        return loaded


def _uses(uses: Uses) -> list[Use]:
    return [(("uses", key), slot, kind, getattr(uses, key)) for key, (slot, kind) in SLOTS.items()]


def _refused(line: str, hint: str | None = CHECK) -> ProblemsError:
    return ProblemsError("the checklist cannot be used", [line], hint)


NEVER_ASKED_FOR = {
    "form": "no command opens a form with the id",
    "supervision": "no command shows prompts with the id",
    **dict.fromkeys(("should-not", "information-sharing", "review", "escalation"), "no visit checklist uses"),
}
"""What is wrong with a file of this kind that nothing names."""


@dataclass
class LibraryReport:
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
    only: Sequence[FolderFile] | None = None,
    opened: AbstractSet[str] | None = None,
) -> LibraryReport:
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
    report = LibraryReport(files=[found.name for found in wanted])
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


def _advise(
    library: Library, wanted: Sequence[FolderFile], opened: AbstractSet[str], report: LibraryReport
) -> None:
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
        if found.kind == "form" and (lost := checking.lost_meanings(cast("FormChecklist", read(found)[0]))):
            report.advice.append(read(found)[1].line(lost, "id"))


def _readable(found: FolderFile, judged: bool, report: LibraryReport) -> FolderFile:
    """The file; where only quotes are missing, with them, so that everything else is found in one go."""
    try:
        read(found)
    except ProblemsError as error:
        if judged:
            report.add(error.problems)
        return as_if_quoted(found)
    return found


def _documents(
    library: Library, wanted: Sequence[FolderFile], today: date, report: LibraryReport
) -> checking.Documents:
    """Every document by id; None if any file of them cannot be read: what cites one is then not at fault."""
    documents: dict[str, CitedDocument] | None = {}
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


def _sources(
    described: Sequence[CitedDocument], written: Written, today: date, report: LibraryReport
) -> None:
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


def _alone(found: FolderFile, documents: checking.Documents, report: LibraryReport) -> None:
    """Read one file and check it as it is written."""
    try:
        model, written = read(found)
    except ProblemsError as error:
        report.add(error.problems)
        return
    checklist = cast("Checklist", model)
    loaded = Loaded(checklist, written, (found,))
    problems = checking.check_alone(checklist, documents)
    report.add([loaded.line(one) for one in problems if one.cause not in report.causes])
    report.causes |= {one.cause for one in problems} - {""}


def _together(
    resolve: Callable[[str], Resolved[S]],
    check: Callable[[S, checking.Documents], list[ChecklistProblem]],
    name: str,
    wanted: Sequence[FolderFile],
    documents: checking.Documents,
    report: LibraryReport,
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


def _findable(library: Library, name: str, report: LibraryReport) -> None:
    """Two files with one id in one layer."""
    try:
        library.find(name)
    except ProblemsError as error:
        report.add(error.problems)


MARK = " (past its review date)"


class Reviewed(Protocol):
    """A document that may have a review date, as `2013-01-31`."""

    @property
    def id(self) -> str:
        """What sources name it by."""

    @property
    def review_date(self) -> str | None:
        """The day after which it should have been replaced."""


def past_review(documents: Iterable[Reviewed], today: date) -> frozenset[str]:
    """The ids of the documents that are past their review date."""
    return frozenset(
        document.id
        for document in documents
        if document.review_date and document.review_date < today.isoformat()
    )


def marked(sources: str, past: Collection[str]) -> str:
    """Sources as `cite` writes them, each document that is past its review date with a mark."""
    return "; ".join(f"{one}{MARK if one.split(' ')[0] in past else ''}" for one in sources.split("; "))


def marked_body(body: PlanBody, past: Collection[str]) -> PlanBody:
    """A plan to be shown, with the mark at everything that it cites."""
    if not past:
        return body
    replace = msgspec.structs.replace
    ladder = body.ladder and replace(
        body.ladder, steps=tuple(replace(one, source=marked(one.source, past)) for one in body.ladder.steps)
    )
    return replace(
        body,
        findings=tuple(replace(one, source=marked(one.source, past)) for one in body.findings),
        shown=tuple(replace(one, source=marked(one.source, past)) for one in body.shown),
        sharing=tuple(replace(one, source=marked(one.source, past)) for one in body.sharing),
        ladder=ladder,
    )
