"""visitsafe: visit plans that are thought through, signed, countersigned and provable."""

__version__ = "0.1.0"
