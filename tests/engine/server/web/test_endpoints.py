"""Calls through the web port, in both protocols, by a client that knows nothing of connectrpc; and by connectrpc's."""

import asyncio
import gzip
import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from connectrpc.client import ConnectClient
from connectrpc.code import Code
from connectrpc.compat import google_protobuf_binary_codec
from connectrpc.errors import ConnectError
from connectrpc.method import IdempotencyLevel, MethodInfo, StreamType
from connectrpc.protocol import ProtocolType
from google.protobuf import json_format

from engine.generators.character.frames import FramesGenerator
from engine.generators.character.pose import pose_of
from engine.settings.sections import ServerSettings, SessionSettings, TokenSettings, TransportSettings
from morphogen.v1 import catalog_pb2, character_pb2, diagnostics_pb2, texture_pb2, workers_pb2

GRPC_WEB, CONNECT = PROTOCOLS = ("application/grpc-web+proto", "application/connect+proto")
TOKEN, OPERATOR = "correct-horse-battery", "the-operator-of-this-server"
LIST = "CatalogService/ListGenerators"
GET = "CatalogService/GetGenerator"
PROBE = "DiagnosticsService/StreamProbe"
TEXTURE = "TextureService/GenerateTexture"


def probe(part_count: int = 3, **fields: Any) -> diagnostics_pb2.StreamProbeRequest:
    return diagnostics_pb2.StreamProbeRequest(part_size_bytes=1000, part_count=part_count, **fields)


def framed(data: bytes, flags: int = 0) -> bytes:
    return bytes([flags]) + len(data).to_bytes(4, "big") + data


@pytest.fixture
def tokens(tmp_path: Path) -> ServerSettings:
    (tmp_path / "tokens").write_text(f"{TOKEN}\n", encoding="ascii")
    (tmp_path / "operators").write_text(f"{OPERATOR}\n", encoding="ascii")
    return ServerSettings(port=0, tokens=TokenSettings(file=tmp_path / "tokens", operators_file=tmp_path / "operators"))


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_stream_brings_what_the_native_port_sends(serve_web: Any, protocol: str) -> None:
    site = await serve_web()
    request = texture_pb2.GenerateTextureRequest(texture_class="stone", size_px=1024, seed=3)
    outcome = await site.call(protocol, TEXTURE, request)
    native = [message async for message in site.serving.texture("stone", 1024, 3)]
    assert outcome.code == "ok"
    assert len(outcome.messages) == len(native) > 6  # parts of several chunks among them
    theirs = [texture_pb2.GenerateTextureResponse.FromString(data) for data in outcome.messages]
    assert [each for each in theirs if each.HasField("part")] == [each for each in native if each.HasField("part")]
    assert theirs[-1].trailer.sha256 == native[-1].trailer.sha256


async def test_unary_call_is_answered_in_either_protocol(serve_web: Any) -> None:
    site = await serve_web()
    request = catalog_pb2.ListGeneratorsRequest(asset_kind="texture")
    (web,) = (await site.call(GRPC_WEB, LIST, request)).messages
    connect = await site.post("application/proto", LIST, request.SerializeToString())
    assert connect.status_code == 200
    assert connect.headers["content-type"] == "application/proto"
    for data in (web, connect.content):
        assert [each.ref.name for each in catalog_pb2.ListGeneratorsResponse.FromString(data).generators] == ["painted"]


