"""A draft: where it comes from, how it is kept on the disk, and what comes out of it.

Begun afresh, from a plan that is repeated or revised, or fitted to a checklist that changed meanwhile.
Nothing reaches the plan but what `final` and its neighbours give. A file is written whole, by one window at
a time; one that cannot be read is set aside and never deleted.
"""

import contextlib
import errno
import hashlib
import os
import secrets
import stat
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import IO, Literal, Self, TypeVar

import msgspec
from msgspec.structs import replace

from visitsafe.checklists.assessment import Answers, Value, applicability, assess, possible_tokens, tokens
from visitsafe.checklists.facts import ALWAYS
from visitsafe.checklists.form_flow import FormSet
from visitsafe.checklists.model import AnswerType, Question
from visitsafe.checklists.questionnaire import Questionnaire
from visitsafe.errors import NotFoundError, SettingsError, VerificationError
from visitsafe.record.bodies import Control, Finding, KnownFact
from visitsafe.record.terms import Level
from visitsafe.text.clock import from_text
from visitsafe.text.files import PART, replace_file

T = TypeVar("T")
Kept = str | tuple[str, ...]
"""An answer, as in `assessment`."""


class DraftStage(StrEnum):
    """Where the person stands."""

    QUESTIONS = "questions"
    REVIEW = "review"
    FINDINGS = "findings"
    CONTROLS = "controls"
    SIGN = "sign"
    DONE = "done"


