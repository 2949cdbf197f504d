"""JSON that a server sent, checked for being what it has to be."""

import json
from collections.abc import Iterable
from typing import Any

from morphogen_client.errors import BrokenStreamError


def parsed(name: str, data: bytes | str, fields: Iterable[str]) -> dict[str, Any]:
    """The JSON object called `name`, which has these fields. Raises BrokenStreamError."""
    try:
        document = json.loads(data)
    except ValueError as error:
        raise BrokenStreamError(f"{name}: the part is no readable JSON") from error
    wanted = tuple(fields)
    if not isinstance(document, dict) or not document.keys() >= set(wanted):
        raise BrokenStreamError(f"{name}: the part is no object with {', '.join(wanted)}")
    return document
