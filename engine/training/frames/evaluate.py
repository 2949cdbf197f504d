"""The panel of FrameGen: frames of characters, poses and cameras that nothing was trained with, against the renderer.

In one run stand the network, its rival (`rivals.py`), codes read from frames in place of sliders, a ceiling (the
renderer without supersampling) and spoiled controls. A control that no figure tells from the network makes the outcome
"inconclusive".
"""

from dataclasses import dataclass

import torch

from engine.characters.character import build_character
from engine.characters.identity import make_identity
from engine.characters.rendering.cast import cast_of
from engine.nets.framegen.encoder import FrameEncoder
from engine.nets.framegen.network import FrameGen
from engine.training.frames.metrics import FrameFigures, frame_figures
from engine.training.frames.painter import halved
from engine.training.frames.poses import PoseSet
from engine.training.frames.rivals import SpriteLibrary, blurred, projected
from engine.training.frames.studio import Shots, Studio
from engine.training.frames.train import FRAME_PX, maps_of

GAIN_DB, ALPHA_IOU_MIN = 2.0, 0.95
CONTROLS = ("other character", "other pose", "blurred")
COLUMNS = ("psnr_db", "inner_psnr_db", "alpha_iou", "edge_ssim", "motion_error")


@dataclass(frozen=True, slots=True)
class FramePanel:
    """Figures of all sets of frames, and whether a still pose gives the same bytes twice."""

    sets: dict[str, FrameFigures]
    still: bool

    @property
    def missed(self) -> tuple[str, ...]:
        """What was asked for and not reached."""
        made, rival = self.sets["framegen"], self.sets["nearest-pose warp"]
        checks = {
            f"{GAIN_DB} dB above the nearest-pose warp": made.psnr_db >= rival.psnr_db + GAIN_DB,
            f"alpha IoU of {ALPHA_IOU_MIN}": made.alpha_iou >= ALPHA_IOU_MIN,
            "edges nearer than the nearest-pose warp's": made.edge_ssim > rival.edge_ssim,
            "motion nearer than the nearest-pose warp's": made.motion_error < rival.motion_error,
            "the same bytes for a still pose": self.still,
        }
        return tuple(name for name, met in checks.items() if not met)

    @property
    def blind_to(self) -> tuple[str, ...]:
        """Controls that no figure tells from the network."""
        made = self.sets["framegen"]
        return tuple(name for name in CONTROLS if not told_apart(self.sets[name], made))

    @property
    def outcome(self) -> str:
        """Inconclusive where a control looks right; fail where something was missed."""
        return "inconclusive" if self.blind_to else "fail" if self.missed else "pass"

    def lines(self) -> list[str]:
        """The panel as text."""
        text = [f"{'set':20} " + "  ".join(f"{name:>13}" for name in COLUMNS)]
        for name, figures in self.sets.items():
            text.append(f"{name:20} " + "  ".join(f"{getattr(figures, column):13.3f}" for column in COLUMNS))
        text += [f"missed: {name}" for name in self.missed] + [f"blind to: {name}" for name in self.blind_to]
        return [*text, f"outcome: {self.outcome}"]


def told_apart(control: FrameFigures, made: FrameFigures) -> bool:
    """Whether some figure says that a spoiled set is worse."""
    return (
        control.psnr_db < made.psnr_db - 1.0
        or control.alpha_iou < made.alpha_iou - 0.02
        or control.edge_ssim < made.edge_ssim - 0.05
    )


@dataclass(frozen=True, slots=True)
class PanelSize:
    """What is measured.

    first_seed  characters have this seed and the following ones
    identities  how many characters
    threes      how many times three frames in a row
    sprites     frames of every character that the rival may choose from
    seed        of poses, cameras and lights
    """

    first_seed: int = 0
    identities: int = 24
    threes: int = 64
    sprites: int = 96
    seed: int = 99


def evaluate_frames(
    network: FrameGen, encoder: FrameEncoder, poses: PoseSet, device: torch.device, size: PanelSize
) -> FramePanel:
    """Measure the panel in poses that were held out."""
    seeds = range(size.first_seed, size.first_seed + size.identities)
    studio = Studio(cast_of([build_character(make_identity(seed)) for seed in seeds]), poses, device)
    network, encoder = network.to(device).eval(), encoder.to(device).eval()
    edge = network.config.size_px
    library = SpriteLibrary(studio, torch.Generator().manual_seed(size.seed + 1), size.sprites, edge)
    references = studio.references(torch.Generator().manual_seed(size.seed + 2)).float()
    generator = torch.Generator().manual_seed(size.seed)
    made: dict[str, list[torch.Tensor]] = {}
    truth, still = [], True
    for _ in range(-(-size.threes // 8)):
        shots = studio.shots(generator, 24, threes=True)
        with torch.no_grad():
            drawn = halved(shots.draw(FRAME_PX), FRAME_PX // edge).rgba
            frames = _frames_of(network, encoder, references, library, shots)
            frames["ceiling"] = shots.draw_once(edge)
        frames["other pose"] = frames["framegen"].roll(3, 0)
        frames["blurred"] = blurred(frames["framegen"])
        truth.append(drawn)
        for name, values in frames.items():
            made.setdefault(name, []).append(as_stored(values))
        still = still and _still(network, shots)
    whole = torch.cat(truth)
    return FramePanel({name: frame_figures(torch.cat(values), whole) for name, values in made.items()}, still)


def _frames_of(
    network: FrameGen, encoder: FrameEncoder, references: torch.Tensor, library: SpriteLibrary, shots: Shots
) -> dict[str, torch.Tensor]:
    """Frames by set: from sliders, from frames, the rival's, and another character's in the same pose."""
    seen, cast = maps_of(shots), shots.cast
    code = network.code(cast.features)
    mean, _, palette = encoder(references[shots.who])
    read = torch.cat([palette, cast.palette[:, palette.shape[1] :]], 1)
    return {
        "framegen": network(seen, code).rgba(cast.palette),
        "read from frames": network(seen, mean).rgba(read),
        "nearest-pose warp": library.warped(shots.who, projected(shots)),
        "other character": network(seen, code.roll(3, 0)).rgba(cast.palette.roll(3, 0)),
    }


def _still(network: FrameGen, shots: Shots) -> bool:
    """Whether the same pose, drawn twice, gives the same bytes."""
    with torch.no_grad():
        frames = [network(maps_of(shots), network.code(shots.cast.features)).rgba(shots.cast.palette) for _ in range(2)]
    return torch.equal(as_stored(frames[0]), as_stored(frames[1]))


def as_stored(rgba: torch.Tensor) -> torch.Tensor:
    """Frames rounded to 8 bits, as they are delivered."""
    return (rgba.clamp(0.0, 1.0) * 255.0).round() / 255.0