class Session(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A plan in the making.

    Attributes:
        draft: The version of this format.
        checklist: The id of the visit checklist, and `digest` that of its file's bytes.
        case: The case reference as answered, for lists of drafts.
        started: UTC text.
        answers: Question id to answer; those that certainly do not apply are never in here.
        shelved: Older answers, offered when their question is asked again; they never count.
        standing: Question id to UTC text: standing answers that are in date, and when they were given.
        carried: Questions answered as in the plan that this one repeats or revises.
        before: The answers of that plan, to tell what is new.
        facts_before: What was known when that plan was made.
        controls: Control measures; `who` is empty until it is answered.
        considered: The rules whose finding was decided on: control measures, or left to the manager.
        cursor: The question, or in `CONTROLS` the rule, that is shown; empty for the first open one.
        origin: The page to return to after one answer was changed from there; None on the way through.
        walking: The person went back and walks forward again, page by page.
        writing: A control measure in the person's own words is being written.
        half: Text half typed when the person stopped.
        repeats: The reference of the plan that is repeated, or revised (`revises`).
        urgent: Why the visit goes before it is countersigned; empty if it does not.
        notices: What the last event raised; told again where a draft is gone on with.
        about: For a form: what it is about, such as `K7Q2-M9`; empty for a plan.
        command: For a form: the command that goes on with it.
        known: What earlier visits of the case leave to be known: looked up each time, never in the file.
        facts: What is known of the visit and its case: worked out each time, never in the file.
        told: What the person is told before the next page: `notices` and what is known; never in the file.
    """

    draft: Literal[1] = 1
    checklist: str = ""
    digest: str = ""
    case: str = ""
    started: str = ""
    answers: dict[str, Kept] = {}
    shelved: dict[str, Kept] = {}
    standing: dict[str, str] = {}
    carried: tuple[str, ...] = ()
    before: dict[str, Kept] = {}
    facts_before: tuple[KnownFact, ...] = ()
    controls: tuple[Control, ...] = ()
    considered: tuple[str, ...] = ()
    stage: DraftStage = DraftStage.QUESTIONS
    cursor: str = ""
    origin: DraftStage | None = None
    walking: bool = False
    writing: bool = False
    half: str = ""
    repeats: str = ""
    revises: str = ""
    urgent: str = ""
    notices: tuple[str, ...] = ()
    about: str = ""
    command: str = ""
    known: tuple[Finding, ...] = ()
    facts: tuple[KnownFact, ...] = ()
    told: tuple[str, ...] = ()


def without(mapping: Mapping[str, T], names: Collection[str]) -> dict[str, T]:
    """A copy of the mapping without these names."""
    return {name: value for name, value in mapping.items() if name not in names}


DRAFT, LOCK, DAMAGED = ".json", ".lock", ".damaged"
RESUME = "visitsafe plan --resume"
LARGEST = 4 * 1024 * 1024


@dataclass(frozen=True)
class ListedDraft:
    """A draft in the list: its name, what it is about, whether a window has it open, when it changed."""

    name: str
    session: Session
    in_use: bool
    changed: datetime


@dataclass(frozen=True)
class Listing:
    """The drafts, the oldest first, and one sentence for each file that was set aside."""

    drafts: tuple[ListedDraft, ...]
    set_aside: tuple[str, ...]


def list_drafts(folder: Path) -> Listing:
    """The drafts in a folder; a folder that is not there has none. Damaged ones are set aside.

    Raises:
        SettingsError: The folder cannot be read.
    """
    drafts: list[ListedDraft] = []
    set_aside: list[str] = []
    with _plain_words("read", folder):
        names = sorted(path.stem for path in folder.glob(f"*{DRAFT}")) if folder.exists() else []
        for name in names:
            path = folder / f"{name}{DRAFT}"
            try:
                drafts.append(ListedDraft(name, _read(path), _in_use(folder, name), _changed(path)))
            except _DamagedError as error:
                set_aside.append(_set_aside(path, error))
            except FileNotFoundError:
                continue  # signed in another window a moment ago
            except OSError as error:
                why = (error.strerror or str(error)).lower()
                set_aside.append(f"something in the way of drafts was skipped: {path} ({why})")
    drafts.sort(key=lambda draft: draft.session.started)
    return Listing(tuple(drafts), tuple(set_aside))


class Draft:
    """One draft, locked for this process while it is open. Use it as a context manager."""

    def __init__(self, folder: Path, name: str, lock: IO[bytes], command: str) -> None:
        self.name = name
        self._command = command
        self._folder = folder
        self._lock = lock

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.close()

    def load(self) -> Session:
        """The session as it was last saved.

        Raises:
            NotFoundError: There is no such draft (any more).
            SettingsError: It is damaged, and was set aside; or it cannot be read.
        """
        path = self._folder / f"{self.name}{DRAFT}"
        with _plain_words("read", self._folder, self._command):
            try:
                return _read(path)
            except FileNotFoundError:
                raise NotFoundError("there is no such draft", "to begin a plan: visitsafe plan") from None
            except _DamagedError as error:
                raise SettingsError(_set_aside(path, error), "to begin again: visitsafe plan") from error

    @property
    def is_there(self) -> bool:
        """Whether anything was saved, damaged or not."""
        return (self._folder / f"{self.name}{DRAFT}").exists()

    def save(self, session: Session) -> None:
        """Write the draft whole, and be sure that it is on the disk, without what is looked up each time.

        Raises:
            SettingsError: It cannot be written; the draft as it was before is still there.
        """
        with _plain_words("save", self._folder, self._command):
            kept = replace(session, known=(), facts=(), told=())
            replace_file(self._folder / f"{self.name}{DRAFT}", msgspec.json.encode(kept))

    def delete(self) -> None:
        """Remove the draft, once its plan is signed."""
        with _plain_words("remove", self._folder, self._command):
            (self._folder / f"{self.name}{DRAFT}").unlink(missing_ok=True)
            (self._folder / f"{self.name}{LOCK}").unlink(missing_ok=True)


def open_draft(folder: Path, name: str = "", command: str = RESUME) -> Draft:
    """Lock a draft by its name, or a new one, and clear away what a crash left behind.

    Args:
        folder: Where drafts of this sort are kept.
        name: The draft; a new one if empty.
        command: The command that goes on with it, for hints.

    Raises:
        SettingsError: Another window has it open, or the folder cannot be used.
    """
    with _plain_words("open", folder, command):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        _clear(folder)
        name = name or secrets.token_hex(6)
        lock = _lock(folder, name)
    if lock is None:
        raise SettingsError(
            "this draft is open in another window",
            f"finish it there, or close that window and run: {command}",
        )
    return Draft(folder, name, lock, command)


def delete_draft(folder: Path, name: str) -> None:
    """Remove a draft by its name, if there is one.

    Raises:
        SettingsError: Another window has it open, or it cannot be removed.
    """
    if (folder / f"{name}{DRAFT}").exists():
        with open_draft(folder, name) as draft:
            draft.delete()


class _DamagedError(Exception):
    """A draft that cannot be understood; its text says why."""


def _changed(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _read(path: Path) -> Session:
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, "not a file")  # a pipe would be waited for
    with path.open("rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise _DamagedError("it is far too large")
    try:
        return msgspec.json.decode(data, type=Session)
    except msgspec.ValidationError:
        raise _DamagedError("it was written by another version, or changed by hand") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise _DamagedError("it is not complete") from None


def _set_aside(path: Path, error: _DamagedError) -> str:
    aside = path.with_suffix(DAMAGED)
    while aside.exists():
        aside = path.with_name(f"{path.stem}-{secrets.token_hex(2)}{DAMAGED}")
    path.rename(aside)
    return f"a draft could not be read, because {error}; it is kept as {aside}"


def _clear(folder: Path) -> None:
    """Remove what a killed process left half written; it holds what people typed, and is of no use."""
    for partial in folder.glob(f"*{PART}"):
        name = partial.name.split(".")[0]
        lock = _lock(folder, name)
        if lock is not None:
            with lock, contextlib.suppress(OSError):  # a folder of that name is none of ours
                partial.unlink(missing_ok=True)
    for left in folder.glob(f"*{LOCK}"):
        if not left.with_suffix(DRAFT).exists() and not _in_use(folder, left.stem):
            with contextlib.suppress(OSError):
                left.unlink(missing_ok=True)


def _in_use(folder: Path, name: str) -> bool:
    if not (folder / f"{name}{LOCK}").exists():
        return False
    lock = _lock(folder, name)
    if lock is None:
        return True
    lock.close()
    return False


def _lock(folder: Path, name: str) -> IO[bytes] | None:
    """Lock a draft's name, without waiting; None if another process has it.

    The lock belongs to an open file and ends with it, so that a killed wizard locks nobody out.
    """
    opener = os.open(folder / f"{name}{LOCK}", os.O_RDWR | os.O_CREAT, 0o600)
    file = os.fdopen(opener, "r+b")
    try:
        _lock_file(file)
        if not os.path.samestat(os.fstat(file.fileno()), (folder / f"{name}{LOCK}").stat()):
            raise FileNotFoundError  # it was removed by another process between opening and locking
    except OSError:
        file.close()
        return None
    return file


def _lock_file(file: IO[bytes]) -> None:
    try:
        import fcntl
    except ImportError:
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]  # only on Windows
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextlib.contextmanager
def _plain_words(what: str, folder: Path, command: str = RESUME) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise SettingsError(
            f"cannot {what} the draft in {folder}: {reason}",
            f"earlier answers are kept; make room or allow access there, then: {command}",
        ) from error


LISTS = frozenset({AnswerType.CHOICES, AnswerType.PEOPLE})
EARLIEST, LATEST = 2000, 2999


def begin(
    checklist: str,
    digest: str,
    started: str,
    *,
    standing: Mapping[str, tuple[Value, str]] | None = None,
    urgent: str = "",
) -> Session:
    """A new plan.

    Args:
        checklist: The id of the visit checklist.
        digest: The digest of its file's bytes.
        started: UTC text.
        standing: Standing answers that are in date: question id to answer and UTC text of when it was given.
        urgent: Why the visit goes before it is countersigned; empty if it does not.
    """
    known = standing or {}
    return Session(
        checklist=checklist,
        digest=digest,
        started=started,
        answers={name: value for name, (value, _) in known.items()},
        standing={name: at for name, (_, at) in known.items()},
        urgent=urgent,
    )


def repeat(
    questionnaire: Questionnaire,
    fresh: Session,
    old: Answers,
    controls: Collection[Control],
    plan: str,
    facts: Collection[KnownFact] = (),
) -> Session:
    """The same case again: kept is what does not differ from visit to visit, until something new is known.

    Asked again are start and due back, what is computed from them, the rules that are acknowledged, what is
    about one visit (`ask-again-if: always`), and standing answers out of date. The review page then asks what
    else has changed. A stop finding of then is decided anew.

    Args:
        questionnaire: What is asked today.
        fresh: A session as `begin` gives it, with the standing answers in date.
        old: The answers of the plan that is repeated.
        controls: Its control measures.
        plan: Its reference.
        facts: What was known when it was made.
    """
    again = {question.id for question in questionnaire if _ask_again(question)}
    forgotten = {question.id for question in questionnaire if _forget(question)}
    session = _carry(questionnaire, fresh, old, controls, again, forgotten, facts)
    stops = {rule.id for rule in questionnaire.rules if rule.level is Level.STOP}
    considered = tuple(rule for rule in session.considered if rule not in stops)
    return msgspec.structs.replace(session, repeats=plan, considered=considered)


def revise(
    questionnaire: Questionnaire,
    fresh: Session,
    old: Answers,
    controls: Collection[Control],
    plan: str,
    facts: Collection[KnownFact] = (),
) -> Session:
    """A plan that was returned or has changed: every answer is kept, the review page comes first.

    The arguments are those of `repeat`.
    """
    session = _carry(questionnaire, fresh, old, controls, frozenset(), frozenset(), facts)
    return msgspec.structs.replace(session, revises=plan)


def _ask_again(question: Question) -> bool:
    once = question.propose is not None or question.ask_again_if == (ALWAYS,)
    return once or question.valid_for is not None or _forget(question)


def _forget(question: Question) -> bool:
    """An old time, acknowledgement or answer about one visit is not even offered; who came along is."""
    once = question.ask_again_if == (ALWAYS,) and question.answer is not AnswerType.PEOPLE
    is_time = question.answer is AnswerType.TIME and question.valid_for is None
    return once or is_time or question.answer is AnswerType.ACKNOWLEDGE


def _carry(
    questionnaire: Questionnaire,
    fresh: Session,
    old: Answers,
    controls: Collection[Control],
    again: Collection[str],
    forgotten: Collection[str],
    facts: Collection[KnownFact],
) -> Session:
    usable = {name: value for name, value in old.items() if _fits(questionnaire, name, value)}
    carried = [name for name in usable if name not in again and name not in fresh.standing]
    offered = {name: value for name, value in usable.items() if name in again and name not in forgotten}
    decided_on = assess(questionnaire.knowing(facts), old)
    return msgspec.structs.replace(
        fresh,
        answers={**{name: usable[name] for name in carried}, **fresh.answers},
        shelved={name: value for name, value in offered.items() if name not in fresh.answers},
        carried=tuple(carried),
        before=usable,
        facts_before=tuple(facts),
        controls=tuple(controls),
        considered=tuple(dict.fromkeys(finding.rule for finding in decided_on)),
    )


def refit(questionnaire: Questionnaire, session: Session, digest: str) -> Session:
    """Fit a draft to the checklist of today; what no longer fits is asked again, and the person is told."""
    bad = [name for name, value in session.answers.items() if not _fits(questionnaire, name, value)]
    notices = session.notices
    if bad:
        labels = ", ".join(
            questionnaire.by_id[name].label if name in questionnaire.by_id else name for name in bad
        )
        notices += (f"The checklist has changed since you began. No longer counted: {labels}.",)
    return msgspec.structs.replace(
        session,
        digest=digest,
        answers=without(session.answers, bad),
        shelved={n: v for n, v in session.shelved.items() if _fits(questionnaire, n, v)},
        standing=without(session.standing, bad),
        carried=tuple(name for name in session.carried if name not in bad),
        notices=notices,
    )


def refit_times(questionnaire: Questionnaire, session: Session) -> Session:
    """Leave out times that no clock shows, which only a damaged or hand-made draft holds: they are asked."""
    times = {question.id for question in questionnaire if question.answer is AnswerType.TIME}

    def bad(answers: Mapping[str, Value]) -> set[str]:
        return {name for name in times & answers.keys() if not _is_time(answers[name])}

    return msgspec.structs.replace(
        session,
        answers=without(session.answers, bad(session.answers)),
        shelved=without(session.shelved, bad(session.shelved)),
    )


def _is_time(value: Value) -> bool:
    """Whether this is a time which every zone can show, or no time on purpose."""
    try:
        return value == "" or EARLIEST <= from_text(str(value)).year <= LATEST
    except VerificationError:
        return False


def _fits(questionnaire: Questionnaire, name: str, value: Value) -> bool:
    """Whether a value can be an answer to the question of that name."""
    question = questionnaire.by_id.get(name)
    if question is None:
        return False
    if value != "" and isinstance(value, tuple) is not (question.answer in LISTS):
        return False
    return tokens(question, value) <= possible_tokens(question)


def final(questionnaire: Questionnaire, session: Session) -> dict[str, Value]:
    """The answers that count, in the order asked: those whose question certainly applies."""
    applicable = applicability(questionnaire, session.answers)
    return {
        question.id: session.answers[question.id]
        for question in questionnaire
        if applicable[question.id] and question.id in session.answers
    }


def final_standing(questionnaire: Questionnaire, session: Session) -> dict[str, str]:
    """Of the answers that count, the standing ones that were not asked today, and when they were given."""
    counted = final(questionnaire, session)
    return {name: at for name, at in session.standing.items() if name in counted}


def findings(questionnaire: Questionnaire, session: Session) -> tuple[Finding, ...]:
    """What the answers raise, worst first."""
    return assess(questionnaire, session.answers)


def final_controls(questionnaire: Questionnaire, session: Session) -> tuple[Control, ...]:
    """The control measures that answer a finding which still stands, each with who does it."""
    raised = {finding.rule for finding in findings(questionnaire, session)}
    return tuple(control for control in session.controls if control.rule in raised and control.who)


_LONG_ENOUGH = 16


def draft_name(form: str, about: str) -> str:
    """The name of the draft of a form about something: the same each time, whatever stands in `about`."""
    return f"{form}-{hashlib.sha256(about.encode()).hexdigest()[:_LONG_ENOUGH]}"


def begin_form(
    form_set: FormSet, questionnaire: Questionnaire, fresh: Session, known: Mapping[str, Value]
) -> Session:
    """A form begun: what is known is not asked on the way through, and can be changed before signing.

    Args:
        form_set: The form.
        questionnaire: It, compiled.
        fresh: A session with `about`, `command` and `started`.
        known: Answers by meaning, as an entry keeps them; those that fit no question of today are left out.
    """
    form, named = form_set.form, questionnaire.asked(known)
    fresh = replace(fresh, checklist=form.id, digest=form_set.digests[form.id], answers=named)
    session = refit(questionnaire, replace(fresh, carried=tuple(named)), fresh.digest)
    return replace(session, notices=())


def go_on_with_form(
    form_set: FormSet, questionnaire: Questionnaire, session: Session, command: str
) -> Session:
    """A form as it was left, fitted to the questions of today. A yes that led to nothing is undone."""
    stage = DraftStage.SIGN if session.stage is DraftStage.DONE else session.stage
    digest = form_set.digests[form_set.form.id]
    return refit(questionnaire, replace(session, stage=stage, command=command), digest)
