"""LevelGen as a generator: request -> state -> parts, one refinement per step, then the finished files."""

import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from engine.assets import Draft, GeneratorInfo, ParameterInfo
from engine.codecs.image import encode_png
from engine.codecs.provenance import provenance_fields
from engine.errors import GenerationError, InvalidRequestError, WeightsError
from engine.generators.protocol import StepKinds
from engine.levels.attributes import measure
from engine.levels.decoding.conditions import CLASS_COUNTS, Conditions, Wishes, complete
from engine.levels.decoding.hiding import INPUT_COUNT, TILE_COUNT
from engine.levels.decoding.refinement import CONTENT_STEPS, Refinement, layout_step_count, step_count
from engine.levels.document import level_document, step_document
from engine.levels.grid import from_rows
from engine.levels.picture import draw_level, tile_strip
from engine.levels.repair.feasibility import check_feasible, fixed_mask
from engine.levels.tiled import tiled_map
from engine.nets.levelgen.weights_file import LevelGenWeights
from engine.nets.precision import KernelClass
from engine.requests.level import (
    ENEMIES_MAX,
    KEYS_MAX,
    LOOPS_MAX,
    LOOT_MAX,
    ROOM_EDGE_MAX,
    ROOM_EDGE_MIN,
    ROOMS_MAX,
    SIZE_MAX,
    SIZE_MIN,
    LevelRequest,
    LevelStyle,
)

JSON, PNG = "application/json", "image/png"
REFINEMENT, LEVEL, TILED, TILES, PREVIEW = "refinement", "level", "tiled", "tiles", "preview"
FILES = (LEVEL, TILED, TILES, PREVIEW)
"""What the last step makes, in this order."""

DECODING_VERSION = 2
"""Stands after the weights' version and a dot: grows whenever equal weights come to be decoded to other bytes."""

PREVIEW_COMPRESSION = 6

ATTRIBUTES = (
    ParameterInfo("rooms", 1, ROOMS_MAX, None, "", "Regions of the ground that blocks of 3x3 cells cover"),
    ParameterInfo("room_edge", ROOM_EDGE_MIN, ROOM_EDGE_MAX, None, "cells", "Mean edge length of the rooms"),
    ParameterInfo("loops", 0, LOOPS_MAX, None, "", "Ways around solid bodies of at least four cells"),
    ParameterInfo("enemies", 0, ENEMIES_MAX, None, "", "Cells with an enemy"),
    ParameterInfo("loot", 0, LOOT_MAX, None, "", "Cells with loot"),
    ParameterInfo("keys", 0, KEYS_MAX, None, "", "Locks and their keys, each of its own color"),
    ParameterInfo("openness", 0.0, 1.0, None, "", "Share of the cells that can be walked on"),
    ParameterInfo("difficulty", 0.0, 1.0, None, "", "Length of the way, enemies near it, and locks"),
)


@dataclass(slots=True)
class LevelState:
    """A session: the request and how many steps are done.

    `refinement` is working memory: a state without it (resumed elsewhere) repeats the steps and gives the same bytes.
    """

    request: LevelRequest
    finished_steps: int = 0
    refinement: Refinement | None = field(default=None, repr=False)

    @property
    def finished(self) -> bool:
        """Whether every part has been made."""
        return self.finished_steps > step_count(self.request.size)

    @property
    def part_count(self) -> int:
        """One part per refinement step, and the files."""
        return step_count(self.request.size) + len(FILES)


