"""What shows in the record of a case: patterns by which prompts for staff supervision are chosen (3.6, 5.3).

A pattern is a fact about the record, such as visits in the evening. It says nothing about a person. Pure.
"""

from enum import StrEnum


class Pattern(StrEnum):
    """A pattern, by the id that checklists name it with."""

    EVENINGS = "evenings"
    """Visits that begin or end after dark or in the evening."""
    ALONE = "alone"
    """Visits to a case with hostility that were made alone."""
    CANCELLED = "cancelled"
    """Visits that were withdrawn or never set out on."""
    SEEN_ELSEWHERE = "seen-elsewhere"
    """Refused or moved: telephone, letter or office instead of the home."""
    SAME_WORKER = "same-worker"
    """Always the same person goes."""
    NEVER_DEPARTED = "never-departed"
    """Debriefed or reported on, and nobody ever set out."""
    STOPPED = "stopped"
    """Visits that were broken off."""
    SHORTER = "shorter"
    """Visits get shorter from one to the next."""
    OVERDUE = "overdue"
    """An alarm was raised."""
    INCIDENT = "incident"
    """There was an incident or a near miss."""
    REPEATED_INCIDENTS = "repeated-incidents"
    """There were two or more."""
    IDENTITY = "identity"
    """Abuse because of who somebody is."""
    HOSTILITY_UNREPORTED = "hostility-unreported"
    """The plans tell of hostility, and no incident was ever recorded."""
    NOT_SHARED = "not-shared"
    """A duty to share is overdue, or it was decided not to."""
    NOT_SEEN = "not-seen"
    """Somebody who was to be seen was not."""
    THINGS_UNSAID = "things-unsaid"
    """A debrief says that something was left unsaid or not asked."""
    RELIEVED = "relieved"
    """A debrief says that it was a relief when nobody answered."""
    NOT_DEBRIEFED = "not-debriefed"
    """A visit that asked to be talked over was not."""
    CONCERNS_UNANSWERED = "concerns-unanswered"
    """Findings went to visits without a control measure."""
