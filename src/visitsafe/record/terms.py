"""The vocabulary (design section 2): one word per thing, used in code, files and on screens.

Standard library only, so that every command can import it for nothing.
"""

from enum import StrEnum

TEAM_STREAM = "team"
"""The stream of the roster's entries; every other stream is a plan's id."""
NAMESPACE = "visitsafe"
"""The SSHSIG namespace of every signature (D3)."""
BEAT = "watching"
"""The kind of a watcher's signed heartbeat: a store keeps the newest of each watcher, outside the record."""


class Role(StrEnum):
    """What a person may do. One person may hold several."""

    PRACTITIONER = "practitioner"
    MANAGER = "manager"
    DUTY = "duty"
    ADMIN = "admin"
    WATCH = "watch"
    """A computer that nobody sits at: it watches and tells, and nothing else that it signs counts."""


ANSWERERS = frozenset({Role.MANAGER, Role.DUTY})
"""Who may open tracing details (D4), and stand an alarm down."""
WATCHERS = ANSWERERS | {Role.WATCH}
"""Who may run the watch."""
PLANNERS = frozenset({Role.PRACTITIONER, Role.MANAGER})
WRITERS = frozenset({Role.PRACTITIONER, Role.MANAGER})
"""Who may decide what is shared, and write documents of a case."""
PURGERS = frozenset({Role.MANAGER, Role.ADMIN})
"""Who may remove content, and hold a case or release it."""
ROLE_WORDS = {
    Role.PRACTITIONER: "practitioner",
    Role.MANAGER: "manager",
    Role.DUTY: "duty officer",
    Role.ADMIN: "admin",
    Role.WATCH: "watch",
    "line-manager": "line manager",
    "lone-worker": "the worker",
}
"""What roles, and those whom a ladder names besides them, are called where people read."""


class Level(StrEnum):
    """How much a finding weighs. There are no scores."""

    STOP = "stop"
    """Change the plan, or a manager decides in writing."""
    CONTROL = "control"
    """Needs a control measure."""
    NOTE = "note"
    """Worth knowing."""

    @property
    def weight(self) -> int:
        """Smaller is worse: for sorting worst first."""
        return _WEIGHT[self]


_WEIGHT = {level: place for place, level in enumerate(Level)}


class Answer(StrEnum):
    """The answers to a yes/no question. Not sure counts as the unsafe one (D7)."""

    YES = "yes"
    NO = "no"
    NOT_SURE = "not-sure"


class Company(StrEnum):
    """Whether anybody comes along, as far as somebody said so (D19)."""

    ALONE = "alone"
    WITH = "with somebody"
    NOT_SURE = "not sure"
    NOT_ASKED = "not asked"


class Decision(StrEnum):
    """A manager's decision on a plan, the most cautious last."""

    COUNTERSIGN = "countersign"
    RETURN = "return"
    REFUSE = "refuse"

    @property
    def caution(self) -> int:
        """Larger is more cautious: where concurrent decisions disagree, the larger stands (D1)."""
        return _CAUTION[self]


_CAUTION = {decision: place for place, decision in enumerate(Decision)}


class Status(StrEnum):
    """Where a plan stands."""

    AWAITING = "awaiting"
    COUNTERSIGNED = "countersigned"
    RETURNED = "returned"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"

    @classmethod
    def after(cls, decision: Decision) -> "Status":
        """The status which a decision gives a plan."""
        return {
            Decision.COUNTERSIGN: cls.COUNTERSIGNED,
            Decision.RETURN: cls.RETURNED,
            Decision.REFUSE: cls.REFUSED,
        }[decision]


class Stage(StrEnum):
    """How far a visit has come, by what was reported (design section 2)."""

    PLANNED = "planned"
    """Nobody has reported setting out."""
    DEPARTED = "departed"
    ARRIVED = "arrived"
    LEFT = "left"
    """Has left the address."""
    BACK = "back"


class Because(StrEnum):
    """Why an alarm was stood down."""

    SAFE = "safe"
    FALSE_ALARM = "false-alarm"
    INCIDENT = "incident"
    TEST = "test"


BECAUSE_WORDS = {
    Because.SAFE: "the worker is safe",
    Because.FALSE_ALARM: "a false alarm",
    Because.INCIDENT: "something happened",
    Because.TEST: "only a test",
}


class Document(StrEnum):
    """The documents that the procedures ask for, each an entry of its case (3.10, 4.14, 9.5)."""

    AGREEMENT = "agreement"
    """The written agreement with the family."""
    RISK_REDUCTION = "risk-reduction"
    """Who does what across the agencies to make it safer for professionals."""
    SUPERVISION = "supervision"
    """What was agreed in staff supervision, before the next visit."""
    MEETING = "meeting"
    """A professionals' meeting, proposed or held."""
    TELLING = "telling"
    """What, how and when the family is told of what the professionals shared."""


class Outcome(StrEnum):
    """What became of a message. Sent is not read, and read is not owned."""

    SENT = "sent"
    FAILED = "failed"
