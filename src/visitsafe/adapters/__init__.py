"""The edges: files, settings, the store, the terminal."""