async def test_json_is_understood_and_answered(serve_web: Any) -> None:
    site = await serve_web()
    unary = await site.client.post(f"/morphogen.v1.{LIST}", json={"assetKind": "probe"})
    assert [each["ref"]["name"] for each in unary.json()["generators"]] == ["probe"]
    body = framed(json.dumps({"partSizeBytes": 10, "partCount": 2}).encode())
    streamed = await site.post("application/connect+json", PROBE, body)
    outcome = site.outcome_of(CONNECT, streamed.content)
    messages = [json_format.Parse(data, diagnostics_pb2.StreamProbeResponse()) for data in outcome.messages]
    assert [message.WhichOneof("payload") for message in messages] == ["header", "part", "part", "trailer"]
    assert len(messages[1].part.data) == 10


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_refused_request_says_field_value_and_allowed_range(serve_web: Any, protocol: str) -> None:
    site = await serve_web()
    outcome = await site.call(protocol, PROBE, probe(part_count=0))
    assert outcome.code == "invalid_argument"
    assert outcome.text.startswith("part_count: 0 is not allowed")
    assert outcome.details["BadRequest"].field_violations[0].field == "part_count"
    assert dict(outcome.details["ErrorInfo"].metadata)["value"] == "0"
    assert outcome.messages == []


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_failure_in_the_middle_comes_behind_what_was_sent(serve_web: Any, protocol: str) -> None:
    site = await serve_web()
    request = texture_pb2.GenerateTextureRequest(texture_class="broken", size_px=128)
    outcome = await site.call(protocol, TEXTURE, request)
    assert outcome.code == "internal"
    assert len(outcome.messages) == 2  # header, first part
    assert "incident" in outcome.text
    assert "PaintedGenerator" not in outcome.text
    assert outcome.details["ErrorInfo"].domain == "morphogen"


async def test_unary_failure_of_connect_is_an_http_status_with_details(serve_web: Any) -> None:
    site = await serve_web()
    response = await site.post("application/proto", GET, catalog_pb2.GetGeneratorRequest(name="x").SerializeToString())
    assert response.status_code == 404
    outcome = site.failure_of(response.json())
    assert outcome.code == "not_found"
    assert outcome.details["ErrorInfo"].metadata["field"] == "name"
    assert (await site.call(GRPC_WEB, GET, catalog_pb2.GetGeneratorRequest(name="x"))).code == "not_found"


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_overload_names_a_delay(serve_web: Any, protocol: str) -> None:
    site = await serve_web(sessions=SessionSettings(max_running=1, queue_limit=0))
    async with site.reading(protocol, PROBE, probe(1000, step_ms=20)) as running:
        await anext(running)
        outcome = await site.call(protocol, PROBE, probe())
        assert outcome.code == "resource_exhausted"
        assert outcome.details["RetryInfo"].retry_delay.ToMilliseconds() > 0


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("body", [b"", b"\xff\xff\xff", framed(b"\xff" * 9)], ids=["none", "cut head", "garbage"])
async def test_body_that_is_no_message_is_refused(serve_web: Any, protocol: str, body: bytes) -> None:
    site = await serve_web()
    response = await site.post(protocol, PROBE, body)
    outcome = site.outcome_of(protocol, response.content)
    assert outcome.code in ("invalid_argument", "unimplemented")
    assert (await site.call(protocol, PROBE, probe())).code == "ok"


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    "body",
    [framed(b"abc")[:-1], framed(b"")[:3], b"\x40\0\0\0\0", framed(b"") + framed(b""), framed(b"", 1)],
    ids=["cut body", "cut head", "unknown flag", "two requests", "compressed"],
)
async def test_malformed_frames_are_refused(serve_web: Any, protocol: str, body: bytes) -> None:
    site = await serve_web()
    response = await site.post(protocol, PROBE, body)
    assert response.status_code == 200
    assert site.outcome_of(protocol, response.content).code in ("invalid_argument", "internal", "unimplemented")


async def test_hundreds_of_random_bodies_leave_the_port_as_it_was(serve_web: Any) -> None:
    site = await serve_web()
    random = Random(5)
    types = (*PROTOCOLS, "application/proto", "application/json", "application/connect+json", "application/grpc-web")
    good = framed(probe().SerializeToString())
    for number in range(300):
        body = bytearray(good if number % 2 else random.randbytes(random.randrange(40)))
        for _ in range(random.randrange(4)):
            if body:
                body[random.randrange(len(body))] = random.randrange(256)
        headers = {"grpc_timeout": "1S", "connect_timeout_ms": "1000"}  # what came out right may be long
        path = random.choice((PROBE, LIST, TEXTURE))
        response = await site.post(
            random.choice(types), path, bytes(body[: random.randrange(len(body) + 1)]), **headers
        )
        assert response.status_code < 500 or response.status_code in (501, 504)
        assert not any(word in response.content for word in (b"Traceback", b"incident", b"TypeError", b"KeyError"))
    await site.serving.until(lambda: site.serving.session_count() == 0)
    assert (await site.call(GRPC_WEB, PROBE, probe())).code == "ok"


