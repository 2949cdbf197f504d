# ruff: noqa: INP001, T201 - a script that prints
"""What can go wrong, and how it is told.

python 05_errors.py [HOST:PORT]
"""

import sys

from morphogen_client import (
    DEFAULT_SERVER,
    Client,
    DeadlineExceededError,
    InvalidRequestError,
    OverloadedError,
    RetryPolicy,
    UnavailableError,
)

with Client(sys.argv[1] if len(sys.argv) > 1 else DEFAULT_SERVER) as client:
    try:
        client.texture("marshmallow")
    except InvalidRequestError as error:
        print(f"{error.field} must be one of {error.allowed}")
    try:
        client.texture("stone", size_px=2048, timeout_s=0.05)
    except DeadlineExceededError as error:
        print("too slow for 50 ms:", error)
    except OverloadedError as error:  # a server that knows how long it takes does not even begin
        print(f"refused, too slow for 50 ms: {error}; it asks to wait {error.retry_after_s} s")

with Client("127.0.0.1:1", retry=RetryPolicy(attempt_count=2)) as client:
    try:
        client.texture("stone")
    except UnavailableError as error:
        print("nobody there:", error)
