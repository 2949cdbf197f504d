"""From what a person types to requests: the small languages of the options, with errors that name the option."""

import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

import engine
from engine.errors import InvalidRequestError
from engine.requests.texture import MASK_MAX_BYTES, Blend, Color, Pattern

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
WeightsOption = Annotated[
    Path | None, typer.Option("--weights", metavar="FILE", help="Weights to measure instead of the shipped ones.")
]


TextureWeightsOption = Annotated[
    Path | None, typer.Option("--weights", metavar="FILE", help="Your own texture weights instead of the shipped ones.")
]


class Tier(StrEnum):
    """Size and quality class of the shipped texture weights."""

    S = "S"
    M = "M"


TierOption = Annotated[
    Tier | None,
    typer.Option("--tier", help="Shipped texture weights: S is smaller and faster.", show_default="M"),
]
ServerOption = Annotated[
    str | None, typer.Option("--server", metavar="HOST:PORT", help="Ask this server instead of computing here.")
]
TokenFileOption = Annotated[
    Path | None, typer.Option("--token-file", metavar="FILE", help="File with the server's bearer token.")
]
RootCertificatesOption = Annotated[
    Path | None,
    typer.Option("--root-certificates", metavar="FILE", help="PEM file with whom to trust; turns TLS on."),
]
ClientCertificateOption = Annotated[
    Path | None,
    typer.Option("--client-certificate", metavar="FILE", help="PEM file that proves who asks; turns TLS on."),
]
ClientKeyOption = Annotated[
    Path | None, typer.Option("--client-key", metavar="FILE", help="PEM file with the client certificate's key.")
]


RequiredServerOption = Annotated[
    str, typer.Option("--server", metavar="HOST:PORT", help="The server that streams.", show_default=False)
]
SERVER_OPTIONS: Mapping[str, Any] = {
    "server": RequiredServerOption,
    "token_file": TokenFileOption,
    "root_certificates": RootCertificatesOption,
    "client_certificate": ClientCertificateOption,
    "client_key": ClientKeyOption,
}
PLACE_OPTIONS: Mapping[str, Any] = {
    "weights": TextureWeightsOption,
    "tier": TierOption,
    **SERVER_OPTIONS,
    "server": ServerOption,
}


@dataclass(frozen=True, slots=True)
class ServerAccess:
    """A server and the files that let one in."""

    server: str
    token_file: Path | None = None
    root_certificates: Path | None = None
    client_certificate: Path | None = None
    client_key: Path | None = None


def weights_of(weights: Path | None, tier: Tier | None) -> Path | None:
    """The file of weights to use, None for the default. Raises InvalidRequestError where both are given."""
    if tier is None:
        return weights
    if weights is not None:
        raise InvalidRequestError("--tier", str(tier), "only without --weights, which have their own")
    return Path(engine.__path__[0]) / "weights" / f"texgen-{tier.lower()}.safetensors"


def access_from(
    server: str | None,
    weights: Path | None,
    token_file: Path | None,
    root_certificates: Path | None,
    client_certificate: Path | None,
    client_key: Path | None,
) -> ServerAccess | None:
    """The server to ask, None for this process. Raises InvalidRequestError for options that only fit the other."""
    if server is not None:
        if weights is not None:
            raise InvalidRequestError("--weights", str(weights), "only without --server, which has its own")
        return ServerAccess(server, token_file, root_certificates, client_certificate, client_key)
    files = {
        "--token-file": token_file,
        "--root-certificates": root_certificates,
        "--client-certificate": client_certificate,
        "--client-key": client_key,
    }
    for option, path in files.items():
        if path is not None:
            raise InvalidRequestError(option, str(path), "only together with --server")
    return None


@dataclass(frozen=True, slots=True)
class Place:
    """Where assets are made.

    server   None: in this process
    weights  the user's own instead of the shipped ones, in this process only
    """

    server: ServerAccess | None = None
    weights: Path | None = None


def made_anywhere(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say where assets are made, in the place of its parameter `place`.

    Raises InvalidRequestError for options that only fit the other place.
    """

    @wraps(command)
    def run(
        *,
        weights: Path | None,
        tier: Tier | None,
        server: str | None,
        token_file: Path | None,
        root_certificates: Path | None,
        client_certificate: Path | None,
        client_key: Path | None,
        **options: Any,
    ) -> None:
        if tier is not None and server is not None:
            raise InvalidRequestError("--tier", str(tier), "only without --server, which has its own")
        weights = weights_of(weights, tier)
        access = access_from(server, weights, token_file, root_certificates, client_certificate, client_key)
        command(place=Place(access, weights), **options)

    return _with_options(run, command, "place", PLACE_OPTIONS)


def made_by_server(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command that only a server can serve the options that say which one.

    They take the place of its parameter `access`.
    """

    @wraps(command)
    def run(
        *,
        server: str,
        token_file: Path | None,
        root_certificates: Path | None,
        client_certificate: Path | None,
        client_key: Path | None,
        **options: Any,
    ) -> None:
        access = ServerAccess(server, token_file, root_certificates, client_certificate, client_key)
        command(access=access, **options)

    return _with_options(run, command, "access", SERVER_OPTIONS)


def _with_options(
    run: Callable[..., None], command: Callable[..., None], parameter: str, options: Mapping[str, Any]
) -> Callable[..., None]:
    """`run` with the parameters of `command`, but those options for `parameter`; what is not optional is required."""
    signature = inspect.signature(command)
    kept = [each for name, each in signature.parameters.items() if name != parameter]
    added = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if option is RequiredServerOption else None,
            annotation=option,
        )
        for name, option in options.items()
    ]
    vars(run)["__signature__"] = signature.replace(parameters=[*kept, *added])
    run.__annotations__ = {each.name: each.annotation for each in (*kept, *added)}
    return run


