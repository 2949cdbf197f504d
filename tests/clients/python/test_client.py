"""The synchronous face against a real server that plays scripted streams."""

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import cv2
import grpc
import numpy as np
import pytest

from morphogen.v1 import catalog_pb2, common_pb2, texture_pb2
from morphogen_client import (
    Blend,
    BrokenStreamError,
    CancelledError,
    ChecksumMismatchError,
    Client,
    DeadlineExceededError,
    GenerationError,
    IncompleteStreamError,
    InvalidRequestError,
    MorphogenError,
    NotFoundError,
    OverloadedError,
    Pattern,
    RetryPolicy,
    ServerError,
    UnauthenticatedError,
    UnavailableError,
)

Message = texture_pb2.GenerateTextureResponse
StreamOf = Callable[..., list[Message]]
StatusOf = Callable[..., grpc.Status]
QUICK = RetryPolicy(attempt_count=3, first_delay_s=0.01)
AFTER_THE_FIRST_LEVEL_S = (0.0, 0.0, 0.0, 30.0)
"""Waits of a server that stalls after header, albedo and normals."""


class Script(Protocol):
    attempts: list[list[object]]
    requests: list[texture_pb2.GenerateTextureRequest]
    metadata: list[dict[str, str | bytes]]
    cancelled: threading.Event
    pause_s: list[float]


def test_updates_come_level_by_level_then_the_result(script: Script, address: str, stream_of: StreamOf) -> None:
    script.attempts.append([*stream_of()])
    with Client(address) as client:
        stream = client.generate_texture("stone", seed=3)
        updates = list(stream)
        result = stream.result()
    assert [(update.lod_px, update.final, sorted(update.png)) for update in updates] == [
        (64, False, ["albedo", "normal"]),
        (128, True, ["albedo", "normal"]),
    ]
    assert updates[0].maps["albedo"].shape == (64, 64, 3)
    assert updates[0].maps["albedo"][0, 0].tolist() == [10, 2, 3]
    assert result.maps["normal"].shape == (128, 128, 3)
    assert (result.sha256, result.timings.step_ms) == (stream_of()[-1].trailer.sha256.hex(), 3.0)


def test_one_call_gives_the_result(script: Script, address: str, stream_of: StreamOf) -> None:
    script.attempts.append([*stream_of()])
    with Client(address) as client:
        assert client.texture("stone").header.lods_px == (64, 128)


def test_height_arrives_with_16_bits(script: Script, address: str, stream_of: StreamOf) -> None:
    height = cv2.imencode(".png", np.full((64, 64), 40_000, np.uint16))[1].tobytes()
    script.attempts.append([*stream_of((("height", 64, height),))])
    with Client(address) as client:
        pixels = client.texture("stone").maps["height"]
    assert (str(pixels.dtype), pixels.shape, int(pixels[5, 5])) == ("uint16", (64, 64), 40_000)


def test_part_that_is_no_picture_is_reported_when_it_is_looked_at(
    script: Script, address: str, stream_of: StreamOf
) -> None:
    script.attempts.append([*stream_of((("height", 64, b"no picture"),))])
    with Client(address) as client:
        result = client.texture("stone")
    with pytest.raises(BrokenStreamError, match="height: the part is no readable PNG"):
        result.maps["height"]


def test_request_carries_every_option(script: Script, address: str, stream_of: StreamOf) -> None:
    script.attempts.append([*stream_of()])
    with Client(address, token="secret") as client:  # noqa: S106
        client.texture(
            "brick",
            seed=2**32 - 1,
            size_px=256,
            wrap="x",
            attributes={"roughness": 0.5},
            palette=["#ff8000", (1, 2, 3), "0000ff"],
            pattern=Pattern("bond", {"columns": 4}),
            blend=Blend("moss", 0.25),
            maps=["height", "albedo"],
            credit=7,
            priority="interactive",
            resume_token=b"stored",
        )
    assert script.requests == [
        texture_pb2.GenerateTextureRequest(
            texture_class="brick",
            seed=2**32 - 1,
            size_px=256,
            wrap=texture_pb2.WRAP_X,
            attributes={"roughness": 0.5},
            palette=[0xFF8000, 0x010203, 0x0000FF],
            pattern=texture_pb2.Pattern(name="bond", parameters={"columns": 4}),
            blend=texture_pb2.Blend(texture_class="moss", amount=0.25, patches_per_tile=3),
            maps=[texture_pb2.TEXTURE_MAP_HEIGHT, texture_pb2.TEXTURE_MAP_ALBEDO],
            options=common_pb2.StreamOptions(
                credit=7, priority=common_pb2.PRIORITY_INTERACTIVE, resume_tokens=True, resume_token=b"stored"
            ),
        )
    ]
    assert script.metadata[0]["authorization"] == "Bearer secret"


