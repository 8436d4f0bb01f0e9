"""Who may do what by which key, as the record stood: roster, roles, the same person, tracing details. Pure.

Begin with `roster.py`: the fold of the team's stream. `resolve.py` decides which of its statements count.
"""
