"""Before the visit: what is known, composed, signed, decided."""
