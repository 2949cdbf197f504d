"""Whether what a driver reported is what a case expects.

What is expected of a field is a value, or an object of any of these: `oneOf` (values), `least` and `most` (numbers),
`contains` (a text that is part of it). A field that is not mentioned may be anything.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Result = Mapping[str, Any]

OUTCOMES = (
    "ok",
    "invalid_request",
    "not_found",
    "overloaded",
    "unavailable",
    "unauthenticated",
    "permission_denied",
    "deadline_exceeded",
    "cancelled",
    "generation",
    "unsupported",
    "server",
    "broken_stream",
    "checksum_mismatch",
    "skipped",
    "untyped",
)
REQUIRED = ("case", "outcome", "parts", "bytes", "elapsedMs")


def faults(expected: Mapping[str, Any], result: Result) -> list[str]:
    """What is wrong with a result, in words; nothing if it passes."""
    return [*_malformed(result), *_inconsistent(result), *_differing(expected, result)]


def _malformed(result: Result) -> Iterator[str]:
    """What breaks the contract of drivers."""
    missing = [name for name in REQUIRED if name not in result]
    if missing:
        yield f"the result lacks {', '.join(missing)}"
    outcome = result.get("outcome")
    if outcome not in OUTCOMES:
        yield f"there is no outcome {outcome!r}"
    if outcome == "untyped":
        yield f"no typed error, but {result.get('message', '')[:300]!r}"
    if result.get("leaks"):
        yield f"left behind: {', '.join(map(str, result['leaks']))[:300]}"


def _inconsistent(result: Result) -> Iterator[str]:
    """What cannot be true of any case."""
    whole = result.get("outcome") == "ok" and not result.get("firstSequence")
    digest, handed = result.get("sha256"), result.get("handedSha256")
    if whole and digest and handed and digest != handed:
        yield f"the parts that were handed out have the digest {handed}, the trailer says {digest}"


def _differing(expected: Mapping[str, Any], result: Result) -> Iterator[str]:
    for name, wanted in expected.items():
        given = result.get(name)
        if not matches(wanted, given):
            told = f" ({result['message'][:200]})" if name == "outcome" and result.get("message") else ""
            yield f"{name} is {given!r}{told}, expected {shown(wanted)}"


def matches(wanted: Any, given: Any) -> bool:
    """Whether a value is what is wanted of it."""
    if not isinstance(wanted, Mapping):
        return bool(wanted == given)
    return all(_holds(name, value, given) for name, value in wanted.items())


def shown(wanted: Any) -> str:
    """What is wanted, for people."""
    if not isinstance(wanted, Mapping):
        return repr(wanted)
    return " and ".join(f"{name} {value!r}" for name, value in wanted.items())


def _holds(name: str, value: Any, given: Any) -> bool:
    match name:
        case "oneOf":
            return given in value
        case "least":
            return isinstance(given, int | float) and given >= value
        case "most":
            return isinstance(given, int | float) and given <= value
        case "contains":
            return isinstance(given, str | list) and value in given
    raise ValueError(f"cases cannot expect {name!r}")
