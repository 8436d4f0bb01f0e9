"""Asking a questionnaire and keeping the answers. Decides nothing about plans."""
