"""Who is late, who is told, who has it: the watcher, the board, messages, notifications.

Begin with `watcher.py` (one round) and `board.py` (what a person sees). Nothing may make the watch over
somebody silent: what cannot be read or sent is said, and the rest goes on.
"""