def parse_attributes(settings: Sequence[str]) -> dict[str, float]:
    """Sliders from texts of the form NAME=VALUE; a later one replaces an earlier one."""
    attributes: dict[str, float] = {}
    for text in settings:
        attributes.update(parse_numbers("--set", text, [text]))
    return attributes


def parse_palette(text: str | None) -> tuple[Color, ...]:
    """Colors from RRGGBB[,RRGGBB,RRGGBB], each with or without a leading #."""
    return tuple(_parse_color(color) for color in text.split(",")) if text else ()


def parse_pattern(text: str | None) -> Pattern | None:
    """A pattern from NAME[:PARAMETER=VALUE,...]."""
    if text is None:
        return None
    name, parameters = _parse_named("--pattern", text)
    return Pattern(name, parameters)


def parse_blend(text: str | None) -> Blend | None:
    """A second class from CLASS[:amount=SHARE,patches_per_tile=COUNT]."""
    if text is None:
        return None
    name, parameters = _parse_named("--blend", text)
    if unknown := sorted(set(parameters) - {"amount", "patches_per_tile"}):
        raise InvalidRequestError("--blend", unknown[0], "amount, patches_per_tile")
    patches = parameters.get("patches_per_tile", 3.0)
    if not patches.is_integer():  # nor are nan and inf
        raise InvalidRequestError("blend.patches_per_tile", patches, "a whole number, 1 to 16")
    return Blend(name, parameters.get("amount", 0.5), int(patches))


def read_mask(path: Path | None) -> bytes:
    """The mask's bytes; empty without a path. At most as many as a request may carry, and one more."""
    if path is None:
        return b""
    data = read_file("--mask", path, MASK_MAX_BYTES + 1)
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        raise InvalidRequestError("--mask", str(path), "a PNG file")
    return data


def read_file(option: str, path: Path, size_bytes: int = 1024 * 1024) -> bytes:
    """The first `size_bytes` of a file that an option names. Raises InvalidRequestError if it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(size_bytes)
    except OSError as error:
        raise InvalidRequestError(option, str(path), f"a readable file ({error.strerror})") from error


def read_json(option: str, path: Path, kind: str, size_bytes: int = 1024 * 1024) -> Any:
    """What a JSON file that an option names says. Raises InvalidRequestError if it is none, or longer than that.

    kind  what the file should be, for the error: "a JSON list of controls"
    """
    data = read_file(option, path, size_bytes + 1)
    if len(data) > size_bytes:
        raise InvalidRequestError(option, str(path), f"{kind}, at most {size_bytes} bytes")
    return parsed_json(option, path, data, kind)


def parsed_json(option: str, path: Path, data: bytes | str, kind: str) -> Any:
    """What JSON out of that file says. Raises InvalidRequestError if it is none."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:  # nested too deeply
        raise InvalidRequestError(option, str(path), f"{kind} ({error})") from error


def _parse_named(option: str, text: str) -> tuple[str, Mapping[str, float]]:
    name, colon, rest = text.partition(":")
    if not name or (colon and not rest):
        raise InvalidRequestError(option, text, "NAME or NAME:PARAMETER=VALUE,...")
    return name, parse_numbers(option, text, rest.split(",") if rest else [])


def parse_numbers(option: str, text: str, assignments: Sequence[str]) -> dict[str, float]:
    """Numbers from texts of the form NAME=VALUE; `text` is the whole value of the option, for errors."""
    numbers: dict[str, float] = {}
    for assignment in assignments:
        name, _, value = assignment.partition("=")
        try:
            numbers[name.strip()] = float(value)
        except ValueError:
            raise InvalidRequestError(option, text, "NAME=VALUE, where VALUE is a number") from None
        if not name.strip():
            raise InvalidRequestError(option, text, "NAME=VALUE, where VALUE is a number")
    return numbers


def _parse_color(text: str) -> Color:
    digits = text.strip().removeprefix("#")
    if len(digits) != 6 or not set(digits.lower()) <= set("0123456789abcdef"):
        raise InvalidRequestError("--palette", text, "RRGGBB, hexadecimal")
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)
