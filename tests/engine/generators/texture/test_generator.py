"""Requests become parts: in order, the same each time however steps fall, and refused where nothing can be made."""

import asyncio
import copy
import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import Event

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.assets import AssetRequest, Draft, GeneratorInfo, Part
from engine.codecs.image import decode_png, encode_png
from engine.errors import GenerationError, InvalidRequestError, WeightsError
from engine.generators.protocol import Generator
from engine.generators.texture.generator import PAINTING_VERSION, TextureGenerator, TextureState
from engine.generators.whole import finished_parts
from engine.nets.precision import KernelClass
from engine.nets.weights_file import ClassEntry, TexGenWeights
from engine.requests.texture import Blend, MapKind, Pattern, TextureRequest, Wrap
from engine.runtime.messages import CHECKPOINT_MAX_BYTES, Terms
from workers.local import LocalPool

Make = Callable[[TextureRequest], list[Part]]
Images = Callable[[TextureRequest, MapKind], list[NDArray[np.float32]]]
Pixels = NDArray[np.uint8] | NDArray[np.uint16]

STONE = TextureRequest("stone", seed=7, size_px=128)
REQUESTS = {
    "plain": STONE,
    "one level": replace(STONE, size_px=64),
    "three levels": replace(STONE, size_px=256, maps=(MapKind.ALBEDO,)),
    "pattern": replace(STONE, pattern=Pattern("hex_tiles")),
    "blend": replace(STONE, blend=Blend("brick", 0.4)),
    "palette": replace(STONE, palette=((10, 20, 30), (90, 100, 110), (200, 210, 220))),
    "open": replace(STONE, wrap=Wrap.NONE),
    "sliders": replace(STONE, attributes={"scale": 0.4, "direction": -0.7, "detail": 0.3}),
}


def finish(generator: TextureGenerator, state: TextureState) -> list[Part]:
    """The parts that are left."""
    made: list[Part] = []
    while not state.finished:
        made += finished_parts(generator.step([state])[0])
    return made


def mask(size_px: int = 64) -> bytes:
    """A bright disk on a dark ground."""
    axis = np.arange(size_px) - size_px / 2
    disk = np.hypot(axis[:, None], axis[None]) < size_px / 3
    return encode_png(np.where(disk, 220, 30).astype(np.uint8), {})


@pytest.mark.parametrize("request_", [pytest.param(request, id=name) for name, request in REQUESTS.items()])
def test_same_request_gives_the_same_bytes(make: Make, request_: TextureRequest) -> None:
    assert make(request_) == make(request_)


def test_interleaved_states_give_the_bytes_that_each_gives_alone(generator: TextureGenerator, make: Make) -> None:
    states = {name: generator.begin(request) for name, request in REQUESTS.items()}
    made: dict[str, list[Part]] = {name: [] for name in states}
    while unfinished := [name for name, state in states.items() if not state.finished]:
        for name, parts in zip(unfinished, generator.step([states[name] for name in unfinished]), strict=True):
            made[name] += finished_parts(parts)
    for name, request in REQUESTS.items():
        assert made[name] == make(request), name


@pytest.mark.parametrize("blend", [None, Blend("wood")])
def test_session_resumed_after_any_step_makes_the_same_parts(
    generator: TextureGenerator, weights: TexGenWeights, kernel: KernelClass, make: Make, blend: Blend | None
) -> None:
    request = replace(STONE, size_px=256, maps=(MapKind.ALBEDO, MapKind.NORMAL), blend=blend)
    whole, elsewhere = make(request), TextureGenerator(weights, kernel)
    state = generator.begin(request)
    while not state.finished:
        checkpoint = generator.checkpoint(state)
        assert len(checkpoint) <= CHECKPOINT_MAX_BYTES
        resumed = elsewhere.resume(request, checkpoint)
        assert elsewhere.checkpoint(resumed) == checkpoint
        assert finish(elsewhere, resumed) == whole[2 * state.finished_lods :]
        generator.step([state])


@pytest.mark.parametrize("checkpoint", [b"", b"\2", b"\xff", b"\0\1", bytes(5000)])
def test_checkpoint_of_another_request_is_refused(generator: TextureGenerator, checkpoint: bytes) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        generator.resume(STONE, checkpoint)
    assert (caught.value.field, caught.value.allowed) == ("checkpoint", "one byte below 2")


