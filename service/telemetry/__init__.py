"""What is told of each request: ids, records, logs, metrics, spans. Never a word of what was said."""
