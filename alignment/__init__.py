"""From culture data to an adapter: `python -m alignment`, stage by stage, file in, file out.

It stands beside the service and asks it over HTTP, like everybody: a teacher is any OpenAI-compatible
endpoint, a council of our own too.
"""
