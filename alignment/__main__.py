"""`python -m alignment STAGE CONFIG.toml`."""

from alignment.command import app

app()
