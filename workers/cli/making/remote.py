"""Assets, catalog entries and probes from a server, with the client's errors as the engine's. Loads no torch."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import PurePath

import morphogen_client
from engine.assets import GeneratorInfo, ParameterInfo, PatternInfo, SeededRequest
from engine.errors import GenerationError, InvalidRequestError, OverloadedError, UnavailableError
from engine.requests.level import LevelRequest
from engine.requests.scene import SceneRequest
from engine.requests.texture import TextureRequest
from morphogen_client import Client, Tls
from morphogen_client.results.level import FILE_NAMES
from workers.cli.making.asking import landscape_from, level_options, scene_options, texture_options
from workers.cli.making.sources import Made
from workers.cli.options import ServerAccess, read_file

SCENE_PARTS = ("scene", "height", "ground", "layout", "sky", "preview", "vegetation", "soil", "rock", "snow")
"""What files are made of; a server sends more."""


@contextmanager
def engine_errors(server: str) -> Iterator[None]:
    """Raise what the client raises as the error of the engine that says the same."""
    try:
        yield
    except morphogen_client.InvalidRequestError as error:
        refusal = InvalidRequestError(error.field, error.value, error.allowed)
        refusal.args = (str(error),)  # the server's own line, word for word
        raise refusal from error
    except morphogen_client.OverloadedError as error:
        raise OverloadedError(f"{server}: {error}", error.retry_after_s or 0.0) from error
    except morphogen_client.UnavailableError as error:
        raise UnavailableError(f"{server} cannot be reached: {error}") from error
    except morphogen_client.MorphogenError as error:
        raise GenerationError(f"{server}: {error}") from error


def tls_from(access: ServerAccess) -> Tls | None:
    """TLS if any of its files is given. Raises InvalidRequestError for a file that cannot be read."""
    files = {
        "--root-certificates": access.root_certificates,
        "--client-key": access.client_key,
        "--client-certificate": access.client_certificate,
    }
    if not any(files.values()):
        return None
    return Tls(*(None if path is None else read_file(option, path) for option, path in files.items()))


def token_from(access: ServerAccess) -> str | None:
    """The bearer token if its file is given. Raises InvalidRequestError for a file without one."""
    if access.token_file is None:
        return None
    token = read_file("--token-file", access.token_file).decode("ascii", errors="replace").strip()
    if not token.isascii() or not token.isprintable() or not token:
        raise InvalidRequestError("--token-file", str(access.token_file), "a file with one token, ASCII")
    return token


@contextmanager
def open_client(access: ServerAccess, timeout_s: float = 300.0) -> Iterator[Client]:
    """A client for the server, whose calls may take `timeout_s`; its errors inside the block become the engine's."""
    with (
        engine_errors(access.server),
        Client(access.server, tls=tls_from(access), token=token_from(access), timeout_s=timeout_s) as client,
    ):
        yield client


class RemoteSource:
    """Assets made by a server."""

    def __init__(self, client: Client, server: str) -> None:
        self._client = client
        self._server = server

    def make(self, request: SeededRequest, on_parts: Callable[[int], None]) -> Made:
        """Stream the asset; the call is cancelled if this is interrupted.

        Raises GenerationError if parts are missing.
        """
        with engine_errors(self._server):
            match request:
                case TextureRequest():
                    return self._texture(request, on_parts)
                case LevelRequest():
                    return self._level(request, on_parts)
                case SceneRequest():
                    return self._scene(request, on_parts)
        raise InvalidRequestError("request", request.ASSET_KIND, "texture, level, scene")

    def _texture(self, request: TextureRequest, on_parts: Callable[[int], None]) -> Made:
        with self._client.generate_texture(request.texture_class, **texture_options(request)) as stream:
            for update in stream:
                on_parts(len(update.png))
            result = stream.result()
        return self._whole(result.png, request.maps, result.sha256)

    def _level(self, request: LevelRequest, on_parts: Callable[[int], None]) -> Made:
        with self._client.generate_level(**level_options(request)) as stream:
            for _ in stream:
                on_parts(1)
            result = stream.result()
        on_parts(len(FILE_NAMES))
        parts = {part: result.files[name] for part, name in FILE_NAMES.items() if name in result.files}
        return self._whole(parts, FILE_NAMES, result.sha256)

    def _scene(self, request: SceneRequest, on_parts: Callable[[int], None]) -> Made:
        with self._client.generate_scene(landscape_from(request.landscape), **scene_options(request)) as stream:
            for _ in stream:
                on_parts(1)
            result = stream.result()
        parts = {PurePath(name).stem: data for name, data in result.files.items()}
        return self._whole(parts, SCENE_PARTS, result.sha256)

    def _whole(self, parts: Mapping[str, bytes], names: Iterable[str], sha256: str) -> Made:
        missing = [str(name) for name in names if str(name) not in parts]
        if missing:
            raise GenerationError(f"{self._server}: the stream ended without {', '.join(missing)}")
        return Made(parts, sha256)


def generator_infos(client: Client) -> tuple[GeneratorInfo, ...]:
    """The entries of all generators of the server, with their model cards."""
    return tuple(_info_from(client.generator(entry.ref.name)) for entry in client.catalog())


def _info_from(entry: morphogen_client.Generator) -> GeneratorInfo:
    return GeneratorInfo(
        asset_kind=entry.asset_kind,
        name=entry.ref.name,
        version=entry.ref.version,
        tier=entry.ref.tier,
        weights_sha256=entry.ref.weights_sha256,
        kernel_class=entry.ref.kernel_class,
        classes=entry.classes,
        sizes_px=entry.sizes_px,
        maps=entry.maps,
        wraps=entry.wraps,
        attributes=tuple(map(_parameter_from, entry.attributes)),
        patterns=tuple(
            PatternInfo(pattern.name, pattern.description, tuple(map(_parameter_from, pattern.parameters)))
            for pattern in entry.patterns
        ),
        training_licences=entry.training_licences,
        model_card=entry.model_card,
        choices=tuple(entry.choices.items()),
    )


def _parameter_from(entry: morphogen_client.Parameter) -> ParameterInfo:
    return ParameterInfo(entry.name, entry.minimum, entry.maximum, entry.default, entry.unit, entry.description)
