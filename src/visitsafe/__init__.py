"""visitsafe: visit plans that are thought through, signed, countersigned and provable."""
