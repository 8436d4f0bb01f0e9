"""Who may do what by which key, as the record stood: roster, roles, the same person, tracing details."""
