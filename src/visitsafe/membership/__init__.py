"""Founding, joining, roles, leaving, changing keys, giving details: what both doors need. Asks nothing.

Begin with `joining.py` for a first run and `change.py` for a team that changes.
"""