class LevelGenerator:
    """Makes levels with LevelGen. Raises WeightsError for weights of other tiles or attributes."""

    def __init__(self, weights: LevelGenWeights, kernel: KernelClass, model_card: str = "") -> None:
        config = weights.header.network
        if (config.tile_count, config.input_count, config.condition_counts) != (TILE_COUNT, INPUT_COUNT, CLASS_COUNTS):
            raise WeightsError("the header's tiles or attributes are not those of this program")
        if not len(weights.bank):
            raise WeightsError("the bank of attributes is empty")
        self._network = copy.deepcopy(weights.network).to(kernel.dtype).eval().requires_grad_(False)
        self._bank = weights.bank.numpy()
        self._info = GeneratorInfo(
            asset_kind=LevelRequest.ASSET_KIND,
            name="levelgen",
            version=f"{weights.header.version}.{DECODING_VERSION}",
            tier=weights.header.tier,
            weights_sha256=weights.sha256,
            kernel_class=kernel.name,
            classes=tuple(str(style) for style in LevelStyle),
            sizes_px=tuple(range(SIZE_MIN, SIZE_MAX + 1)),
            maps=(REFINEMENT, *FILES),
            attributes=ATTRIBUTES,
            training_licences=weights.header.licences,
            model_card=model_card,
        )

    @property
    def info(self) -> GeneratorInfo:
        """The catalog entry; sizes are cells, classes are styles."""
        return self._info

    def begin(self, request: LevelRequest) -> LevelState:
        """Open a session. Raises InvalidRequestError where the fixed cells leave no way or no space."""
        if fixed := request.fixed_cells():
            check_feasible(request, fixed)
        return LevelState(request)

    def checkpoint(self, state: LevelState) -> bytes:
        """The number of finished steps, one byte."""
        return bytes([state.finished_steps])

    def resume(self, request: LevelRequest, checkpoint: bytes) -> LevelState:
        """Continue after the steps that `checkpoint` counts."""
        state = self.begin(request)
        steps = step_count(request.size)
        if len(checkpoint) != 1 or checkpoint[0] > steps:
            raise InvalidRequestError("checkpoint", checkpoint[:8].hex(), f"one byte of at most {steps}")
        state.finished_steps = checkpoint[0]
        return state

    def steps_ahead(self, state: LevelState) -> StepKinds:
        """Layout steps, contents steps and the finish; what each costs depends on the level's size."""
        size, done = state.request.size, state.finished_steps
        left = (
            ("layout", max(0, layout_step_count(size) - done)),
            ("contents", min(CONTENT_STEPS, max(0, step_count(size) - done))),
            ("finish", int(done <= step_count(size))),
        )
        return tuple((f"level {kind} of {size} cells", count) for kind, count in left if count)

    def step(self, states: Sequence[LevelState]) -> list[tuple[Draft, ...]]:
        """The next step of each state. Levels are made one at a time: that fixes every bit of the result."""
        return [self._step(state) for state in states]

    def _step(self, state: LevelState) -> tuple[Draft, ...]:
        if state.refinement is None:
            state.refinement = self.refinement(state.request)
            for _ in range(state.finished_steps):
                state.refinement.advance()
        done, size = state.finished_steps, state.request.size
        state.finished_steps += 1
        if done < state.refinement.step_count:
            document = step_document(done + 1, state.refinement.step_count, state.refinement.advance())
            return (Draft(done, REFINEMENT, size, JSON, partial(_json, document)),)
        drafts = self._files(state.request, state.refinement)
        state.refinement = None
        return drafts

    def refinement(self, request: LevelRequest, *, mends_layout: bool = True) -> Refinement:
        """The level of a request before its first step, for those who want to see more than parts."""
        wishes = wishes_of(request, self._bank)
        return Refinement(request.seed, wishes, request.fixed_cells(), self._predict, mends_layout=mends_layout)

    def _predict(self, tokens: NDArray[np.uint8], conditions: Conditions) -> NDArray[np.float32]:
        with torch.inference_mode():
            wished = torch.from_numpy(conditions)[None].expand(len(tokens), -1)
            logits = self._network(torch.from_numpy(tokens.astype(np.int64)), wished).float()
        if not torch.isfinite(logits.sum()):
            raise GenerationError("the network returned numbers that are not finite")
        result: NDArray[np.float32] = logits.numpy()
        return result

    def _files(self, request: LevelRequest, refinement: Refinement) -> tuple[Draft, ...]:
        repaired = refinement.finish()
        path = repaired.solution.path
        attributes = measure(repaired.grid, path)
        provenance = provenance_fields(self._info, request)
        fixed = int(refinement.fixed.sum())
        level = level_document(repaired, attributes, refinement.wishes, fixed, provenance)
        files = (
            (LEVEL, JSON, partial(_json, level)),
            (TILED, JSON, partial(_json, tiled_map(repaired.grid, path, provenance))),
            (TILES, PNG, partial(_tiles, provenance)),
            (PREVIEW, PNG, partial(_preview, repaired.grid, path, provenance)),
        )
        return tuple(
            Draft(refinement.step_count + index, name, request.size, media_type, encode)
            for index, (name, media_type, encode) in enumerate(files)
        )


def wishes_of(request: LevelRequest, bank: NDArray[np.uint8]) -> Wishes:
    """What the level is to be: what the request says; else what a changed base has; else drawn by the seed."""
    asked = Wishes(
        request.size,
        request.rooms,
        request.room_edge,
        request.loops,
        request.enemies,
        request.loot,
        request.keys,
        request.symmetry,
        request.openness,
        request.difficulty,
        request.style,
    )
    if request.base_rows:
        asked = asked.completed_by(measure(from_rows(request.base_rows)))
    random = np.random.Generator(np.random.Philox(key=[request.seed, 1 << 40]))
    return complete(asked, bank, random).at_least(fixed_mask(request.fixed_cells(), request.size)[1])


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


def _tiles(provenance: Mapping[str, str]) -> bytes:
    return encode_png(tile_strip(), provenance, PREVIEW_COMPRESSION, srgb=True)


def _preview(grid: NDArray[np.uint8], path: tuple[tuple[int, int], ...], provenance: Mapping[str, str]) -> bytes:
    return encode_png(draw_level(grid, path), provenance, PREVIEW_COMPRESSION, srgb=True)
