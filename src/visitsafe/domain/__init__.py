"""What visitsafe knows: words, checklists, entries, fold. Pure: no IO, clock, randomness, terminal."""
