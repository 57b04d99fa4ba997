"""The pages of the reference, made out of the code: `python -m docs.generate` prints them as JSON, by path.

It runs in the service's own environment, from the root of the repository; `docs/hooks.py` puts its pages into
the site. A page is never committed: what it says is what the code says today.
"""

import json
import sys

from docs.generate.api import api_page
from docs.generate.cli import cli_page
from docs.generate.cultures import cultures_page
from docs.generate.prompts import prompts_page
from docs.generate.settings import settings_page


def pages() -> dict[str, str]:
    """Every generated page, Markdown by its path below docs/.

    Raises:
        ValueError: a setting has no words, words name no setting, or a table has no place in its page.
    """
    return {
        "cultures.md": cultures_page(),
        "reference/api.md": api_page(),
        "reference/cli.md": cli_page(),
        "reference/settings.md": settings_page(),
        "reference/prompts.md": prompts_page(),
    }


if __name__ == "__main__":
    json.dump(pages(), sys.stdout, ensure_ascii=False)
