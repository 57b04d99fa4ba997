"""Trains the small models of detection, and measures detection. Nothing imports it."""
