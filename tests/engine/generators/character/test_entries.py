import hashlib
from typing import Any

import pytest

from engine.errors import InvalidRequestError
from engine.requests.character.control import Control
from engine.requests.character.frames import FramesRequest, Pictures
from engine.requests.character.identity import CharacterRequest


def test_catalog_tells_what_requests_and_controls_may_be(generators: Any) -> None:
    info = generators[FramesRequest].info
    choices = dict(info.choices)
    assert choices["rate_hz"] == ("24", "30", "60", "72", "90")
    assert choices["format"] == ("raw", "png", "webp", "jpeg", "h264", "vp9", "av1", "mjpeg")
    assert choices["renderer"] == ("mesh", "network")
    assert {"walk", "run"} <= set(choices["gait"])
    assert "wave" in choices["action"]
    assert "crown" in choices["parts.headwear"]
    assert (info.asset_kind, info.sizes_px) == ("frames", (128, 256))
    assert [slider.name for slider in info.attributes][:2] == ["height", "build"]
    assert {"CC0-1.0", "own"} <= set(info.training_licences)


def test_weights_of_both_networks_are_part_of_the_identity(
    generators: Any, generators_with: Any, motion_weights: Any
) -> None:
    both, alone = generators[FramesRequest].info, generators_with({})[FramesRequest].info
    assert alone.weights_sha256 == motion_weights.sha256
    assert both.weights_sha256 == hashlib.sha256(f"{motion_weights.sha256}\n{'1' * 64}".encode()).hexdigest()
    assert generators[CharacterRequest].info.weights_sha256 == both.weights_sha256


def test_without_a_frame_network_only_the_mesh_is_drawn(generators_with: Any) -> None:
    generator = generators_with({})[FramesRequest]
    assert dict(generator.info.choices)["renderer"] == ("mesh",)
    with pytest.raises(InvalidRequestError) as caught:
        generator.begin(FramesRequest(pictures=Pictures(renderer="network")))
    assert (caught.value.field, caught.value.allowed) == ("renderer", "mesh")


def test_size_without_a_network_is_refused_at_the_beginning(generators: Any) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        generators[FramesRequest].begin(FramesRequest(pictures=Pictures(size_px=256, renderer="network")))
    assert (caught.value.field, caught.value.allowed) == ("size_px", "128")


def test_checkpoint_stays_small_whatever_has_been_said(generators: Any) -> None:
    generator = generators[FramesRequest]
    state = generator.begin(FramesRequest())
    third = 100 / 3
    said = Control(third / 10, third, third, "crawl", "cheer", "stylized", third, third, third / 40, third, third)
    generator.steer(state, said.encoded())
    for _ in range(4):
        generator.step([state])
    checkpoint = generator.checkpoint(state)
    assert len(checkpoint) <= 4096
    assert generator.resume(state.request, checkpoint).steering == state.steering


@pytest.mark.parametrize("renderer", ["network", "mesh"])
def test_whole_stream_runs_over_the_real_parts(generators: Any, renderer: str) -> None:
    generator = generators[FramesRequest]
    script = ((0, Control(speed_mps=1.4)), (2, Control(action="wave", camera_yaw_deg=90)))
    request = FramesRequest(frame_count=4, pictures=Pictures(size_px=128, renderer=renderer), script=script)
    digests = []
    for _ in range(2):
        state = generator.begin(request)
        sizes, digest = [], hashlib.sha256()
        while not state.finished:
            assert len(generator.checkpoint(state)) <= 4096
            state = generator.resume(request, generator.checkpoint(state))
            for made in generator.step([state])[0]:
                payload = made.encode() if hasattr(made, "encode") else made.payload
                sizes.append(len(payload))
                digest.update(payload)
        digests.append(digest.digest())
        assert sizes[1:] == 4 * [4 * 128 * 128 + 332]
    assert digests[0] == digests[1]
