"""Where entries are kept, and only that: SQLite, PostgreSQL, copies."""
