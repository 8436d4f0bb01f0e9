"""What managers read: the page, the case pack, patterns, the report, the audit."""
