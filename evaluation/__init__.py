"""Judges a running service from outside, as any client would, with Inspect AI's tasks, scorers and logs."""
