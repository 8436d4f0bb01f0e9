"""The signed format: entries, bodies, causal order, references, keys, signatures, sealing."""
