"""The signed format, enough for a second verifier: entries, bodies, causal order, references, keys, seals.

Pure but for keys. Begin with `terms.py` (the words) and `kinds.py` (one row for each kind of entry);
`entry.py` reads, signs and verifies one, `order.py` says who had seen what, `stored.py` is what a store
hands back. Nothing here says what an entry means: that is `state/`. docs/record-format.md is the same for
people.
"""
