"""The sheet of MotionGen: what each action looks like from the first frame on, one seed, nothing picked out."""

import numpy as np
from numpy.typing import NDArray

from engine.generators.motion.control import MotionControl
from engine.generators.motion.director import MotionDirector
from engine.motion.pose import Poses
from engine.training.motion.sheet import figure_row, stacked

FRAMES, STANDING_FRAMES, FIGURES = 150, 15, 22
FROM_THE_FRONT = ("turn", "wave", "cheer", "signal")
SHOWN = {
    "idle": MotionControl(),
    "walk 1.4 m/s": MotionControl((0.0, 1.4)),
    "walk .8 m/s, turning left": MotionControl((0.8, 0.0)),
    "run 3.3 m/s": MotionControl((0.0, 3.3)),
    "turn": MotionControl(heading_rad=2.5),
    "jump": MotionControl(action="jump"),
    "dance": MotionControl(action="dance"),
    "box": MotionControl(action="box"),
    "signal": MotionControl(action="signal"),
    "walk 1.3 m/s, stylized": MotionControl((0.0, 1.3), style="stylized"),
    "run 5 m/s, stylized": MotionControl((0.0, 5.0), style="stylized"),
    "crouch 1.4 m/s, stylized": MotionControl((0.0, 1.4), action="crouch", style="stylized"),
    "crawl .7 m/s, stylized": MotionControl((0.0, 0.7), action="crawl", style="stylized"),
    "wave, stylized": MotionControl(action="wave", style="stylized"),
    "cheer, stylized": MotionControl(action="cheer", style="stylized"),
}


def motion_sheet(director: MotionDirector, seed: int = 3) -> NDArray[np.uint8]:
    """RGB [height, width, 3]: a row of stick figures per action, five seconds from standing on."""
    names = list(SHOWN)
    states = [director.begin(seed, SHOWN[name].style) for name in names]
    stands = [MotionControl(style=SHOWN[name].style) for name in names]
    frames = []
    for frame in range(FRAMES):
        controls = stands if frame < STANDING_FRAMES else [SHOWN[name] for name in names]
        frames.append(director.step(states, controls))
    rows = []
    for row, name in enumerate(names):
        poses = Poses(
            *(np.stack([getattr(pose, key)[row] for pose in frames]) for key in ("root_m", "rotation", "contact"))
        )
        rows.append(figure_row(poses, name, figures=FIGURES, side_view=not name.startswith(FROM_THE_FRONT)))
    return stacked(rows)
