"""The checklists of this machine: the shipped ones and the agency's, extended and put together by id.

Folders come in layers, the shipped one first; a file in a later layer takes the place of one with the same
id. Files are read anew each time, and parsed anew if their bytes changed. Nothing is guessed around: a file
whose id cannot be told, or two files with the same id in one layer, are refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Generic, TypeVar, cast

from visitsafe.checklists.checklist import Uses, VisitChecklist
from visitsafe.checklists.checklist_files import SOURCES, Found, find, read
from visitsafe.checklists.form_checking import form_references
from visitsafe.checklists.form_flow import FormSet
from visitsafe.checklists.forms import FormChecklist, SupervisionChecklist
from visitsafe.checklists.kinds import (
    Document,
    EscalationChecklist,
    ReviewChecklist,
    SharingChecklist,
    ShouldNotChecklist,
    Sources,
)
from visitsafe.checklists.loaded import CHECK, Loaded, extended
from visitsafe.checklists.problem import AnyChecklist, did_you_mean
from visitsafe.checklists.problem import Path as InFile
from visitsafe.checklists.problem import Problem as Wrong
from visitsafe.checklists.questionnaire import ChecklistSet
from visitsafe.checklists.references import references
from visitsafe.errors import NotFoundError, ProblemsError

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
    by_path: dict[Path, Found] = {}
    for layer, folder in enumerate(folders):
        for found in find(folder, layer):
            # A file that is named twice counts once, where it was named last.
            by_path.pop(found.path.resolve(), None)
            by_path[found.path.resolve()] = found
    return Library(tuple(by_path.values()))


@dataclass(frozen=True)
class Library:
    """All checklist files that were found, in their layers."""

    files: tuple[Found, ...]

    def ids(self, kind: str | None = None) -> list[str]:
        """The ids that there are, of one kind or of all but sources."""
        top = {found.id: found for found in self.files if found.id and found.kind != SOURCES}
        return sorted(name for name, found in top.items() if kind in {None, found.kind})

    def find(self, name: str, below: int | None = None) -> Found:
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

    def documents(self) -> dict[str, Document]:
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

    def _load(self, name: str, below: int | None, chain: tuple[Found, ...]) -> Loaded:
        """Load an id; `below` a layer if the one there extends what it replaces."""
        found = self.find(name, below)
        model, written = read(found)
        checklist = cast("AnyChecklist", model)
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
