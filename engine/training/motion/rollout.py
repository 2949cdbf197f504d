"""Rolling the network out over a window, with scheduled sampling: its own frames come back as often as is asked."""

import torch

from engine.motion.trajectory import AHEAD_FRAMES, RATE_HZ
from engine.nets.motiongen.network import MotionGen, divergence
from engine.training.motion.data import FrameTensors
from engine.training.motion.losses import Rollout

TURN = 2
"""The feature that says how fast the path turns."""


def rolled_out(
    network: MotionGen,
    frames: FrameTensors,
    starts: torch.Tensor,
    length: int,
    own_share: torch.Tensor,
    prior_share: float,
) -> tuple[Rollout, torch.Tensor]:
    """The rollout of `length` frames from each of `starts` [window], and the true states [window, frame, feature].

    own_share    scalar: how often a step follows the network's own frame instead of the true one
    prior_share  of the windows whose latents are drawn from the prior, as in use

    A window that has turned away from the truth is told the true way as it sees it from there.
    """
    window = starts.shape[0]
    sampled = (torch.rand(window, device=starts.device) < prior_share).to(frames.state.dtype)
    previous = frames.state[starts]
    astray = torch.zeros(window, device=starts.device)
    said, follows, divergences, truths = [], [], [], []
    begin = previous
    for step in range(length):
        now, target = starts + step, starts + step + 1
        truth = frames.state[target]
        way = seen_from(frames.way[now], astray)
        wish = network.wish(way, frames.action[target], frames.style[target])
        posterior = network.encoder(truth, previous, wish)
        prior = network.prior(previous, wish)
        mean = torch.where(sampled[:, None] > 0, prior[0], posterior[0])
        log_variance = torch.where(sampled[:, None] > 0, prior[1], posterior[1])
        latent = mean + torch.randn_like(mean) * (0.5 * log_variance).exp()
        state = network.decode(latent, previous, wish)
        said.append(state)
        truths.append(truth)
        divergences.append(divergence(posterior, prior))
        own = (torch.rand(window, device=starts.device) < own_share).to(state.dtype)
        wandered = (state - truth)[:, TURN] * network.deviation[TURN] / RATE_HZ
        astray = (astray + wandered) * own
        follows.append(own)
        previous = own[:, None] * state + (1 - own[:, None]) * truth
    rollout = Rollout(begin, torch.stack(said, 1), torch.stack(follows, 1), torch.stack(divergences, 1), sampled)
    return rollout, torch.stack(truths, 1)


def seen_from(way: torch.Tensor, turn_rad: torch.Tensor) -> torch.Tensor:
    """As `engine.motion.trajectory.seen_from`: the ways [window, 12] for those who face `turn_rad` further round."""
    half = 2 * len(AHEAD_FRAMES)
    sine, cosine = turn_rad.sin()[:, None], turn_rad.cos()[:, None]
    x, z = way[:, 0:half:2], way[:, 1:half:2]
    places = torch.stack((cosine * x - sine * z, cosine * z + sine * x), -1).flatten(1)
    s, c = way[:, half::2], way[:, half + 1 :: 2]
    directions = torch.stack((cosine * s - sine * c, cosine * c + sine * s), -1).flatten(1)
    return torch.cat((places, directions), -1)
