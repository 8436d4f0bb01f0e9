"""The bodies of what is recorded after a visit: incident, debrief, sharing, documents, markers (3, 4, 7.5).

Structs, as in `plan`. What was asked stands in the entry as it was shown, so that it outlives its form. Days
are text, `2026-11-23`; times UTC text as in the entries. What is added later is optional here.
"""

from visitsafe.record.plan import Body, Duty, Finding, Made, Shown
from visitsafe.record.report_bodies import Heard

NOT_ASKED = "not-asked"
"""What an incident says of whether anybody was hurt where its form does not ask it."""


class Action(Body, frozen=True, kw_only=True):
    """What somebody will do: `who` by role and agency or name, `by` a day, empty where none was named."""

    what: str
    who: str
    by: str = ""


class Filled(Body, frozen=True, kw_only=True):
    """A form that was filled in: what an incident, a debrief and a document have in common.

    Attributes:
        of: The entry id of the plan's version that the signer had before them.
        form: The checklist of kind `form`.
        answers: By question id.
        shown: Questions and answers in words, in the order asked.
        findings: What the answers raised: pointers, never verdicts.
        heard: If somebody else than whom it happened to signs: whose word it is.
        happened: When it happened, if that is not when it was signed; else empty.
        sharing: What has to be shared with other professionals because of it.
        replaces: The entry that this one corrects; empty if none. Both stay in the record.
    """

    of: str
    form: Made
    answers: dict[str, str | tuple[str, ...]]
    shown: tuple[Shown, ...] = ()
    findings: tuple[Finding, ...] = ()
    heard: Heard | None = None
    happened: str = ""
    sharing: tuple[Duty, ...] = ()
    replaces: str = ""


class IncidentBody(Filled, frozen=True, kw_only=True):
    """The body of `incident`.

    Attributes:
        near_miss: Nothing came of it, and it might have.
        behaviours: Which kinds of threatening behaviour (6.2), by the ids of the form's choices.
        hurt: Whether anybody was hurt: `yes`, `no`, `not-sure`, or `not-asked`.
    """

    near_miss: bool = False
    behaviours: tuple[str, ...] = ()
    hurt: str = "no"


class DebriefedBody(Filled, frozen=True, kw_only=True):
    """The body of `debriefed`.

    Attributes:
        next_time: What changes next time, in the worker's words: carried to the next plan of the case.
        not_seen: Who was to be seen and was not.
        effects: How it felt, by the ids of the form's choices (6.6); empty if nothing was said.
        about: The incidents that its author was shown, by entry id; None if it does not say.
    """

    next_time: str = ""
    not_seen: str = ""
    effects: tuple[str, ...] = ()
    about: tuple[str, ...] | None = None


class DocumentedBody(Filled, frozen=True, kw_only=True):
    """The body of `documented`: a document of the case.

    Attributes:
        document: Which: a `terms.Document`.
        actions: Who does what by when.
        review: The day on which it is looked at again; empty if it names none.
    """

    document: str
    actions: tuple[Action, ...] = ()
    review: str = ""


class SharedBody(Body, frozen=True, kw_only=True):
    """The body of `shared`: a duty to tell other professionals was met, or it was decided not to.

    Attributes:
        of: The entry that made it a duty: a version of the plan, an incident or a debrief; for something
            shared without a duty, the version of the plan.
        trigger: The duty's trigger; empty if it was no duty.
        decision: `share` or `not-share`.
        recipients: Who was told, each by role and agency.
        how: By what way: by telephone, at a meeting, by letter.
        what: What was said: facts and precautions.
        reason: Why not, if not.
        happened: When, if that is not when it was signed; else empty.
    """

    of: str
    trigger: str = ""
    decision: str
    recipients: tuple[str, ...] = ()
    how: str = ""
    what: str = ""
    reason: str = ""
    happened: str = ""


class MarkedBody(Body, frozen=True, kw_only=True):
    """The body of `marked`: where a warning marker about the case stands, or that there is none (D14).

    Attributes:
        of: The entry id of the plan's version that the signer had before them.
        found: Whether there is a marker.
        system: The system that holds it.
        reference: Its reference there. Never what it says.
        checked: The day on which it was looked up.
        review: The day on which its review is due; empty if it names none.
    """

    of: str
    found: bool
    checked: str
    system: str = ""
    reference: str = ""
    review: str = ""


AfterBody = IncidentBody | DebriefedBody | DocumentedBody | SharedBody | MarkedBody
