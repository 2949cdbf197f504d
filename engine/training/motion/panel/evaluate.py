"""The panel of MotionGen: sound, obedient, like captured motion, new, steady for ten minutes, and fast enough.

Everything is measured in one run beside captured motion (the ceiling, with its own foot skate), two baselines and five
spoiled controls. A control that no figure tells from captured motion makes the outcome "inconclusive".
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from engine.generators.motion.control import MotionControl
from engine.generators.motion.director import MotionDirector
from engine.motion.actions import ACTIONS, STYLES
from engine.motion.clip import Clip
from engine.motion.features import features_of, path_of
from engine.motion.library import read_clips
from engine.motion.pose import Poses
from engine.motion.skeleton import Float
from engine.motion.trajectory import RATE_HZ
from engine.nets.motiongen.network import divergence
from engine.nets.motiongen.weights_file import MotionGenWeights, load_motiongen
from engine.training.motion.corpus import Take, chosen_clips, foot_locked, take_of, variants
from engine.training.motion.matching.matcher import MotionMatcher, Wish
from engine.training.motion.panel.encoder import (
    Encoder,
    fitted_encoder,
    frechet_distance,
    kernel_distance,
    nearest_distance,
    spread_of,
    windows_of,
)
from engine.training.motion.panel.measures import soundness_of
from engine.training.motion.panel.players import (
    Obedience,
    Played,
    obedience_of,
    played_as_clips,
    played_by_director,
    played_by_matching,
    scripted,
)
from engine.training.motion.panel.report import STEPPED_SESSIONS, LongRollout, Panel, PanelSize, SetFigures
from engine.training.motion.panel.rivals import blurred, few_modes, jittered, shuffled
from engine.training.motion.panel.steadiness import Tell, long_rollouts
from engine.training.motion.plan import MotionPlan

SKATE_FACTOR_MAX, CONTROL_FACTOR_MAX, DIVERGENCE_MIN = 1.3, 1.1, 0.05
STEP_FACTOR_MAX, BUSY_SHARE_MAX = 12.0, 0.2
UNLIKELY_SHARE_MAX = 0.05
"""Of the frames of a long rollout that may be less likely than all but 0.5 % of the captured ones."""

MATCHED_SEQUENCES = 60
"""As many sequences' worth of captured motion in each half, with the actions in the shares in which they are wished."""


def evaluate_motion(
    plan: MotionPlan,
    weights_path: Path,
    tell: Tell,
    size: PanelSize = PanelSize(),  # noqa: B008 - frozen
) -> Panel:
    """Measure the panel with the clips of a plan. Raises DataError for unusable clips, WeightsError for weights."""
    weights = load_motiongen(weights_path)
    director = MotionDirector(weights)
    clips = chosen_clips([clip for path in plan.clips for clip in read_clips(path)])
    real = foot_locked(clips)
    told = [take_of(clip) for clip in foot_locked(variants(clips))]
    matcher = MotionMatcher(told)
    tell("sets", 0, 4)
    sets, obedience = _sets(director, matcher, told, real, size, tell)
    rollouts = long_rollouts(director, [take_of(clip) for clip in real], size.minutes, tell)
    spread_kl = divergence_of(weights, told)
    one, many = step_ms(director)
    controls = ("blurred", "few modes", "memorised", "shuffled", "jittered")
    blind = tuple(name for name in controls if not told_apart(sets[name], sets["captured"]))
    missed = tuple(_missed(sets, obedience, rollouts, spread_kl, (one, many)))
    return Panel(sets, obedience, rollouts, spread_kl, one, many, missed, blind)


def _sets(
    director: MotionDirector,
    matcher: MotionMatcher,
    told: Sequence[Take],
    real: Sequence[Clip],
    size: PanelSize,
    tell: Tell,
) -> tuple[dict[str, SetFigures], dict[str, Obedience]]:
    frames, seed = round(size.seconds * RATE_HZ), size.seed
    wishes = scripted(matcher, size.count, frames, seed, only_locomotion=False)
    told_where = scripted(matcher, size.count, frames, seed + 1, only_locomotion=True)
    systems: dict[str, Callable[[Sequence[Wish]], Played]] = {
        "motiongen": lambda script: played_by_director(director, script, seed),
        "motion matching": lambda script: played_by_matching(matcher, script, seed),
        "clip playback": lambda script: played_as_clips(told, script, seed),
    }
    played: dict[str, Sequence[Poses]] = {}
    obedience: dict[str, Obedience] = {}
    for number, (name, play) in enumerate(systems.items()):
        played[name] = play(wishes).poses
        obedience[name] = obedience_of(play(told_where))
        tell("sets", number + 1, 4)
    shares = shares_of(wishes)
    reference, ceiling = (matched(half, shares, MATCHED_SEQUENCES * size.seconds) for half in halves(real, seed))
    sets = {
        "captured": ceiling,
        **played,
        "blurred": blurred(ceiling),
        "few modes": few_modes([poses for poses in ceiling if poses.shape[0] > 90]),
        "memorised": reference,
        "shuffled": shuffled(ceiling, seed),
        "jittered": jittered(ceiling, seed),
    }
    known = windows_of([_features(poses) for poses in reference])
    encoder = fitted_encoder(known)
    codes = encoder.codes(known)
    figures = {name: _figures(poses, encoder, codes, seed) for name, poses in sets.items()}
    tell("sets", 4, 4)
    return figures, obedience


