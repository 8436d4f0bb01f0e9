"""The wizard after the questions: findings, control measures and who does each.

A finding of level stop or control asks for a control measure, or is left to the manager; that is decided
once, and again if the finding went away and came back. A finding that goes takes its control measures with
it, and the person is told.
"""

from msgspec.structs import replace

from visitsafe.checklists.assessment import holds, look
from visitsafe.checklists.questionnaire import Questionnaire
from visitsafe.record.bodies import Control, Finding
from visitsafe.record.terms import Level
from visitsafe.wizard.draft import findings
from visitsafe.wizard.draft_file import DraftStage, Session
from visitsafe.wizard.screens import (
    Concern,
    ControlFor,
    Measures,
    Progress,
    Screen,
    WhoDoes,
    WriteControl,
    Wrote,
)
from visitsafe.wizard.walk import PageWalk


def concerns(questionnaire: Questionnaire, session: Session) -> tuple[Concern, ...]:
    """The findings, worst first, each with what would settle it and what was decided about it.

    What earlier visits leave to be known comes last: notes.
    """
    walk = PageWalk(questionnaire, session.answers, frozenset())
    found = (*findings(questionnaire, session), *session.known)
    why = {rule.id: rule.why for rule in questionnaire.rules}
    return tuple(
        Concern(
            finding=finding,
            settle=tuple(questionnaire.by_id[name] for name in finding.settle if walk.applicable.get(name)),
            controls=_controls(session, finding.rule),
            left=_left(session, finding),
            why=why.get(finding.rule, ""),
        )
        for finding in found
    )


def _left(session: Session, finding: Finding) -> bool:
    """Left to the manager: decided on, with no control measure. A note is nothing to decide on."""
    undecided = finding.level is Level.NOTE or finding.rule not in session.considered
    return not undecided and not _controls(session, finding.rule)


def to_decide(questionnaire: Questionnaire, session: Session) -> tuple[Concern, ...]:
    """The findings that want a control measure, one for each rule."""
    wanted = [one for one in concerns(questionnaire, session) if one.finding.level is not Level.NOTE]
    by_rule: dict[str, Concern] = {}
    for concern in wanted:
        by_rule.setdefault(concern.finding.rule, concern)
    return tuple(by_rule.values())


def _controls(session: Session, rule: str) -> tuple[Control, ...]:
    return tuple(control for control in session.controls if control.rule == rule)


def decided(session: Session, rule: str) -> bool:
    """Whether a finding has its control measures, each with who does it, or was left to the manager."""
    return rule in session.considered and all(control.who for control in _controls(session, rule))


def control_screen(session: Session, wanted: tuple[Concern, ...], number: int) -> Screen:
    """The page for one finding: choose, then write one's own, then who does each."""
    concern = wanted[number]
    rule = concern.finding.rule
    if rule in session.considered and session.writing:
        return WriteControl(concern, session.half)
    if rule in session.considered:
        nobody = next((control for control in concern.controls if not control.who), None)
        if nobody is not None:
            return WhoDoes(nobody, session.half)
    return ControlFor(concern, Progress(number + 1, len(wanted)))


def measured(session: Session, event: Measures) -> Session:
    """Control measures were chosen; those that were there before keep who does them."""
    before = {control.text: control for control in _controls(session, event.rule)}
    chosen = [
        before.get(text, Control(rule=event.rule, text=text, who="")) for text in dict.fromkeys(event.texts)
    ]
    others = [control for control in session.controls if control.rule != event.rule]
    return replace(
        session,
        controls=(*others, *chosen),
        considered=tuple(dict.fromkeys((*session.considered, event.rule))),
        writing=event.write,
        half="",
    )


def wrote(session: Session, event: Wrote) -> Session:
    """A control measure was written. With nothing written and nothing chosen, the choice is open again."""
    new = (Control(rule=event.rule, text=event.text, who=""),) if event.text else ()
    session = replace(session, controls=session.controls + new, writing=False, half="")
    return session if _controls(session, event.rule) else reopened(session, event.rule)


def who_does(session: Session, rule: str, text: str, who: str) -> Session:
    """Somebody takes a control measure on."""
    controls = tuple(
        replace(control, who=who) if (control.rule, control.text) == (rule, text) else control
        for control in session.controls
    )
    return replace(session, controls=controls, half="")


def reopened(session: Session, rule: str) -> Session:
    """A finding is decided on once more; what was chosen stays as the offer."""
    considered = tuple(name for name in session.considered if name != rule)
    return replace(
        session, stage=DraftStage.CONTROLS, cursor=rule, considered=considered, writing=False, half=""
    )


def forget_settled(questionnaire: Questionnaire, before: Session, after: Session) -> Session:
    """A finding that is gone is no longer decided on, and its control measures no longer count."""
    possible = _possible(questionnaire, after)
    lost = _possible(questionnaire, before) - possible
    gone = [control.text for control in after.controls if control.rule in lost]
    notices = (f"No longer needed, because the finding is gone: {'; '.join(gone)}.",) if gone else ()
    return replace(
        after,
        considered=tuple(rule for rule in after.considered if rule in possible),
        notices=after.notices + notices,
    )


def _possible(questionnaire: Questionnaire, session: Session) -> set[str]:
    """The rules that are raised, or still may be, depending on what is open."""
    _, seen = look(questionnaire, session.answers)
    return {rule.id for rule in questionnaire.rules if holds(rule.when, seen) is not False}