def test_resuming_checks_the_request_as_beginning_does(generator: TextureGenerator) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        generator.resume(replace(STONE, texture_class="marble"), b"\0")
    assert caught.value.field == "texture_class"


def test_steps_ahead_are_those_that_follow(generator: TextureGenerator) -> None:
    state = generator.begin(replace(STONE, size_px=256))
    ahead = generator.steps_ahead(state)
    assert [(kind, count) for kind, count in ahead] == [(f"texture {lod_px} of 256 px", 1) for lod_px in (64, 128, 256)]
    for index, (kind, _) in enumerate(ahead):
        assert generator.steps_ahead(state) == ahead[index:]
        (drafts,) = generator.step([state])
        assert kind == f"texture {drafts[0].lod_px} of 256 px"
    assert generator.steps_ahead(state) == ()
    assert state.finished


def test_numbers_that_are_not_finite_are_an_error_and_no_picture(weights: TexGenWeights, kernel: KernelClass) -> None:
    network = copy.deepcopy(weights.network)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.fill_(float("nan"))
    spoiled = TextureGenerator(replace(weights, network=network), kernel)
    with pytest.raises(GenerationError, match="not finite"):
        spoiled.step([spoiled.begin(STONE)])


class Batching:
    """A catalog whose only generator's steps take equally long whatever their size, so that large batches pay."""

    def __init__(self, generator: TextureGenerator) -> None:
        self.batch_sizes: list[int] = []
        self.gate = Event()
        self.info = generator.info
        self.checkpoint, self.resume, self.steps_ahead = generator.checkpoint, generator.resume, generator.steps_ahead
        self._generator = generator

    def infos(self) -> tuple[GeneratorInfo, ...]:
        return (self.info,)

    def generator_for(self, _request: AssetRequest) -> "Generator[TextureRequest, TextureState]":
        return self

    def begin(self, request: TextureRequest) -> TextureState:
        self.gate.wait(10)
        return self._generator.begin(request)

    def step(self, states: Sequence[TextureState]) -> list[tuple[Draft, ...]]:
        self.batch_sizes.append(len(states))
        began_at_s = time.perf_counter()
        made = self._generator.step(states)
        time.sleep(max(0.0, began_at_s + 0.06 - time.perf_counter()))
        return made


async def test_same_request_has_one_hash_in_batches_of_every_size(generator: TextureGenerator, make: Make) -> None:
    request = replace(STONE, size_px=128, maps=(MapKind.ALBEDO, MapKind.NORMAL))
    batching = Batching(generator)
    pool = LocalPool(batching)
    await pool.start()

    async def digest() -> str:
        stream = await pool.open(request, 4, Terms())
        parts = [sealed.part async for sealed in stream]
        stream.close()
        return hashlib.sha256(b"".join(part.payload for part in parts)).hexdigest()

    async def together(count: int) -> set[str]:
        """`count` sessions that begin at the same time."""
        batching.gate.clear()
        sessions = [asyncio.create_task(digest()) for _ in range(count)]
        await asyncio.sleep(0)
        batching.gate.set()
        return set(await asyncio.gather(*sessions))

    digests: set[str] = set()
    for _ in range(4):
        digests |= await together(16)  # until it is known that batches pay
    for count in range(1, 17):
        digests |= await together(count)
    await pool.close()
    assert set(batching.batch_sizes) >= set(range(1, 17))
    assert digests == {hashlib.sha256(b"".join(part.payload for part in make(request))).hexdigest()}


