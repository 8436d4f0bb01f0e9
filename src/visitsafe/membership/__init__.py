"""Founding, joining, roles, leaving, changing keys, giving details."""
