"""The HTTP service: OpenAI's wire in front of the pipeline."""
