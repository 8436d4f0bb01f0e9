"""Out of the house and in again: bundle, import, verify, checkpoint, calendar, doctor.

Begin with `bundle.py` and `importing.py`. What comes in is hostile until it is verified, and is named
before it is taken in; `verify.py` says what holds, what does not, and what merely does not count.
"""
