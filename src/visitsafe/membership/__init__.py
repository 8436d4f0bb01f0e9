"""Founding, joining, roles, leaving, changing keys, giving details: what both doors need. Asks nobody anything.

Begin with `joining.py` for a first run and `change.py` for a team that changes.
"""
