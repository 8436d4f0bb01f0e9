"""Before the visit: what is known, composed, signed, decided.

Begin with `sign.py` (the worker) and `decide.py` (the manager). `compose.py` makes the body of a plan and
finds what one leaves out; `known.py` and `last_time.py` gather what the record knows of the visit and its
case.
"""
