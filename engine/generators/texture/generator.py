"""TexGen as a generator: request -> state -> parts, one level of detail per step."""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import partial

import torch

from engine.assets import Draft, GeneratorInfo
from engine.codecs.image import Pixels, encode_png
from engine.codecs.provenance import provenance_fields
from engine.errors import GenerationError, InvalidRequestError
from engine.generators.protocol import StepKinds
from engine.generators.texture.appearance import ATTRIBUTES, check_attributes, draw_appearance, load_bank
from engine.generators.texture.default_pattern import check_default_pattern, draw_pattern
from engine.generators.texture.materialize import materialize
from engine.generators.texture.painting import Painting, Scene, edges_of
from engine.generators.texture.steered_pattern import steered_pattern
from engine.nets.precision import KernelClass
from engine.nets.weights_file import TexGenWeights
from engine.patterns import Structure, pattern_catalog, render_pattern, resolve_pattern, structure_from_mask
from engine.requests.texture import TEXTURE_SIZES_PX, MapKind, Pattern, TextureRequest, Wrap

PNG = "image/png"

PAINTING_VERSION = 2
"""Stands after the weights' version and a dot: grows whenever equal weights come to give other bytes."""

NAME_MAX_CHARACTERS = 64
"""Looking for the class that a name probably meant takes time that grows with the name, and all sessions wait."""


@dataclass(slots=True)
class TextureState:
    """A session: the request and how many levels of detail are done.

    `painting` is working memory: a state without it (resumed elsewhere) builds it anew and gives the same bytes.
    """

    request: TextureRequest
    finished_lods: int = 0
    painting: Painting | None = field(default=None, repr=False)

    @property
    def finished(self) -> bool:
        """Whether every level of detail has been made."""
        return self.finished_lods == len(self.request.lods_px())

    @property
    def part_count(self) -> int:
        """Maps times levels of detail."""
        return len(self.request.maps) * len(self.request.lods_px())


class TextureGenerator:
    """Makes tileable PBR materials with TexGen. Raises WeightsError for weights whose bank or patterns are unusable."""

    def __init__(self, weights: TexGenWeights, kernel: KernelClass, model_card: str = "") -> None:
        header = weights.header
        self._network, self._kernel = copy.deepcopy(weights.network), kernel
        self._network.freeze(kernel.dtype)
        self._patterns = {entry.name: entry.pattern for entry in header.classes}
        for pattern in self._patterns.values():
            check_default_pattern(pattern)
        self._class_index = {entry.name: index for index, entry in enumerate(header.classes)}
        self._bank = load_bank(weights.bank, len(header.classes), header.network.style_width)
        self._info = GeneratorInfo(
            asset_kind="texture",
            name="texgen",
            version=f"{header.version}.{PAINTING_VERSION}",
            tier=header.tier,
            weights_sha256=weights.sha256,
            kernel_class=kernel.name,
            classes=tuple(self._patterns),
            sizes_px=TEXTURE_SIZES_PX,
            maps=tuple(str(kind) for kind in MapKind),
            wraps=tuple(str(wrap) for wrap in Wrap),
            attributes=ATTRIBUTES,
            patterns=pattern_catalog(),
            training_licences=header.licences,
            model_card=model_card,
        )

    @property
    def info(self) -> GeneratorInfo:
        """The catalog entry."""
        return self._info

    def begin(self, request: TextureRequest) -> TextureState:
        """Open a session. Raises InvalidRequestError for an unknown class, attribute, pattern or an unusable mask."""
        self._check_class("texture_class", request.texture_class)
        if request.blend is not None:
            self._check_class("blend.texture_class", request.blend.texture_class)
        check_attributes(request.attributes)
        if request.pattern is not None:
            resolve_pattern(request.pattern)
        if request.mask_png:
            structure_from_mask(request.mask_png, TEXTURE_SIZES_PX[0])
        return TextureState(request)

    def checkpoint(self, state: TextureState) -> bytes:
        """The number of finished levels of detail, one byte."""
        return bytes([state.finished_lods])

    def resume(self, request: TextureRequest, checkpoint: bytes) -> TextureState:
        """Continue after the levels of detail that `checkpoint` counts."""
        state = self.begin(request)
        if len(checkpoint) != 1 or checkpoint[0] >= len(request.lods_px()):
            allowed = f"one byte below {len(request.lods_px())}"
            raise InvalidRequestError("checkpoint", checkpoint[:8].hex(), allowed)
        state.finished_lods = checkpoint[0]
        return state

    def steps_ahead(self, state: TextureState) -> StepKinds:
        """One step per level of detail that is left; what it costs depends on its size and on that of the whole."""
        request = state.request
        return tuple((f"texture {lod} of {request.size_px} px", 1) for lod in request.lods_px()[state.finished_lods :])

    def step(self, states: Sequence[TextureState]) -> list[tuple[Draft, ...]]:
        """The next level of detail of each state. Images are made one at a time: that fixes every bit of the result."""
        return [self._step(state) for state in states]

    def _step(self, state: TextureState) -> tuple[Draft, ...]:
        request = state.request
        if state.painting is None:
            state.painting = Painting(self._network, self._kernel, self._scene(request))
        lod_px = request.lods_px()[state.finished_lods]
        stride_px = request.size_px // lod_px
        wear = state.painting.wear(stride_px)
        image = state.painting.image(stride_px)
        if not torch.isfinite(image.sum()):
            raise GenerationError("the network returned numbers that are not finite")
        pixels = materialize(image, wear, stride_px, edges_of(request.wrap), request.maps)
        provenance = provenance_fields(self._info, request)
        first = state.finished_lods * len(request.maps)
        drafts = tuple(
            Draft(first + index, str(kind), lod_px, PNG, _encoder(kind, values, provenance))
            for index, (kind, values) in enumerate(pixels.items())
        )
        state.finished_lods += 1
        if state.finished:
            state.painting = None
        return drafts

    def _scene(self, request: TextureRequest) -> Scene:
        first = draw_appearance(self._bank, self._class_index[request.texture_class], request, 0)
        blend = request.blend
        second = None
        if blend is not None:
            second = draw_appearance(self._bank, self._class_index[blend.texture_class], request, 1)
        return Scene(
            request.seed,
            request.size_px,
            edges_of(request.wrap),
            first,
            second,
            blend,
            self._structure(request),
            request.attributes,
        )

    def _structure(self, request: TextureRequest) -> "_StructureSource":
        if request.mask_png:
            return _StructureSource(mask_png=request.mask_png)
        asked = request.pattern
        pattern = asked or draw_pattern(self._patterns[request.texture_class], request.seed)
        fixed = asked.parameters if asked else ()
        return _StructureSource(steered_pattern(pattern, fixed, request.attributes), request.seed)

    def _check_class(self, name: str, value: str) -> None:
        if value not in self._patterns:
            close = get_close_matches(value[:NAME_MAX_CHARACTERS], self._patterns, 1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise InvalidRequestError(name, value, ", ".join(self._patterns) + hint)


def _encoder(kind: MapKind, values: Pixels, provenance: Mapping[str, str]) -> Callable[[], bytes]:
    """Makes a map's file when it is called."""
    return partial(encode_png, values, provenance, srgb=kind is MapKind.ALBEDO)


@dataclass(frozen=True, slots=True)
class _StructureSource:
    """Draws a request's structure at any size."""

    pattern: Pattern | None = None
    seed: int = 0
    mask_png: bytes = b""

    def __call__(self, size_px: int) -> Structure:
        if self.pattern is None:
            return structure_from_mask(self.mask_png, size_px)
        return render_pattern(self.pattern, self.seed, size_px)
