"""What strangers say, as a terminal may show it: text alone, and no orders to the terminal."""

import re
from typing import Any

# C0, DEL and C1, which begin all that moves, colours, links, renames or copies; newline and tab may stay. Of
# an order that has lost its beginning the rest is shown as letters. Half a character cannot be shown at all.
_ORDERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def plain(value: Any) -> Any:
    """This text without control characters; of mappings and lists all that they hold, keys too."""
    if isinstance(value, str):
        return _ORDERS.sub("", value)
    if isinstance(value, dict):
        return {plain(key): plain(one) for key, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list) else value
