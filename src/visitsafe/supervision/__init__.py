"""What managers read: the page of a visit, the pack of a case, the team's report, the audit of what they owe.

Nothing here decides or signs, but for the audit. Whoever may not see something gets a state without it
(`state/redaction.py`, `state/duress_redaction.py`), so no page asks who reads it. Begin with `page.py`: it
is blocks (`text/blocks.py`), drawn as markdown. `shapes.py` is the same as JSON. `pack.py` looks across the
visits of a case with `patterns.py`; `report.py` is a table of figures that `figures.py` counts; `evidence.py`
puts them beside the questions of the audit.
"""
