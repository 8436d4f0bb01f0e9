"""What a question can mean to visitsafe: the closed list of those whose answers code looks at.

A question means what its id says, unless its file says otherwise (`means: hurt`), so that an agency may call
its question as it likes. An entry keeps answers by meaning, and by the question's id where there is none.
Whatever nobody asks is left out of what would follow from it.
"""

from enum import StrEnum
from typing import Self


class Meaning(StrEnum):
    """What a question asks; of its choices code knows those of the form that ships.

    Attributes:
        forms: The ids of the forms in which it is looked for.
    """

    forms: tuple[str, ...]

    def __new__(cls, word: str, *forms: str) -> Self:
        """A meaning as it is written, and the forms in which it is looked for."""
        one = str.__new__(cls, word)
        one._value_, one.forms = word, forms
        return one

    NEAR_MISS = "near-miss", "incident"
    BEHAVIOURS = "behaviours", "incident"
    HURT = "hurt", "incident"
    INJURY = "injury", "incident"
    SERIOUS = "injury-serious", "incident"
    OFF_WORK = "off-work", "incident"
    SEEN_AND_HEARD = "seen-and-heard", "incident"
    WHEN = "when-it-happened", "incident"
    OTHERS_AT_RISK = "others-at-risk", "incident"
    OTHERS_WHO = "others-who", "incident", "debrief"
    POLICE = "police", "incident"
    GO_ON = "go-on", "incident"
    IDENTITY = "identity", "incident"

    AFTER_INCIDENT = "after-incident", "debrief"
    WENT = "went", "debrief"
    DIFFERENT = "different", "debrief"
    ANY_NOT_SEEN = "any-not-seen", "debrief"
    NOT_SEEN = "not-seen", "debrief"
    LIVING_WITH = "living-with", "debrief"
    EFFECTS = "effects", "debrief"
    ANY_UNSAID = "any-unsaid", "debrief"
    UNSAID = "unsaid", "debrief"
    RELIEVED = "relieved", "debrief"
    NEW_FOR_OTHERS = "new-for-others", "debrief"
    NEXT_TIME = "next-time", "debrief"

    REVIEW = "review", "agreement", "meeting", "risk-reduction", "supervision-plan", "telling-family"
    NOT_ACCEPTABLE = "not-acceptable", "agreement"
    NOT_ACCEPTABLE_OWN = "not-acceptable-own", "agreement"
    FOLLOWS = "follows", "agreement"
    FOLLOWS_OWN = "follows-own", "agreement"
    STILL_SEEN = "still-seen", "agreement"
    EXPECT = "expect", "agreement"
    EXPECT_OWN = "expect-own", "agreement"
    COMPLAIN = "complain", "agreement"
    HOW_GIVEN = "how-given", "agreement"
    LANGUAGE = "language", "agreement"
    GONE_THROUGH_WITH = "gone-through-with", "agreement"
    GONE_THROUGH_ON = "gone-through-on", "agreement"
    THEIR_VIEW = "their-view", "agreement"
    AGREED = "agreed", "agreement"
    STAGE = "stage", "meeting"
    MEETING_DAY = "meeting-day", "meeting"
    NEXT_MEETING = "next-meeting", "risk-reduction"
    TELL_BY = "tell-by", "telling-family"
    TELL_WHEN = "tell-when", "telling-family"

    WILL_CHANGE = "what-will-change", "manager-duties"
    POLICY_KNOWN = "policy-known", "manager-duties"
    TIME_TO_PLAN = "time-to-plan", "manager-duties"
    EQUIPMENT = "equipment", "manager-duties"
    FINDABLE = "findable", "manager-duties"
    MONITORING = "monitoring", "manager-duties"
    TOLD_WHEN_OVER = "told-when-over", "manager-duties"
    OVERDUE_TAKEN = "overdue-taken", "manager-duties"
    TRAINING = "training", "manager-duties"
    INDUCTION = "induction", "manager-duties"
    SUPERVISION = "supervision", "manager-duties"
    FEAR_ASKED = "fear-asked", "manager-duties"
    LOOKED_INTO = "incidents-looked-into", "manager-duties"
    POLICE_TOLD = "police-told", "manager-duties"
    OTHERS_TOLD = "others-told", "manager-duties"
    MARKERS = "markers", "manager-duties"
    FAIR_LOAD = "fair-load", "manager-duties"
    GIVEN_OUT = "work-given-out", "manager-duties"
    FILES = "files-looked-at", "manager-duties"
    UNCOOPERATIVE = "uncooperativeness"
    THREAT = "threat-expected"
    MARKER = "warning-marker"
    PHONE = "phone"
    JOINT = "joint-visit"
    HAS_DETAILS = "manager-has-details"
    DAYLIGHT = "daylight"
    LIGHT_BECAUSE = "daylight-because"
    DARK_BECAUSE = "dark-because"

    ACTION = "action-1", "meeting", "risk-reduction", "supervision-plan"


ACTIONS = tuple(f"action-{number}" for number in range(1, 7))
"""What the questions for the actions of a document mean; `-who` and `-by` behind it for the rest of each."""
MEANINGS = frozenset({*Meaning, *(f"{one}{rest}" for one in ACTIONS for rest in ("", "-who", "-by"))})
FORMS = frozenset(form for one in Meaning for form in one.forms)
"""The ids of the forms that commands open."""