async def test_json_that_does_not_fit_says_what_is_wrong(serve_web: Any) -> None:
    site = await serve_web()
    nested = '{"assetKind":' * 3000
    for text in (
        "{",
        '{"assetKin": "probe"}',
        '{"assetKind": 3}',
        "3",
        "\ud800".encode("utf-8", "surrogatepass"),
        nested,
    ):
        response = await site.post("application/json", LIST, text if isinstance(text, bytes) else text.encode())
        assert response.status_code == 400, text
        outcome = site.failure_of(response.json())
        assert outcome.details["ErrorInfo"].metadata["field"] == "request"
        assert "TypeError" not in outcome.text


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_request_beyond_the_limit_is_refused(serve_web: Any, protocol: str) -> None:
    site = await serve_web(server=ServerSettings(port=0, transport=TransportSettings(max_receive_bytes=64 * 1024)))
    fits = texture_pb2.GenerateTextureRequest(texture_class="x" * 60_000)
    assert (await site.call(protocol, TEXTURE, fits)).code == "invalid_argument"
    larger = texture_pb2.GenerateTextureRequest(texture_class="x" * 70_000)
    assert (await site.call(protocol, TEXTURE, larger)).code == "resource_exhausted"
    unary = await site.post("application/proto", LIST, b"x" * 70_000)
    assert site.failure_of(unary.json()).code == "resource_exhausted"


