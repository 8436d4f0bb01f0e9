"""Where entries are kept, and only that: SQLite, PostgreSQL, copies of them.

The promises are `record.stored.Store`, held by tests/contract. Begin with `open.py`, the one switch. A row of
the list is a summary that nobody signed: nothing that somebody decides may hang on it alone.
"""
