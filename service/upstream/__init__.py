"""The agents' Model port: how backbones are reached. Only here is aiohttp or LiteLLM imported."""
