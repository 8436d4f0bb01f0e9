"""Out of the house and in again: bundle, import, verify, checkpoint, calendar, doctor."""