def test_options_that_no_request_can_carry_are_refused_at_once() -> None:
    with Client("127.0.0.1:1") as client:
        with pytest.raises(InvalidRequestError, match=r"seed: -1 is not allowed; allowed: 0 to 4294967295"):
            client.generate_texture("stone", seed=-1)
        with pytest.raises(InvalidRequestError, match="wrap: 'z' is not allowed; allowed: both, x, y, none"):
            client.generate_texture("stone", wrap="z")
        with pytest.raises(InvalidRequestError, match="palette: '#12345'"):
            client.generate_texture("stone", palette=["#12345"])
        with pytest.raises(InvalidRequestError, match="palette: "):
            client.generate_texture("stone", palette=[(0, 0, 256)])
        with pytest.raises(InvalidRequestError, match="maps: 'depth'"):
            client.generate_texture("stone", maps=["depth"])
        with pytest.raises(InvalidRequestError, match="size_px: 0"):
            client.generate_texture("stone", size_px=0)
        with pytest.raises(InvalidRequestError, match="credit: 0"):
            client.generate_texture("stone", credit=0)
        with pytest.raises(InvalidRequestError, match="priority: 'high' is not allowed; allowed: standard"):
            client.generate_texture("stone", priority="high")
        with pytest.raises(InvalidRequestError, match="delivery: 'dead'"):
            client.steer_probe(delivery="dead")
        with pytest.raises(InvalidRequestError, match=r"textures: .7340076 bytes. is not allowed"):
            client.prefetch_textures([("stone", {"mask_png": bytes(3 * 2**20 + 2**19)})] * 2)


def test_result_can_be_saved_and_says_where_it_comes_from(
    script: Script, address: str, stream_of: StreamOf, tmp_path: Path
) -> None:
    script.attempts.append([*stream_of()])
    with Client(address) as client:
        result = client.texture("stone")
    paths = result.save(tmp_path / "new" / "stone")
    assert sorted(path.name for path in paths) == ["albedo.png", "material.json", "normal.png"]
    assert sorted((tmp_path / "new" / "stone").iterdir()) == sorted(paths)
    assert (tmp_path / "new" / "stone" / "albedo.png").read_bytes() == result.png["albedo"]
    description = json.loads((tmp_path / "new" / "stone" / "material.json").read_text())
    assert description["sha256"] == result.sha256
    assert description["request"] == {"texture_class": "stone"}
    assert description["generator"]["weights_sha256"] == "cd" * 32


def test_failed_save_leaves_nothing_half_written(
    script: Script, address: str, stream_of: StreamOf, tmp_path: Path
) -> None:
    script.attempts.append([*stream_of()])
    with Client(address) as client:
        result = client.texture("stone")
    (tmp_path / "material.json").mkdir()
    with pytest.raises(OSError, match="material"):
        result.save(tmp_path)
    assert not [path for path in tmp_path.iterdir() if path.name.endswith(".partial")]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (grpc.StatusCode.NOT_FOUND, NotFoundError),
        (grpc.StatusCode.UNAUTHENTICATED, UnauthenticatedError),
        (grpc.StatusCode.PERMISSION_DENIED, UnauthenticatedError),
        (grpc.StatusCode.INTERNAL, GenerationError),
        (grpc.StatusCode.CANCELLED, CancelledError),
        (grpc.StatusCode.UNAVAILABLE, UnavailableError),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, OverloadedError),
        (grpc.StatusCode.UNIMPLEMENTED, ServerError),
    ],
)
def test_each_status_becomes_its_error(
    script: Script, address: str, status_of: StatusOf, code: grpc.StatusCode, kind: type[MorphogenError]
) -> None:
    script.attempts.append([status_of(code, "one clear line")])
    with Client(address, retry=RetryPolicy(attempt_count=1)) as client, pytest.raises(kind, match="one clear line"):
        client.texture("stone")


def test_invalid_request_says_field_value_and_allowed(script: Script, address: str, status_of: StatusOf) -> None:
    code = grpc.StatusCode.INVALID_ARGUMENT
    script.attempts.append([status_of(code, "line", field="texture_class", value="ston", allowed="stone, wood")])
    with Client(address) as client, pytest.raises(InvalidRequestError, match="line") as caught:
        client.texture("ston")
    assert (caught.value.field, caught.value.value, caught.value.allowed) == ("texture_class", "ston", "stone, wood")
    assert len(script.requests) == 1