def test_another_seed_gives_other_bytes(make: Make) -> None:
    first, second = (make(replace(STONE, size_px=64, seed=seed)) for seed in (1, 2))
    assert all(a.payload != b.payload for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("maps", [tuple(MapKind), (MapKind.HEIGHT, MapKind.ALBEDO)])
def test_parts_come_level_by_level_in_the_order_of_maps(generator: TextureGenerator, maps: tuple[MapKind, ...]) -> None:
    request = replace(STONE, size_px=256, maps=maps)
    state = generator.begin(request)
    assert state.part_count == 3 * len(maps)
    made: list[Part] = []
    for lod_px in (64, 128, 256):
        assert not state.finished
        parts = finished_parts(generator.step([state])[0])
        assert [part.map for part in parts] == [kind for kind in MapKind if kind in maps]
        assert {part.lod_px for part in parts} == {lod_px}
        assert {decode_png(part.payload).shape[:2] for part in parts} == {(lod_px, lod_px)}
        made += parts
    assert state.finished
    assert [part.sequence for part in made] == list(range(state.part_count))
    assert {part.media_type for part in made} == {"image/png"}


def test_coarse_levels_are_area_averages_of_fine_ones(images: Images) -> None:
    coarse, fine = images(STONE, MapKind.ALBEDO)
    averaged = fine.reshape(64, 2, 64, 2, 3).mean((1, 3))
    assert np.abs(averaged - coarse).mean() < 1
    assert np.abs(averaged - coarse).max() < 12  # clipping at black and white comes after averaging


def test_finished_state_keeps_no_working_memory(generator: TextureGenerator) -> None:
    state = generator.begin(STONE)
    generator.step([state])
    assert state.painting is not None
    generator.step([state])
    assert state.painting is None


def test_mask_decides_the_structure(images: Images) -> None:
    masked, other, plain = (
        images(request, MapKind.HEIGHT)[-1]
        for request in (
            replace(STONE, mask_png=mask()),
            replace(STONE, mask_png=mask(200)),
            replace(STONE, pattern=Pattern("flat")),
        )
    )
    assert np.abs(masked - plain).mean() > 300
    assert np.abs(masked - other).mean() < 0.5 * np.abs(masked - plain).mean()  # the same disk, drawn finer


def test_pattern_and_its_parameters_decide_the_structure(make: Make) -> None:
    patterns = (Pattern("brick"), Pattern("brick", {"rows": 12}), Pattern("weave"))
    heights = [make(replace(STONE, pattern=pattern, maps=(MapKind.HEIGHT,)))[-1].payload for pattern in patterns]
    assert len(set(heights)) == 3


def test_scale_chooses_the_cells_that_a_request_leaves_open(images: Images) -> None:
    def height(**parameters: float) -> NDArray[np.float32]:
        request = replace(
            STONE, pattern=Pattern("brick", parameters), attributes={"scale": 0.7}, maps=(MapKind.HEIGHT,)
        )
        return images(request, MapKind.HEIGHT)[-1]

    assert (height() == height(columns=2, rows=6)).all()
    assert (height() != height(columns=4, rows=12)).any()


@given(st.tuples(*[st.integers(30, 225)] * 3))
@settings(max_examples=8)
def test_uniform_palette_gives_a_nearly_uniform_albedo_of_that_color(
    images: Images, color: tuple[int, int, int]
) -> None:
    request = replace(STONE, size_px=64, palette=(color,) * 3, attributes={"hue_variation": 0}, maps=(MapKind.ALBEDO,))
    (albedo,) = images(request, MapKind.ALBEDO)
    assert np.abs(albedo.mean((0, 1)) - color).max() < 8
    assert albedo.std((0, 1)).max() < 10


def test_exchanging_dark_and_light_turns_the_albedo_around_its_middle(images: Images) -> None:
    dark, mid, light = (70, 60, 50), (120, 110, 100), (170, 160, 150)
    calm = replace(STONE, size_px=64, attributes={"hue_variation": 0}, maps=(MapKind.ALBEDO,))
    (straight,), (turned,) = (
        images(replace(calm, palette=palette), MapKind.ALBEDO) for palette in ((dark, mid, light), (light, mid, dark))
    )
    assert np.abs((straight + turned) / 2 - mid).mean() < 3
    assert straight.std() > 10


@pytest.mark.parametrize("value", [0.1, 0.9])
def test_attributes_set_the_maps_they_name(images: Images, value: float) -> None:
    request = replace(STONE, size_px=64, attributes={"roughness": value, "roughness_variation": 0.0})
    (roughness,) = images(request, MapKind.ROUGHNESS)
    assert (roughness == round(value * 255)).all()


def test_class_without_a_pattern_takes_its_own_by_seed(images: Images) -> None:
    request = TextureRequest("brick", size_px=64, maps=(MapKind.HEIGHT,))
    seeds = [replace(request, seed=seed) for seed in range(8)]
    flat = [images(replace(seeded, pattern=Pattern("flat")), MapKind.HEIGHT)[0] for seeded in seeds]
    own = [images(seeded, MapKind.HEIGHT)[0] for seeded in seeds]
    # Some seeds draw the alternative "flat", others bricks.
    assert {np.array_equal(*pair) for pair in zip(flat, own, strict=True)} == {True, False}


def test_entry_in_the_catalog_says_what_can_be_made(generator: TextureGenerator, kernel: KernelClass) -> None:
    info = generator.info
    assert (info.asset_kind, info.name, info.tier, info.version) == ("texture", "texgen", "S", f"0.{PAINTING_VERSION}")
    assert info.classes == ("stone", "brick", "wood")
    assert info.maps == tuple(MapKind)
    assert info.wraps == ("both", "x", "y", "none")
    assert info.sizes_px == (64, 128, 256, 512, 1024, 2048)
    assert (info.weights_sha256, info.kernel_class) == ("ab" * 32, kernel.name)
    assert (info.training_licences, info.model_card) == (("CC0-1.0",), "# A card")
    assert "brick" in {pattern.name for pattern in info.patterns}


@pytest.mark.parametrize(
    ("change", "field", "allowed"),
    [
        ({"texture_class": "stome"}, "texture_class", "stone, brick, wood; did you mean 'stone'?"),
        ({"texture_class": "zzz"}, "texture_class", "stone, brick, wood"),
        ({"texture_class": "stone" * 10**6}, "texture_class", "stone, brick, wood"),
        ({"blend": Blend("bricks")}, "blend.texture_class", "stone, brick, wood; did you mean 'brick'?"),
        ({"attributes": {"shine": 1.0}}, "attributes.shine", "one of the attributes scale, direction"),
        ({"attributes": {"roughness": 1.5}}, "attributes.roughness", "0 to 1"),
        ({"attributes": {"relief": -0.1}}, "attributes.relief", "0 to 8"),
        ({"pattern": Pattern("bricks")}, "pattern.name", "brick"),
        ({"pattern": Pattern("brick", {"rows": 1000})}, "pattern.rows", "a whole number from 1 to"),
        ({"pattern": Pattern("brick", {"rows": 2.5})}, "pattern.rows", "a whole number from 1 to"),
        ({"pattern": Pattern("brick", {"petals": 3})}, "pattern.petals", "parameters of brick"),
        ({"mask_png": b"not a png"}, "mask_png", "PNG"),
        ({"mask_png": mask()[:-20]}, "mask_png", "PNG"),
        ({"mask_png": mask(8)}, "mask_png", "edges of 16 to 4096 px"),
    ],
)
def test_what_cannot_be_made_is_refused_with_field_and_allowed_values(
    generator: TextureGenerator, change: dict[str, object], field: str, allowed: str
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        generator.begin(replace(STONE, **change))  # type: ignore[arg-type]  # each change names a field
    assert caught.value.field == field
    assert allowed in caught.value.allowed


@pytest.mark.parametrize("pattern", ["bricks", "brick:rows=1..900", "brick:rows=many", "noise|"])
def test_weights_whose_class_has_no_usable_pattern_are_refused(
    weights: TexGenWeights, kernel: KernelClass, pattern: str
) -> None:
    header = replace(weights.header, classes=(*weights.header.classes[:2], ClassEntry("wood", pattern)))
    with pytest.raises(WeightsError, match="pattern"):
        TextureGenerator(replace(weights, header=header), kernel)


def test_half_precision_gives_nearly_the_same_texture_and_always_the_same(
    weights: TexGenWeights, images: Images
) -> None:
    halved = TextureGenerator(weights, KernelClass("cpu", torch.bfloat16, 1))
    request = replace(STONE, size_px=64)
    first, second = (finish(halved, halved.begin(request)) for _ in range(2))
    assert first == second
    (exact,) = images(request, MapKind.ALBEDO)
    rounded = next(decode_png(part.payload) for part in first if part.map == MapKind.ALBEDO)
    assert 0 < np.abs(exact - rounded).mean() < 4


def test_another_reader_sees_the_same_pixels(make: Make) -> None:
    for part in make(replace(STONE, size_px=64)):
        decoded = decode_png(part.payload)
        read = cv2.imdecode(np.frombuffer(part.payload, np.uint8), cv2.IMREAD_UNCHANGED)
        assert read is not None
        assert np.array_equal(read[..., ::-1] if read.ndim == 3 else read, decoded)
