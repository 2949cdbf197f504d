"""The only registry: which loaded generator answers which kind of request."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.assets import AssetRequest, GeneratorInfo
from engine.errors import InvalidRequestError, WeightsError
from engine.generators.character.entries import character_infos
from engine.generators.character.figures import ParametricFigures
from engine.generators.character.files import CharacterGenerator
from engine.generators.character.frames import FramesGenerator
from engine.generators.character.motion import DirectedMotion
from engine.generators.character.painters import MeshPainter, NetworkPainter
from engine.generators.character.protocols import Painter
from engine.generators.level import LevelGenerator
from engine.generators.motion.director import MotionDirector
from engine.generators.probe import ProbeGenerator
from engine.generators.protocol import Generator
from engine.generators.scene.generator import SceneGenerator
from engine.generators.terrain.biomes import GROUND_CLASSES
from engine.generators.terrain.heights import Decoders
from engine.generators.texture.generator import TextureGenerator
from engine.generators.world.atlas import Atlas
from engine.generators.world.generator import ChunkGenerator, WorldGenerator
from engine.nets.framegen.artist import FrameArtist
from engine.nets.framegen.weights_file import FrameGenWeights, load_framegen
from engine.nets.levelgen.weights_file import load_levelgen
from engine.nets.motiongen.weights_file import MotionGenWeights, load_motiongen
from engine.nets.precision import KernelClass, choose_kernel_class
from engine.nets.terragen.weights_file import load_terragen
from engine.nets.weights_file import load_weights
from engine.requests.character.frames import FramesRequest
from engine.requests.character.identity import CharacterRequest
from engine.requests.level import LevelRequest
from engine.requests.probe import ProbeRequest
from engine.requests.scene import SceneRequest
from engine.requests.texture import TextureRequest
from engine.requests.world import ChunkRequest, WorldRequest

SHIPPED_WEIGHTS = Path(__file__).parent / "weights"
SHIPPED_TEXTURE_WEIGHTS = SHIPPED_WEIGHTS / "texgen-m.safetensors"
SHIPPED_LEVEL_WEIGHTS = SHIPPED_WEIGHTS / "levelgen-s.safetensors"
SHIPPED_TERRAIN_WEIGHTS = SHIPPED_WEIGHTS / "terragen-s.safetensors"
SHIPPED_MOTION_WEIGHTS = SHIPPED_WEIGHTS / "motiongen-s.safetensors"
SHIPPED_FRAME_WEIGHTS = {
    256: SHIPPED_WEIGHTS / "framegen-m.safetensors",
    128: SHIPPED_WEIGHTS / "framegen-s.safetensors",
}


@dataclass(frozen=True, slots=True)
class Catalog:
    """Loaded generators by the kind of request they answer."""

    generators: dict[type[AssetRequest], Generator[Any, Any]]

    def infos(self) -> tuple[GeneratorInfo, ...]:
        """What every generator is and can make, by name and kind."""
        infos = (generator.info for generator in self.generators.values())
        return tuple(sorted(infos, key=lambda info: (info.name, info.asset_kind)))

    def generator_for(self, request: AssetRequest) -> Generator[Any, Any]:
        """The generator that answers `request`. Raises InvalidRequestError if there is none."""
        generator = self.generators.get(type(request))
        if generator is None:
            raise InvalidRequestError("request", type(request).__name__, "a kind of asset in the catalog")
        return generator


def load_catalog(
    *, precision: str = "auto", thread_count: int | None = None, texture_weights: Path | None = None
) -> Catalog:
    """Load every generator; `texture_weights` replaces the shipped file.

    Where they know every class that land is made of, the ground of scenes and worlds is theirs too, else the shipped
    ones'. Shipped weights, tier S among them, must have their recorded checksum.

    Fixes the process's thread count (None keeps torch's own). Raises WeightsError or SettingsError.
    """
    kernel = choose_kernel_class(precision, thread_count)
    texture = ground = _texture_generator(texture_weights or SHIPPED_TEXTURE_WEIGHTS, kernel)
    if not set(texture.info.classes) >= GROUND_CLASSES:
        ground = _texture_generator(SHIPPED_TEXTURE_WEIGHTS, kernel)
    return Catalog(
        {
            TextureRequest: texture,
            LevelRequest: _level_generator(SHIPPED_LEVEL_WEIGHTS, kernel),
            **_land_generators(SHIPPED_TERRAIN_WEIGHTS, ground, kernel),
            **_character_generators(kernel),
            ProbeRequest: ProbeGenerator(),
        }
    )


def recorded_sha256(weights: Path) -> str:
    """The SHA-256 (hex) in the `.sha256` file beside `weights`. Raises WeightsError if it is missing or empty."""
    path = weights.with_suffix(".sha256")
    try:
        return path.read_text(encoding="utf-8").split()[0]
    except (OSError, ValueError, IndexError) as error:
        raise WeightsError(f"{path}: cannot be read; the installation is incomplete") from error


def _texture_generator(path: Path, kernel: KernelClass) -> TextureGenerator:
    weights = load_weights(path, recorded_sha256(path) if path.parent == SHIPPED_WEIGHTS else None)
    try:
        return TextureGenerator(weights, kernel, _model_card(path))
    except WeightsError as error:
        raise WeightsError(f"{path}: {error}") from error


def _level_generator(path: Path, kernel: KernelClass) -> LevelGenerator:
    weights = load_levelgen(path, recorded_sha256(path))
    try:
        return LevelGenerator(weights, kernel, _model_card(path))
    except WeightsError as error:
        raise WeightsError(f"{path}: {error}") from error


def _land_generators(
    path: Path, textures: TextureGenerator, kernel: KernelClass
) -> dict[type[AssetRequest], Generator[Any, Any]]:
    """Scenes, worlds and their chunks, which share TerraGen."""
    weights = load_terragen(path, recorded_sha256(path)).in_format(kernel.dtype)
    scenes = SceneGenerator(weights, textures, kernel, _model_card(path))
    atlas = Atlas(Decoders(weights.landforms, weights.details))
    return {
        SceneRequest: scenes,
        WorldRequest: WorldGenerator(atlas, textures, scenes.info),
        ChunkRequest: ChunkGenerator(atlas, scenes.info),
    }


def _character_generators(kernel: KernelClass) -> dict[type[AssetRequest], Generator[Any, Any]]:
    """Characters and their frames. Without the weights of FrameGen frames are drawn by the software renderer only."""
    motion_weights = load_motiongen(SHIPPED_MOTION_WEIGHTS, recorded_sha256(SHIPPED_MOTION_WEIGHTS))
    there = {size_px: path for size_px, path in SHIPPED_FRAME_WEIGHTS.items() if path.exists()}
    frames = {size_px: load_framegen(path, recorded_sha256(path)) for size_px, path in there.items()}
    cards = (SHIPPED_MOTION_WEIGHTS, *there.values())
    return character_generators(motion_weights, frames, kernel, "\n\n".join(filter(None, map(_model_card, cards))))


def character_generators(
    motion_weights: MotionGenWeights, frames: Mapping[int, FrameGenWeights], kernel: KernelClass, model_card: str
) -> dict[type[AssetRequest], Generator[Any, Any]]:
    """The two generators of characters from loaded weights; those of FrameGen by the size of its frames."""
    motion = DirectedMotion(MotionDirector(motion_weights))
    files, moving = character_infos(motion_weights, frames, motion.names, kernel, model_card)
    painters: dict[str, Painter] = {"mesh": MeshPainter()}
    if frames:
        painters["network"] = NetworkPainter({size: FrameArtist(each, kernel.dtype) for size, each in frames.items()})
    return {
        CharacterRequest: CharacterGenerator(files, motion),
        FramesRequest: FramesGenerator(moving, motion, ParametricFigures(), painters),
    }


def _model_card(weights: Path) -> str:
    """The text of the `.md` file beside `weights`; empty where there is none."""
    try:
        return weights.with_suffix(".md").read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""
