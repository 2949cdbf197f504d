"""Characters in motion: the one class between controls and poses. Steps many sessions in one call.

    director = MotionDirector(load_motiongen(path))
    state = director.begin(seed=7, style="mocap")
    while streaming:
        control = MotionControl(velocity_mps=(0.0, 1.4))           # whenever there is a new one
        poses = director.step([state], [control], rate_hz=60)      # Poses [session]; `state` has moved on by one frame
        checkpoint = state.to_bytes()                              # at most 4 KiB; MotionState.from_bytes resumes

For a Generator (`engine/generators/protocol.py`): `begin` makes the state, `steer` keeps the newest control beside it,
`step` calls `director.step` with all states of one rate and makes one part of each pose, `checkpoint` is
`state.to_bytes()` and the control. A control that is there before a frame's step shows in that frame. All sessions of
one call share the rate. Frame n of a session shows the time (n + 1) / rate_hz after its beginning, so seeking is
running ahead. The same seed and controls give the same bytes alone or among others: the network runs in batches of
BUCKET rows whatever the number of sessions, and everything else works row by row.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from engine.errors import GenerationError, InvalidRequestError, WeightsError
from engine.generators.motion.codebook import Nearest, drawn, measured, shares_of
from engine.generators.motion.control import MotionControl
from engine.generators.motion.state import LAYOUT, SESSION, WISH, MotionState
from engine.motion.actions import ACTIONS, STYLES, STYLES_OF_ACTION
from engine.motion.clip import between
from engine.motion.features import FEATURE_COUNT, PATH, GroundPath, advanced
from engine.motion.output.foot_lock import FootLock
from engine.motion.output.posing import posed
from engine.motion.output.transition import difference, settled, with_difference
from engine.motion.pose import Poses
from engine.motion.quaternions import identity
from engine.motion.skeleton import JOINT_COUNT, Float
from engine.motion.trajectory import RATE_HZ, WAY_COUNT, lag_after, wished_way
from engine.nets.motiongen.network import MotionGen
from engine.nets.motiongen.packed import packed
from engine.nets.motiongen.weights_file import MotionGenWeights
from engine.nets.precision import one_thread
from engine.noise import hash_words, unit_value, white_grid

RATES_HZ = (24, 30, 60, 72, 90)
BUCKET = 32
"""Rows per call of the network: a matrix product of another shape may round differently."""

SMALLER_BUCKETS = (8, 16)
"""Used for a few sessions where a probe finds that they round alike: most of a call is then saved."""

RUN_FROM_MPS, WALK_FROM_MPS, TURN_FROM_RAD = 2.3, 0.25, 0.35
"""What "move" means: from these speeds on somebody runs or walks; standing, from this angle on he turns."""

STAYING = frozenset({"idle", "turn", "jump", "dance", "box", "signal", "laugh", "wave", "cheer"})
"""Actions that do not look at the velocity."""

FEET = ("held", "point", "offset", "pace")
"""Fields of a moment that are those of `FootLock`."""

NOISE_LAYER = 0x6D6F
DRAWS_PER_NUMBER = 4
"""Uniform numbers that are added up for a normal one: integers and sums only, so that every machine agrees."""


class MotionDirector:
    """Poses from wishes by MotionGen. Raises WeightsError for weights of other actions, styles or features."""

    def __init__(self, weights: MotionGenWeights) -> None:
        config = weights.header.network
        if (config.actions, config.styles) != (ACTIONS, STYLES):
            raise WeightsError("the header's actions or styles are not those of this program")
        if (config.feature_count, config.way_count) != (FEATURE_COUNT, WAY_COUNT):
            raise WeightsError("the header's features are not those of this program")
        self._network = packed(weights.network, BUCKET)
        self._beginnings: NDArray[Float] = weights.codebook.beginnings.numpy()
        self._followers: NDArray[Float] = weights.codebook.followers.numpy()
        self._radii: NDArray[Float] = weights.codebook.radii.numpy()
        self._nearest = Nearest(weights.codebook.centroids, weights.codebook.kinds)
        self._buckets = (*(size for size in SMALLER_BUCKETS if rounds_alike(self._network, size)), BUCKET)
        self._mean: NDArray[Float] = weights.network.mean.numpy()
        self._deviation: NDArray[Float] = weights.network.deviation.numpy()

    def begin(self, seed: int, style: str = "mocap", heading_rad: float = 0.0) -> MotionState:
        """Somebody who stands at the origin and faces `heading_rad`; `seed` (0 to 2**32 - 1) decides who and how.

        Raises InvalidRequestError (field `seed` or `style`).
        """
        if not 0 <= seed < 2**32:
            raise InvalidRequestError("seed", seed, "0 to 4294967295")
        if style not in STYLES:
            raise InvalidRequestError("style", style, ", ".join(STYLES))
        record = np.zeros((), SESSION)
        record["layout"], record["seed"], record["style"] = LAYOUT, seed, STYLES.index(style)
        record["action"] = -1
        record["heading_rad"] = heading_rad
        choices = self._beginnings[STYLES.index(style)]
        moment = record["next"]
        moment["state"] = choices[int(unit_value(seed, NOISE_LAYER) * len(choices))]
        moment["heading_rad"] = heading_rad
        moment["action"] = -1
        self._show(record.reshape(1)["next"], identity(1, JOINT_COUNT))
        moment["pace"] = 0
        record["moment"] = 0
        return MotionState(record)

    def needs_network(self, state: MotionState, rate_hz: int) -> bool:
        """Whether the next frame of a session does, unless it is told otherwise: new wishes always do.

        The others lie between two moments that are known already.
        """
        return bool(_moment_of(state.frame, rate_hz) > state.record["moment"])

    def step(self, states: Sequence[MotionState], controls: Sequence[MotionControl], rate_hz: int = 30) -> Poses:
        """The next frame of every session [session]; each state moves on by one frame.

        Raises InvalidRequestError for a rate that is not one of RATES_HZ, GenerationError if the network gives numbers
        that are not finite.
        """
        if rate_hz not in RATES_HZ:
            raise InvalidRequestError("rate_hz", rate_hz, ", ".join(str(rate) for rate in RATES_HZ))
        batch = np.frombuffer(bytearray().join([state.to_bytes() for state in states]), SESSION)
        wanted = _moment_of(batch["frame"], rate_hz)
        self._follow(batch, controls, wanted)
        ticks = (batch["frame"] + 1) * int(RATE_HZ)
        share = ((ticks - (wanted - 1) * rate_hz) / rate_hz).astype(Float)
        shown = between(_pose(batch["now"]), _pose(batch["next"]), share)
        batch["frame"] += 1
        for state, record in zip(states, batch, strict=True):
            state.record[()] = record
        return shown

    def _follow(self, batch: NDArray[Any], controls: Sequence[MotionControl], wanted: NDArray[np.int64]) -> None:
        """Bring `next` to the wanted moments, made with the wishes of now."""
        wishes = wishes_of(batch, controls)
        while (late := batch["moment"] < wanted).any():
            rows = np.flatnonzero(late)
            batch["now"][rows] = batch["next"][rows]
            batch["moment"][rows] += 1
            self._make_next(batch, rows, wishes)
        changed = np.zeros(len(batch), bool)
        for name in WISH.names or ():
            differs = wishes[name] != batch[name]
            changed |= differs.reshape(len(batch), -1).any(1)
        if changed.any():
            self._make_next(batch, np.flatnonzero(changed), wishes)

    def _make_next(self, batch: NDArray[Any], rows: NDArray[np.int64], wishes: NDArray[Any]) -> None:
        """`next` of these rows from `now` and the wishes."""
        part = batch[rows]
        for name in WISH.names or ():
            part[name] = wishes[name][rows]
        now, following = part["now"], part["next"]
        following["state"] = self._advanced(part)
        following["action"], following["style"] = part["action"], part["style"]
        self._soften(part)
        features = self._restored(following["state"])
        path = advanced(GroundPath(now["place_m"], now["heading_rad"]), features[:, PATH], RATE_HZ)
        following["place_m"], following["heading_rad"] = path.place_m, path.heading_rad
        following["lag_m"] = lag_after(now["lag_m"], part["velocity_mps"], path.place_m - now["place_m"])
        for name in FEET:
            following[name] = now[name]
        self._show(following, now["rotation"])
        batch[rows] = part

    def _held(
        self, states: NDArray[Float], squared_distance: NDArray[Float], centroids: NDArray[np.int64]
    ) -> NDArray[Float]:
        """The network's next states [row, feature], held by the nearest centroids [row, NEAREST_COUNT]."""
        shares = shares_of(squared_distance)
        followers = (self._followers[centroids] * shares[..., None]).sum(1)
        return drawn(states, followers, np.sqrt(squared_distance[:, 0]), self._radii[centroids[:, 0]])

    def _soften(self, part: NDArray[Any]) -> None:
        """Where the action or the style is not what `now` was made with, remember what the old one would have done."""
        now, following = part["now"], part["next"]
        rest, pace = settled(now["rest"].astype(Float), now["rest_pace"].astype(Float), 1 / RATE_HZ)
        changes = ((now["action"] != part["action"]) | (now["style"] != part["style"])) & (now["action"] >= 0)
        if changes.any():
            other = part[changes]
            other["action"], other["style"] = other["now"]["action"], other["now"]["style"]
            old, new = self._restored(self._advanced(other)), self._restored(following["state"][changes])
            rest[changes] += difference(old, new)
        following["rest"], following["rest_pace"] = rest, pace

    def _show(self, moment: NDArray[Any], before: NDArray[Float]) -> None:
        """Fill in the pose of moments [row] from their states and from the rotations before: the output stage."""
        features = with_difference(self._restored(moment["state"]), moment["rest"].astype(Float))
        path = GroundPath(moment["place_m"], moment["heading_rad"])
        feet = FootLock(*(moment[name] for name in FEET))
        poses, feet = posed(features, path, feet, before, 1 / RATE_HZ)
        for name in FEET:
            moment[name] = getattr(feet, name)
        moment["root_m"], moment["rotation"], moment["contact"] = poses.root_m, poses.rotation, poses.contact

    def _restored(self, state: NDArray[Float]) -> NDArray[Float]:
        return np.asarray(state * self._deviation + self._mean)

    def _advanced(self, part: NDArray[Any]) -> NDArray[Float]:
        """The network's next states for rows, in buckets."""
        now = part["now"]
        movement = self._restored(now["state"])[:, PATH]
        path = GroundPath(now["place_m"], now["heading_rad"])
        way = wished_way(path, movement, part["velocity_mps"], part["heading_rad"], now["lag_m"])
        noise = normal_noise(part["seed"], part["moment"], self._network.config.latent_count)
        action, style = (part[name].astype(np.int64) for name in ("action", "style"))
        states = []
        with one_thread(), torch.inference_mode():
            wish = self._network.wish(*(torch.from_numpy(each) for each in (way, action, style))).numpy()
            for first in range(0, len(part), BUCKET):
                rows = slice(first, first + BUCKET)
                count = len(action[rows])
                size = next(bucket for bucket in self._buckets if bucket >= count)
                following = self._network.advance(*(_padded(each[rows], size) for each in (now["state"], wish, noise)))
                states.append(following[:count].numpy())
            near = self._nearest(measured(now["state"], wish[:, :WAY_COUNT]), action, style)
        result = self._held(np.concatenate(states), *near)
        if not np.isfinite(result).all():
            raise GenerationError("the network returned numbers that are not finite")
        return result


