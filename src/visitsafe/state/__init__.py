"""What the entries of one plan mean: who may say what, the fold, the visit, the ladder, what is owed. Pure.

The heart of the house: it reads no clock and no store, and asks nobody. Begin with `fold.py`; `rules.py`
says whether an entry counts, `visit.py` by what somebody is watched (D18), `ladder.py` what is due when,
`duties.py` what has to be told. Whoever may not see something is given a state without it: `redaction.py`.
"""
