"""What goes, when, and what holds it.

Begin with `policy.py`. Content goes by a signed entry, and only where the day is known from elsewhere than
one clock; what stays of a plan is in `state/removed.py`.
"""
