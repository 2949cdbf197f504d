"""The conformance driver of the Python client: `driver.py sync CASES.json` or `driver.py async CASES.json`."""

import asyncio
import json
import sys
from pathlib import Path

import blocking
import nonblocking


async def _run_async(cases: list[blocking.Case]) -> None:
    for case in cases:
        await nonblocking.run_case(case)


def main() -> None:
    """Run all cases of a file."""
    face, path = sys.argv[1:]
    cases = json.loads(Path(path).read_text(encoding="utf-8"))["cases"]
    if face == "async":
        asyncio.run(_run_async(cases))
    else:
        for case in cases:
            blocking.run_case(case)


if __name__ == "__main__":
    main()
