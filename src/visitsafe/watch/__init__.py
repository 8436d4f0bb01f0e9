"""Who is late, who is told, who has it: watcher, board, messages, notifications."""
