"""What people type and read: cleaned, escaped, dated, counted, drawn. Knows nothing of visits.

Pure but for `files.py`, which writes whole files. `clock.py` has the times of entries and how they are told,
`times.py` and `days.py` read what somebody typed; a page is built of `blocks.py`, which escapes as it draws.
"""