def test_unavailable_server_is_asked_again(
    script: Script, address: str, stream_of: StreamOf, status_of: StatusOf
) -> None:
    unavailable = status_of(grpc.StatusCode.UNAVAILABLE, "draining")
    script.attempts += [[unavailable], [unavailable], [*stream_of()]]
    with Client(address, retry=QUICK) as client:
        assert len(list(client.generate_texture("stone"))) == 2
    assert len(script.requests) == 3


def test_attempts_are_bounded(script: Script, address: str, status_of: StatusOf) -> None:
    script.attempts.append([status_of(grpc.StatusCode.UNAVAILABLE, "draining")])
    with Client(address, retry=QUICK) as client, pytest.raises(UnavailableError, match="draining"):
        client.texture("stone")
    assert len(script.requests) == 3


def test_full_server_is_asked_again_after_the_wait_it_suggests(
    script: Script, address: str, stream_of: StreamOf, status_of: StatusOf
) -> None:
    script.attempts += [[status_of(grpc.StatusCode.RESOURCE_EXHAUSTED, "full", retry_after_s=0.3)], [*stream_of()]]
    started_s = time.monotonic()
    with Client(address, retry=QUICK) as client:
        client.texture("stone")
    assert time.monotonic() - started_s >= 0.3


def test_full_server_that_suggests_no_wait_is_not_asked_again(
    script: Script, address: str, status_of: StatusOf
) -> None:
    script.attempts.append([status_of(grpc.StatusCode.RESOURCE_EXHAUSTED, "full")])
    with Client(address, retry=QUICK) as client, pytest.raises(OverloadedError) as caught:
        client.texture("stone")
    assert (caught.value.retry_after_s, len(script.requests)) == (None, 1)


def test_cut_stream_continues_without_repeating_a_level(
    script: Script, address: str, stream_of: StreamOf, status_of: StatusOf
) -> None:
    messages = stream_of()
    half = next(index for index, message in enumerate(messages) if message.part.sequence == 3)
    cut = status_of(grpc.StatusCode.UNAVAILABLE, "connection lost")
    script.attempts += [[*messages[:half], cut], [*messages[:2], cut], [*messages]]
    with Client(address, retry=QUICK) as client:
        stream = client.generate_texture("stone")
        assert [update.lod_px for update in stream] == [64, 128]
        assert stream.result().sha256 == messages[-1].trailer.sha256.hex()


def test_cut_stream_that_continues_with_other_bytes_fails(
    script: Script, address: str, stream_of: StreamOf, status_of: StatusOf
) -> None:
    cut = status_of(grpc.StatusCode.UNAVAILABLE, "connection lost")
    other = stream_of((("albedo", 64, b"a"), ("normal", 64, b"b"), ("albedo", 128, b"c"), ("normal", 128, b"d")))
    script.attempts += [[*stream_of()[:-1], cut], [*other]]
    with (
        Client(address, retry=QUICK) as client,
        pytest.raises(ChecksumMismatchError, match="the first 4 parts changed between two attempts"),
    ):
        client.texture("stone")


def test_stream_without_trailer_is_incomplete_and_has_no_result(
    script: Script, address: str, stream_of: StreamOf
) -> None:
    script.attempts.append([*stream_of()[:-1]])
    with Client(address) as client:
        stream = client.generate_texture("stone")
        with pytest.raises(IncompleteStreamError, match="4 of 4 parts, no trailer"):
            list(stream)
        with pytest.raises(CancelledError):
            stream.result()


def test_level_that_was_not_announced_is_refused(script: Script, address: str, stream_of: StreamOf) -> None:
    messages = stream_of()
    del messages[0].header.lods_px[1:]
    script.attempts.append([*messages])
    with Client(address) as client, pytest.raises(BrokenStreamError, match="128 px is none of"):
        client.texture("stone")


def test_map_that_comes_twice_is_refused(script: Script, address: str, stream_of: StreamOf) -> None:
    script.attempts.append([*stream_of((("albedo", 64, b"a"), ("albedo", 64, b"b")))])
    with Client(address) as client, pytest.raises(BrokenStreamError, match="albedo at 64 px came twice"):
        client.texture("stone")


def test_leaving_the_loop_cancels_the_call(script: Script, address: str, stream_of: StreamOf) -> None:
    script.attempts.append([*stream_of(chunk_bytes=1000)])
    script.pause_s += AFTER_THE_FIRST_LEVEL_S
    with Client(address) as client:
        stream = client.generate_texture("stone")
        for update in stream:
            assert update.lod_px == 64
            break
        assert script.cancelled.wait(5.0)
        with pytest.raises(CancelledError, match="left before its end"):
            stream.result()


