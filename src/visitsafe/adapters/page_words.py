"""The words on the wizard's pages that do not come from a checklist, the same in both front ends.

Plain text in reading order: no colours, no boxes, nothing that means something only to the eye.
"""

from collections.abc import Iterator, Mapping

from visitsafe.adapters.front import Guide
from visitsafe.domain.assessment import Value
from visitsafe.domain.checklist import Question
from visitsafe.domain.screens import (
    CONFIRM,
    AskOne,
    AskTogether,
    Concern,
    ControlFor,
    Event,
    Findings,
    Goto,
    Reconsider,
    Review,
    Row,
    Sign,
)
from visitsafe.domain.terms import Level

LEVELS = {Level.STOP: "STOP", Level.CONTROL: "NEEDS A CONTROL MEASURE", Level.NOTE: "TO NOTE"}
NEXT = {
    Level.STOP: "Change the plan, or your manager decides about it in writing.",
    Level.CONTROL: "Say what will be done about it, and by whom.",
    Level.NOTE: "",
}
BACK_LINE = "< Back"
PLACEHOLDER = "Choose one:"
OWN = "Write a control measure of my own"
LEAVE = "Leave it to my manager"
WHO = "Who does this? A name or a role, such as me, the duty desk, my manager."
WRITE = "What will be done about it? One control measure, in your own words."
DECIDE = "Go on to the control measures"
TO_SIGN = "Go on to signing"
SIGN = "Sign this plan"
LOOK_AGAIN = "Go back and look again"
STOP_HERE = "Keep it as a draft and stop here"
GO_ON = "Everything is right, go on"
NOTHING_ELSE = "Nothing else has changed, go on"
STILL_OPEN = "Answer what is still open"
READ_ALL = "I have read these and will keep them in mind"
TICK_SOMETHING = "Choose at least one line; if nothing fits, there is a line that says so."
ALONE = "This answer stands alone: take it, or the others."
SAY_WHO = "Somebody has to do it: type a name or a role."


def where(page: AskOne | AskTogether) -> str:
    """`The people. Page 4 of at most 12`: the number can only turn out smaller."""
    title, progress = page.section.title, page.progress
    stop = "" if title[-1] in "?!." else "."
    last = progress.number == progress.total
    total = ", the last one" if last else f" of at most {progress.total}"
    return f"{title}{stop} Page {progress.number}{total}"


def offer(page: AskOne, guide: Guide) -> str:
    """What stands as the answer, or stood before; empty if there is neither."""
    if page.value is None or (page.value == "" and not page.given):
        return ""
    words = guide.words(page.question, page.value)
    return f"Your answer so far: {words}" if page.given else f"Your earlier answer was: {words}"


def already(page: AskOne, guide: Guide) -> Iterator[str]:
    """What is known before the person answers: a computed proposal, an earlier answer."""
    if guide.proposal is not None:
        answer = guide.words(page.question, guide.proposal.answer)
        yield f"{guide.proposal.sentence} Proposed answer: {answer}. You decide."
    if offer(page, guide):
        yield f"{offer(page, guide)}."


def about(page: AskTogether) -> tuple[str, ...]:
    """What a page of several questions begins with."""
    return (page.section.about,) if page.section.about else ()


def grid_line(question: Question, values: Mapping[str, Value], guide: Guide) -> str:
    """A question of a page with several, and its answer so far."""
    value = values.get(question.id)
    return question.ask if value is None else f"{question.ask} (so far: {guide.words(question, value)})"


def row_words(row: Row, page: Review, guide: Guide) -> str:
    """One line of the review page."""
    if row.value is None:
        return f"{row.label}: not answered yet"
    remarks = [guide.age(row.at)] if row.at else []
    if page.repeats and not row.carried and not row.at:
        remarks.append("new")
    words = guide.words(row.question, row.value)
    return f"{row.label}: {words}" + (f" ({', '.join(remarks)})" if remarks else "")


def review_title(page: Review) -> str:
    """What the review page asks for."""
    if page.open:
        return f"{page.open} of your answers {'is' if page.open == 1 else 'are'} still open."
    if page.repeats:
        return f"What has changed since {page.repeats}? Everything not marked as new is as it was then."
    return "These are your answers. Is everything right?"


def review_go_on(page: Review) -> str:
    """The line that leaves the review page."""
    if page.open:
        return STILL_OPEN
    return NOTHING_ELSE if page.repeats else GO_ON


def findings_title(page: Findings | Sign) -> str:
    """`What your answers mean together: 1 stop, 2 needing a control measure, 1 to note`."""
    levels = [concern.finding.level for concern in page.concerns]
    names = {Level.STOP: "stop", Level.CONTROL: "needing a control measure", Level.NOTE: "to note"}
    counts = [f"{levels.count(level)} {name}" for level, name in names.items() if level in levels]
    return f"What your answers mean together: {', '.join(counts)}"


def finding_words(concern: Concern) -> Iterator[str]:
    """A finding, line by line; the first has its level and sentence."""
    finding = concern.finding
    yield f"{LEVELS[finding.level]}: {finding.text}"
    if finding.because:
        yield f"Because: {'; '.join(finding.because)}"
    if concern.settle:
        yield f"Would settle it: {', '.join(question.label for question in concern.settle)}"
    yield from (f"Control measure: {one.text} ({one.who or 'nobody yet'})" for one in concern.controls)
    if concern.left:
        yield "Left to your manager"
    yield f"Source: {finding.source}"


def control_title(page: ControlFor) -> str:
    """Where one stands among the findings that want a control measure."""
    return f"Control measures, {page.progress.number} of {page.progress.total}"


def control_options(page: ControlFor) -> tuple[str, ...]:
    """The measures to choose from: those suggested, then those written before."""
    suggested = [one.text for one in page.concern.finding.suggest]
    return tuple(dict.fromkeys([*suggested, *(control.text for control in page.concern.controls)]))


def sign_words(page: Sign) -> Iterator[str]:
    """What signing says, in the person's own voice."""
    left = sum(concern.left for concern in page.concerns)
    if page.concerns:
        yield findings_title(page) + "."
    if left:
        yield f"Left to your manager: {left}."
    if page.urgent:
        yield f"Urgent, so you go before it is countersigned: {page.urgent}"
    yield "By signing you say that these are your answers, and that you have thought the visit through."
    yield "Then your manager decides. You can stop the visit at any time, whatever anybody has signed."


def ways_on(page: Findings) -> list[tuple[str, Event]]:
    """What can be done on the findings page, each with its event."""
    undecided = any(one.finding.level is not Level.NOTE and not _decided(one) for one in page.concerns)
    ways: list[tuple[str, Event]] = [(DECIDE if undecided else TO_SIGN, CONFIRM)]
    for concern in page.concerns:
        for question in concern.settle:
            way = (f"Change the answer to: {question.label}", Goto(question.id))
            if way not in ways:
                ways.append(way)
    ways += [
        (f"Decide again about: {concern.finding.text}", Reconsider(concern.finding.rule))
        for concern in page.concerns
        if _decided(concern)
    ]
    return ways


def _decided(concern: Concern) -> bool:
    return concern.left or bool(concern.controls)
