"""What visitsafe does: gather, decide (pure), apply. No terminal, no files of its own."""