def test_close_from_another_thread_cancels_the_call(script: Script, address: str, stream_of: StreamOf) -> None:
    script.attempts.append([*stream_of()])
    script.pause_s.append(30.0)
    with Client(address) as client, client.generate_texture("stone") as stream:
        threading.Timer(0.2, stream.close).start()
        with pytest.raises(CancelledError):
            list(stream)
    assert script.cancelled.wait(5.0)


def test_stream_can_be_iterated_once(script: Script, address: str, stream_of: StreamOf) -> None:
    script.attempts.append([*stream_of()])
    with Client(address) as client:
        stream = client.generate_texture("stone")
        list(stream)
        with pytest.raises(MorphogenError, match="iterated once"):
            iter(stream)


def test_deadline_ends_a_slow_stream(script: Script, address: str, stream_of: StreamOf) -> None:
    script.attempts.append([*stream_of()])
    script.pause_s.append(30.0)
    with Client(address) as client, pytest.raises(DeadlineExceededError):
        client.texture("stone", timeout_s=0.2)
    assert script.cancelled.wait(5.0)


def test_unreachable_server_is_unavailable_and_not_healthy() -> None:
    with Client("127.0.0.1:1", retry=QUICK) as client:
        assert not client.healthy()
        with pytest.raises(UnavailableError):
            client.texture("stone")
        with pytest.raises(UnavailableError):
            client.catalog()


def test_serving_server_is_healthy(address: str) -> None:
    with Client(address) as client:
        assert client.healthy()


def test_probe_gives_arrivals_then_figures(script: Script, address: str, stream_of: StreamOf) -> None:
    script.attempts.append([*stream_of(tuple(("probe", 0, bytes(1000)) for _ in range(5)))])
    with Client(address) as client:
        stream = client.probe(part_size_bytes=1000, part_count=5)
        arrivals = list(stream)
        result = stream.result()
    assert [(arrival.sequence, arrival.size_bytes) for arrival in arrivals] == [(number, 1000) for number in range(5)]
    assert (result.part_count, result.size_bytes, result.server.total_ms) == (5, 5000, 4.0)
    assert 0 < result.first_part_ms == arrivals[0].at_ms <= arrivals[-1].at_ms <= result.total_ms
    assert result.mib_per_s == pytest.approx(result.parts_per_s * 1000 / 2**20)


def test_probe_is_never_repeated(script: Script, address: str, status_of: StatusOf) -> None:
    script.attempts.append([status_of(grpc.StatusCode.UNAVAILABLE, "draining")])
    with Client(address, retry=QUICK) as client, pytest.raises(UnavailableError):
        client.probe().result()
    assert len(script.requests) == 1


def test_catalog_tells_parameters_with_ranges(script: Script, address: str, status_of: StatusOf) -> None:
    generator = catalog_pb2.Generator(
        asset_kind="texture",
        ref=common_pb2.GeneratorRef(name="texgen"),
        classes=["stone"],
        attributes=[
            catalog_pb2.Parameter(name="roughness", minimum=0, maximum=1),
            catalog_pb2.Parameter(name="scale", minimum=0.5, maximum=2, default_value=1.0),
        ],
        patterns=[catalog_pb2.PatternDescription(name="hexagons", parameters=[catalog_pb2.Parameter(name="rows")])],
    )
    listing = catalog_pb2.ListGeneratorsResponse(generators=[generator])
    script.attempts += [[status_of(grpc.StatusCode.UNAVAILABLE, "starting")], [listing]]
    with Client(address, retry=QUICK) as client:
        (entry,) = client.catalog("texture")
    assert (entry.ref.name, entry.classes, entry.patterns[0].parameters[0].name) == ("texgen", ("stone",), "rows")
    assert [parameter.default for parameter in entry.attributes] == [None, 1.0]


def test_generator_comes_with_its_model_card(script: Script, address: str, status_of: StatusOf) -> None:
    response = catalog_pb2.GetGeneratorResponse(generator=catalog_pb2.Generator(model_card="# TexGen"))
    script.attempts += [[response], [status_of(grpc.StatusCode.NOT_FOUND, "no generator 'x'")]]
    with Client(address) as client:
        assert client.generator("texgen").model_card == "# TexGen"
        with pytest.raises(NotFoundError, match="no generator 'x'"):
            client.generator("x")