def _moment_of(frame: Any, rate_hz: int) -> Any:
    """Number of the first moment of the network that is not before a frame: an integer, or an array of them."""
    return -(-(frame + 1) * int(RATE_HZ) // rate_hz)


def wishes_of(batch: NDArray[Any], controls: Sequence[MotionControl]) -> NDArray[Any]:
    """What sessions are told, as far as the network understands it: a WISH array."""
    wishes = np.zeros(len(batch), WISH)
    facing, told = batch["now"]["heading_rad"].tolist(), batch["heading_rad"].tolist()
    rows = []
    for row, control in enumerate(controls):
        heading = control.heading_rad
        if heading is None:
            moves = control.speed_mps > WALK_FROM_MPS / 2
            heading = float(np.arctan2(*control.velocity_mps)) if moves else told[row]
        action = control.action if control.action != "move" else _move(control, heading, facing[row])
        velocity = (0.0, 0.0) if action in STAYING else control.velocity_mps
        style = control.style if control.style in STYLES_OF_ACTION[action] else STYLES_OF_ACTION[action][0]
        rows.append((velocity, heading, ACTIONS.index(action), STYLES.index(style)))
    wishes[:] = rows
    return wishes


def _move(control: MotionControl, heading: float, facing: float) -> str:
    if control.speed_mps >= RUN_FROM_MPS:
        return "run"
    if control.speed_mps >= WALK_FROM_MPS:
        return "walk"
    turn = (heading - facing + np.pi) % (2 * np.pi) - np.pi
    return "turn" if abs(turn) > TURN_FROM_RAD else "idle"


def normal_noise(seed: NDArray[np.uint32], moment: NDArray[np.int64], count: int) -> NDArray[Float]:
    """Nearly normal numbers float32 [row, count]: pure functions of a seed [row], a moment [row] and the column."""
    time = (moment & 0x7FFFFFFF).astype(np.uint32)[:, None]
    column, layer = np.arange(count, dtype=np.uint32)[None], np.full((1, 1), NOISE_LAYER, np.uint32)
    words = hash_words(time, layer, column, seed.astype(np.uint32)[:, None])
    total = sum((word >> np.uint32(8)).astype(Float) for word in words) * Float(2.0**-24)
    spread = (DRAWS_PER_NUMBER / 12) ** 0.5
    return np.asarray((total - Float(DRAWS_PER_NUMBER / 2)) / Float(spread), Float)


def _pose(moment: NDArray[Any]) -> Poses:
    return Poses(moment["root_m"], moment["rotation"], moment["contact"])


def _padded(rows: NDArray[Any], count: int) -> torch.Tensor:
    """So many rows, zeros below the given ones."""
    full = np.zeros((count, *rows.shape[1:]), rows.dtype)
    full[: len(rows)] = rows
    return torch.from_numpy(full)


def rounds_alike(network: MotionGen, count: int) -> bool:
    """Whether `count` rows are the same to the last bit, on this machine, as among BUCKET."""
    config = network.config
    shape = (config.feature_count, config.wish_count, config.latent_count)
    rows = [white_grid(7, NOISE_LAYER, 1, BUCKET, columns)[0] for columns in shape]
    with one_thread(), torch.inference_mode():
        some = network.advance(*(each[:count] for each in rows))
        return torch.equal(some, network.advance(*rows)[:count])
