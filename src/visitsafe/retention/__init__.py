"""What goes, when, and what holds it."""
