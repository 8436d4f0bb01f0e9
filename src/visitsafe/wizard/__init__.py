"""Asking a questionnaire and keeping the answers. Decides nothing about plans.

Pure but for `draft.py`. Begin with `step.py`: a page of a session, and the session after an answer; a door
only draws the one and reads the other. `session.py` has the rules of the flow, `words.py` what no checklist
says.
"""
