"""`python -m evaluation.report`: from Inspect logs to rows, statistics, one table and plots."""
