"""POST /v1/responses: OpenAI's newer wire, in front of the same pipeline."""