def halves(clips: Sequence[Clip], seed: int) -> tuple[list[Clip], list[Clip]]:
    """Clips of every action in two halves by turns, in an order that the seed decides."""
    random = np.random.Generator(np.random.Philox(key=[seed, 13]))
    order = random.permutation(len(clips))
    seen: dict[tuple[str, str], int] = {}
    sides: tuple[list[Clip], list[Clip]] = ([], [])
    for index in order:
        clip = clips[int(index)]
        key = (clip.label, clip.style)
        seen[key] = seen.get(key, 0) + 1
        sides[seen[key] % 2].append(clip)
    return sides[1], sides[0]


def shares_of(wishes: Sequence[Wish]) -> dict[tuple[str, str], float]:
    """How much of the time each action and style is wished for; turning counts as idling, which clips call it."""
    action = np.stack([wish.action for wish in wishes])
    action = np.where(action == ACTIONS.index("turn"), ACTIONS.index("idle"), action)
    style = np.stack([wish.style for wish in wishes])
    return {
        (name, word): float(((action == number) & (style == kind)).mean())
        for number, name in enumerate(ACTIONS)
        for kind, word in enumerate(STYLES)
    }


def matched(clips: Sequence[Clip], shares: dict[tuple[str, str], float], seconds: float) -> list[Poses]:
    """Clips, cut or repeated, such that each action and style has its share of so many seconds, where there are any."""
    chosen: list[Poses] = []
    for key, share in shares.items():
        own = [clip for clip in clips if (clip.label, clip.style) == key]
        wanted = round(share * seconds * RATE_HZ)
        turn = 0
        while own and wanted > 0:
            poses = own[turn % len(own)].poses
            chosen.append(poses[: max(4, min(poses.shape[0], wanted))])
            wanted -= poses.shape[0]
            turn += 1
    return chosen


def _features(poses: Poses) -> NDArray[Float]:
    return features_of(poses, path_of(poses, RATE_HZ), RATE_HZ)


def _figures(sequences: Sequence[Poses], encoder: Encoder, reference: NDArray[np.float64], seed: int) -> SetFigures:
    codes = encoder.codes(windows_of([_features(poses) for poses in sequences if poses.shape[0] >= 60]))
    kernel, error = kernel_distance(codes, reference, seed)
    return SetFigures(
        soundness_of([poses for poses in sequences if poses.shape[0] >= 4]),
        frechet_distance(codes, reference),
        kernel,
        error,
        spread_of(codes),
        nearest_distance(codes, reference),
    )


def divergence_of(weights: MotionGenWeights, takes: Sequence[Take]) -> float:
    """Mean Kullback-Leibler divergence of posterior and prior over captured frames, nats per dimension."""
    network, found = weights.network, []
    for take in takes[:: max(1, len(takes) // 200)]:
        state = network.normalized(torch.from_numpy(take.features))
        action = torch.from_numpy(take.action)[1:]
        wish = network.wish(torch.from_numpy(take.way)[:-1], action, torch.full_like(action, take.style))
        with torch.inference_mode():
            posterior = network.encoder(state[1:], state[:-1], wish)
            found.append(divergence(posterior, network.prior(state[:-1], wish)).mean())
    return float(torch.stack(found).mean())


def step_ms(director: MotionDirector, repeats: int = 40) -> tuple[float, float]:
    """Best time of a step of one session and of STEPPED_SESSIONS sessions in ms, at 30 Hz: each with a network step."""
    control = MotionControl((0.0, 1.4))
    best = []
    for count in (1, STEPPED_SESSIONS):
        states = [director.begin(row) for row in range(count)]
        times = []
        for _ in range(repeats):
            started = time.perf_counter()
            director.step(states, [control] * count)
            times.append(time.perf_counter() - started)
        best.append(min(times) * 1e3)
    return best[0], best[1]


def told_apart(figures: SetFigures, ceiling: SetFigures) -> bool:
    """Whether some figure says that a set is not what fresh captured motion is like."""
    sound, real = figures.sound, ceiling.sound
    return (
        not 0.6 * real.jerk < sound.jerk < 1.7 * real.jerk
        or sound.skate_cm_s > SKATE_FACTOR_MAX * real.skate_cm_s + 0.2
        or figures.kernel > ceiling.kernel + 6 * (ceiling.kernel_error + figures.kernel_error)
        or figures.spread < 0.6 * ceiling.spread
        or figures.nearest < 0.5 * ceiling.nearest
    )


def _missed(
    sets: dict[str, SetFigures],
    obedience: dict[str, Obedience],
    rollouts: Sequence[LongRollout],
    spread_kl: float,
    times_ms: tuple[float, float],
) -> list[str]:
    made, real = sets["motiongen"], sets["captured"]
    ours, rival = obedience["motiongen"], obedience["motion matching"]
    checks = {
        "foot skate": made.sound.skate_cm_s <= SKATE_FACTOR_MAX * real.sound.skate_cm_s,
        "velocity error": ours.velocity_mps <= CONTROL_FACTOR_MAX * rival.velocity_mps,
        "heading error": ours.heading_rad <= CONTROL_FACTOR_MAX * rival.heading_rad,
        "divergence": spread_kl >= DIVERGENCE_MIN,
        "many sessions per step": times_ms[1] <= STEP_FACTOR_MAX * times_ms[0],
        "closer than clip playback": made.frechet < sets["clip playback"].frechet,
        "diversity": made.spread >= 0.6 * real.spread,
        "novelty": made.nearest >= 0.5 * real.nearest,
    }
    missed = [name for name, met in checks.items() if not met]
    return missed + [f"steady {row.action} {row.style}" for row in rollouts if row.unlikely_share > UNLIKELY_SHARE_MAX]
