"""The tables of a store as earlier versions had them, and the statements on them, for `migrations`.

Nothing here is ever changed: a store of such a version looks like this for ever.
"""

# What is left of a plan whose entries are gone counts as open: closed by nothing that can be shown.
ROW_1 = (
    "SELECT plan, status, 'planned', '', by, case_ref, area, start, due_back, level, urgent, entries, newest"
    " FROM plans WHERE plan = ?"
)
ROW_2 = (
    "SELECT plan, status, stage, closed, by, case_ref, area, start, due_back, level, urgent, entries, newest"
    " FROM plans WHERE plan = ?"
)
ADD_2 = (
    "INSERT INTO plans"
    " (plan, status, stage, closed, by, case_ref, area, start, due_back, level, urgent, entries, newest)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
PLANS_2 = (
    """CREATE TABLE plans (
  plan TEXT PRIMARY KEY NOT NULL,
  status TEXT NOT NULL,
  stage TEXT NOT NULL,
  closed TEXT NOT NULL,
  by TEXT NOT NULL,
  case_ref TEXT NOT NULL,
  area TEXT NOT NULL,
  start TEXT NOT NULL,
  due_back TEXT NOT NULL,
  level TEXT NOT NULL,
  urgent INTEGER NOT NULL,
  entries INTEGER NOT NULL,
  newest TEXT NOT NULL
) STRICT""",
    "CREATE INDEX plans_start ON plans (start DESC, plan)",
    "CREATE INDEX plans_open ON plans (start DESC, plan) WHERE closed = ''",
    "CREATE INDEX plans_case ON plans (case_ref, start DESC, plan)",
)
WATCHING_2 = (
    """CREATE TABLE beats (
  watcher TEXT PRIMARY KEY NOT NULL,
  received TEXT NOT NULL,
  payload BLOB NOT NULL,
  signature TEXT NOT NULL
) STRICT""",
    """CREATE TABLE claims (
  what TEXT PRIMARY KEY NOT NULL,
  holder TEXT NOT NULL,
  until TEXT NOT NULL
) STRICT""",
)
ROW_3 = (
    "SELECT plan, status, stage, closed, by, case_ref, area, start, due_back, level, urgent, entries, newest,"
    " '' FROM plans WHERE plan = ?"
)
RETENTION_3 = (
    """CREATE TABLE purges (
  id TEXT PRIMARY KEY NOT NULL,
  entry TEXT NOT NULL,
  at TEXT NOT NULL
) STRICT""",
    """CREATE TRIGGER entries_no_update BEFORE UPDATE ON entries
WHEN NOT (
  length(NEW.payload) = 0 AND OLD.stream <> 'team' AND OLD.kind <> 'purged'
  AND NEW.position = OLD.position AND NEW.stream = OLD.stream AND NEW.kind = OLD.kind
  AND NEW.at = OLD.at AND NEW.by = OLD.by AND NEW.received = OLD.received
  AND NEW.id = OLD.id AND NEW.signature = OLD.signature AND NEW.chain = OLD.chain
  AND EXISTS (SELECT 1 FROM purges AS p JOIN entries AS e ON e.id = p.entry
    WHERE p.id = OLD.id AND e.stream = OLD.stream AND e.kind = 'purged')
)
BEGIN SELECT RAISE(ABORT, 'an entry is never changed'); END""",
    """CREATE TRIGGER purges_no_update BEFORE UPDATE ON purges
BEGIN SELECT RAISE(ABORT, 'what was removed stays noted'); END""",
    """CREATE TRIGGER purges_no_delete BEFORE DELETE ON purges
BEGIN SELECT RAISE(ABORT, 'what was removed stays noted'); END""",
)