async def test_what_a_frame_announces_is_not_waited_for_beyond_the_limit(serve_web: Any) -> None:
    site = await serve_web()
    response = await site.post(GRPC_WEB, PROBE, b"\0\xff\xff\xff\xff" + b"x" * 10)
    assert site.outcome_of(GRPC_WEB, response.content).code == "resource_exhausted"


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_wrong_tokens_are_refused_before_the_request_is_read(
    serve_web: Any, tokens: ServerSettings, protocol: str
) -> None:
    site = await serve_web(server=tokens)
    for authorization in ("", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x"):
        headers = {"authorization": authorization} if authorization else {}
        response = await site.post(protocol, PROBE, b"no message at all", **headers)
        outcome = site.outcome_of(protocol, response.content)
        assert outcome.code == "unauthenticated"
        assert outcome.details["ErrorInfo"].reason == "UNAUTHENTICATED"
    assert (await site.call(protocol, PROBE, probe(), authorization=f"Bearer {TOKEN}")).code == "ok"
    two = [("content-type", protocol), ("authorization", f"Bearer {TOKEN}"), ("authorization", "Bearer other")]
    response = await site.client.post(f"/morphogen.v1.{PROBE}", content=b"", headers=two)
    assert site.outcome_of(protocol, response.content).code == "unauthenticated"


async def test_unary_call_without_a_token_is_refused_and_health_is_not(serve_web: Any, tokens: ServerSettings) -> None:
    site = await serve_web(server=tokens)
    refused = await site.client.post(f"/morphogen.v1.{LIST}", json={})
    assert refused.status_code == 401
    assert site.failure_of(refused.json()).code == "unauthenticated"
    health = await site.client.post("/grpc.health.v1.Health/Check", json={})
    assert health.json() == {"status": "SERVING"}


async def test_health_is_watched_and_unknown_services_are_not_found(serve_web: Any) -> None:
    site = await serve_web()
    unknown = await site.client.post("/grpc.health.v1.Health/Check", json={"service": "nobody"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")
    headers = {"content-type": "application/connect+json"}
    async with site.client.stream("POST", "/grpc.health.v1.Health/Watch", content=framed(b"{}"), headers=headers) as r:
        assert json.loads((await anext(r.aiter_raw()))[5:]) == {"status": "SERVING"}


async def test_compressed_request_is_unpacked_within_the_limit_and_the_response_is_not_compressed(
    serve_web: Any,
) -> None:
    site = await serve_web()
    for size, code in ((1000, "invalid_argument"), (9 * 1024 * 1024, "resource_exhausted")):
        message = texture_pb2.GenerateTextureRequest(texture_class="x" * size).SerializeToString()
        body = framed(gzip.compress(message), 1)
        headers = {"grpc_encoding": "gzip", "grpc_accept_encoding": "gzip"}
        response = await site.post(GRPC_WEB, TEXTURE, body, **headers)
        assert site.outcome_of(GRPC_WEB, response.content).code == code
        assert response.headers["grpc-encoding"] == "identity"


async def test_operators_token_is_asked_for(serve_web: Any, tokens: ServerSettings) -> None:
    site = await serve_web(server=tokens)
    message = workers_pb2.ListWorkersRequest()
    for token, code in ((TOKEN, "permission_denied"), (OPERATOR, "unimplemented")):  # there are no worker processes
        outcome = await site.call(GRPC_WEB, "WorkerService/ListWorkers", message, authorization=f"Bearer {token}")
        assert outcome.code == code


@pytest.mark.parametrize(
    ("protocol", "header"), [(GRPC_WEB, {"grpc_timeout": "150m"}), (CONNECT, {"connect_timeout_ms": "150"})]
)
async def test_deadline_ends_the_call(serve_web: Any, protocol: str, header: dict[str, str]) -> None:
    site = await serve_web()
    outcome = await asyncio.wait_for(site.call(protocol, PROBE, probe(10_000, step_ms=5), **header), 5)
    # Late as it is by then, or refused at once, since it cannot be in time.
    assert outcome.code in ("deadline_exceeded", "resource_exhausted")
    await site.serving.until(lambda: site.serving.session_count() == 0)


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_longest_time_of_a_call_holds(serve_web: Any, protocol: str) -> None:
    site = await serve_web(server=ServerSettings(port=0, stream_limit_s=1.0))
    outcome = await site.call(protocol, PROBE, probe(10_000, step_ms=5))
    assert outcome.code == "deadline_exceeded"
    assert outcome.details["ErrorInfo"].reason == "DEADLINE_EXCEEDED"


@pytest.mark.parametrize("header", ["grpc_timeout", "connect_timeout_ms"])
async def test_timeout_that_is_none_is_refused(serve_web: Any, header: str) -> None:
    site = await serve_web()
    protocol = GRPC_WEB if header == "grpc_timeout" else CONNECT
    response = await site.post(protocol, PROBE, framed(probe().SerializeToString()), **{header: "soon"})
    assert response.status_code in (200, 400)
    assert b"invalid" in response.content or response.headers.get("grpc-status") == "3"


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("method", ["DiagnosticsService/SteerProbe", "WorldService/ExploreWorld"])
async def test_methods_that_stream_both_ways_point_to_the_native_port(
    serve_web: Any, protocol: str, method: str
) -> None:
    site = await serve_web()
    outcome = await site.call(protocol, method, diagnostics_pb2.SteerProbeRequest())
    assert outcome.code == "unimplemented"
    assert "server.port" in outcome.text


async def test_calls_of_both_ports_are_counted_alike(serve_web: Any) -> None:
    site = await serve_web()
    await site.call(GRPC_WEB, PROBE, probe())
    await site.call(CONNECT, PROBE, probe(part_count=0))
    await site.serving.count(site.serving.probe(1))
    text = (await site.client.get("/metrics")).text
    assert 'morphogen_sessions_total{method="DiagnosticsService/StreamProbe",outcome="OK"} 2.0' in text
    assert 'outcome="INVALID_ARGUMENT"} 1.0' in text
    assert 'morphogen_parts_total{asset_kind="probe"} 4.0' in text


async def test_equal_requests_of_both_ports_are_one_generation(serve_web: Any) -> None:
    site = await serve_web()
    native = site.serving.texture("slow", 256, 5)
    await native.read()
    request = texture_pb2.GenerateTextureRequest(texture_class="slow", size_px=256, seed=5)
    outcome = await site.call(GRPC_WEB, TEXTURE, request)
    assert outcome.code == "ok"
    await site.serving.count(native)
    assert len(site.serving.painted.requests) == 1


async def test_session_is_steered_by_its_own_caller_only(serve_web: Any, tokens: ServerSettings) -> None:
    site = await serve_web(server=tokens)
    start = diagnostics_pb2.ProbeStart(part_size_bytes=10, part_count=5, options={"credit": 1})
    body = framed(diagnostics_pb2.WatchProbeRequest(start=start).SerializeToString())
    mine, other = {"authorization": f"Bearer {TOKEN}"}, {"authorization": f"Bearer {OPERATOR}"}
    url = "/morphogen.v1.DiagnosticsService/WatchProbe"
    async with site.client.stream("POST", url, content=body, headers={"content-type": CONNECT, **mine}) as response:
        bits = response.aiter_raw()
        received = await anext(bits)
        size = int.from_bytes(received[1:5], "big")
        header = diagnostics_pb2.WatchProbeResponse.FromString(received[5 : 5 + size]).header
        control = diagnostics_pb2.ControlProbeRequest(session_id=header.session_id, control_number=1)
        for caller, code in ((other, "not_found"), ({}, "unauthenticated"), (mine, "ok")):
            assert (await site.call(GRPC_WEB, "DiagnosticsService/ControlProbe", control, **caller)).code == code
        control.session_id = "guessed"
        assert (await site.call(GRPC_WEB, "DiagnosticsService/ControlProbe", control, **mine)).code == "not_found"


def method_info(method: str, request: Any, response: Any, stream_type: StreamType) -> MethodInfo[Any, Any]:
    service, _, name = method.partition("/")
    return MethodInfo(
        name=name,
        service_name=f"morphogen.v1.{service}",
        input=request,
        output=response,
        idempotency_level=IdempotencyLevel.UNKNOWN,
        stream_type=stream_type,
    )


@pytest.mark.parametrize("protocol", [ProtocolType.CONNECT, ProtocolType.GRPC_WEB])
async def test_connects_own_client_gets_along(serve_web: Any, protocol: ProtocolType) -> None:
    site = await serve_web()
    listing = method_info(LIST, catalog_pb2.ListGeneratorsRequest, catalog_pb2.ListGeneratorsResponse, StreamType.UNARY)
    getting = method_info(GET, catalog_pb2.GetGeneratorRequest, catalog_pb2.GetGeneratorResponse, StreamType.UNARY)
    probing = method_info(
        PROBE, diagnostics_pb2.StreamProbeRequest, diagnostics_pb2.StreamProbeResponse, StreamType.SERVER_STREAM
    )
    async with ConnectClient(site.url, protocol=protocol, codec=google_protobuf_binary_codec()) as client:
        response = await client.execute_unary(request=catalog_pb2.ListGeneratorsRequest(), method=listing)
        assert len(response.generators) == 2
        with pytest.raises(ConnectError) as failed:
            await client.execute_unary(request=catalog_pb2.GetGeneratorRequest(name="x"), method=getting)
        assert failed.value.code is Code.NOT_FOUND
        assert [detail.type_name for detail in failed.value.details] == [
            "google.rpc.ErrorInfo",
            "google.rpc.BadRequest",
        ]
        messages = [message async for message in client.execute_server_stream(request=probe(5), method=probing)]
        assert [message.WhichOneof("payload") for message in messages] == ["header", *["part"] * 5, "trailer"]


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_page_plays_a_character(serve_web: Any, disc_frames: FramesGenerator, protocol: str) -> None:
    page = await serve_web(frames=disc_frames)
    stream = character_pb2.FrameStream(poses=True, frame_count=5, script=[{"frame": 3, "control": {"action": "jump"}}])
    outcome = await page.call(protocol, "CharacterService/PlayFrames", character_pb2.PlayFramesRequest(stream=stream))
    assert outcome.code == "ok"
    messages = [character_pb2.PlayFramesResponse.FromString(data) for data in outcome.messages]
    assert len(messages[0].header.session_id) > 20
    heights = [pose_of(message.part.data)[1] for message in messages[2:-1]]
    assert heights == [0, 0, 0, 1, 1]
    assert messages[-1].trailer.part_count == 6


async def test_page_that_steers_a_session_which_is_not_there_is_told_so(
    serve_web: Any, disc_frames: FramesGenerator
) -> None:
    page = await serve_web(frames=disc_frames)
    request = character_pb2.ControlSessionRequest(session_id="nobody")
    outcome = await page.call(PROTOCOLS[0], "CharacterService/ControlSession", request)
    assert outcome.code == "not_found"
    assert outcome.details["ErrorInfo"].metadata["field"] == "session_id"
