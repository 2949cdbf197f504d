"""Characters from a server. Loads no torch."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from engine.assets import GeneratorInfo
from engine.requests.character.control import Control
from engine.requests.character.frames import FramesRequest
from engine.requests.character.identity import CharacterRequest, IdentityRequest
from morphogen_client import (
    CharacterStreamOptions,
    Client,
    Frame,
    FrameDecoder,
    FramesResult,
    FrameStreamOptions,
    Identity,
    ResultStream,
    SteeredFrames,
)
from workers.cli.characters.source import Made, Take, entry_of
from workers.cli.making.remote import engine_errors, generator_infos

FrameStream = ResultStream[Frame, FramesResult]


class OnlineSource:
    """A server's catalog."""

    def __init__(self, client: Client, server: str) -> None:
        self._client, self._server = client, server

    def info(self, asset_kind: str) -> GeneratorInfo:
        """The catalog entry."""
        with engine_errors(self._server):
            return entry_of(generator_infos(self._client), asset_kind)

    @contextmanager
    def take(self, request: FramesRequest, *, live: bool = False) -> Iterator[Take]:
        """A stream of frames; the call is cancelled when the context is left."""
        options = frame_options(request)
        with engine_errors(self._server):
            if live:
                options |= {"delivery": "live", "credit": 2}
                stream: FrameStream = self._client.stream_frames(**options)
            else:
                options |= {"best_effort": True, "credit": 8}
                stream = self._client.play_frames(**options)
            with stream:
                yield OnlineTake(stream)

    def files(self, request: CharacterRequest) -> dict[str, bytes]:
        """A character's files by name."""
        options: CharacterStreamOptions = {
            "identity": _identity(request.who.identity),
            "clips": request.clips,
            "preview_px": request.preview_px,
        }
        if request.who.other is not None:
            options["blend"] = (_identity(request.who.other), request.who.share)
        with engine_errors(self._server):
            return dict(self._client.character(**options).files)


class OnlineTake:
    """A stream of frames from a server."""

    def __init__(self, stream: FrameStream) -> None:
        self._stream = stream
        self._decoder = FrameDecoder()
        self.description: Mapping[str, Any] = {}
        self.sha256 = ""

    def steer(self, control: Control) -> None:
        """Tell the character something; only a live stream listens."""
        assert isinstance(self._stream, SteeredFrames)
        self._stream.steer(**control.given())

    def __iter__(self) -> Iterator[Made]:
        """The frames."""
        for frame in self._stream:
            yield self._made(frame)
        result = self._stream.result()
        self.description, self.sha256 = result.description, result.sha256

    def _made(self, frame: Frame) -> Made:
        pose = None
        if frame.pose is not None:
            pose = np.concatenate([frame.pose.root_m, frame.pose.rotation.ravel(), frame.pose.contact])
        return Made(frame.number, pose, self._decoder.pixels(frame) if frame.format else None)


def frame_options(request: FramesRequest) -> FrameStreamOptions:
    """The same request in the client's words."""
    options: FrameStreamOptions = {
        "identity": _identity(request.who.identity),
        "rate_hz": request.rate_hz,
        "frame_count": request.frame_count,
        "first_frame": request.first_frame,
        "poses": request.poses,
        "script": [(frame, control.given()) for frame, control in request.script],  # type: ignore[misc]
    }
    if request.who.other is not None:
        options["blend"] = (_identity(request.who.other), request.who.share)
    if (pictures := request.pictures) is not None:
        options["format"], options["size_px"] = pictures.format, pictures.size_px
        options["renderer"], options["quality"] = pictures.renderer, pictures.quality
        options["background"] = pictures.background
    return options


def _identity(request: IdentityRequest) -> Identity:
    return Identity(request.seed, request.kind, request.sliders, request.parts, request.colors)
