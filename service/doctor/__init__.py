"""`polylect doctor`: looks at all that serving needs, and says what to do about what it finds."""
