"""What a rollout is punished for: features, joints that rotations put elsewhere, feet that move while they stand."""

from dataclasses import dataclass

import torch

from engine.motion.features import CONTACT, PATH, POSITION, ROTATION, VELOCITY
from engine.motion.skeleton import CONTACT_JOINTS
from engine.motion.trajectory import RATE_HZ
from engine.nets.motiongen.network import MotionGen
from engine.training.motion.kinematics import posed

GROUP_WEIGHTS = {"path": 3.0, "position": 1.0, "velocity": 0.5, "rotation": 1.0, "contact": 0.6}
JOINT_WEIGHT, FOOT_WEIGHT = 20.0, 0.6
"""Of squared distances in meters over a tenth of a meter, and of squared foot speeds in m/s."""


@dataclass(frozen=True, slots=True)
class Rollout:
    """What a network said over a window.

    begin       states [window, feature] before the first of them
    said        states [window, frame, feature], frames 1 to n
    own         [window, frame] 1 where the next frame followed this one, 0 where it followed the true one
    divergence  nats [window, frame, latent]
    sampled     [window] 1 where latents came from the prior
    """

    begin: torch.Tensor
    said: torch.Tensor
    own: torch.Tensor
    divergence: torch.Tensor
    sampled: torch.Tensor


@dataclass(frozen=True, slots=True)
class Losses:
    """Scalars: the sum to descend, and its parts."""

    total: torch.Tensor
    features: torch.Tensor
    joints: torch.Tensor
    feet: torch.Tensor
    divergence: torch.Tensor


def feature_weights(network: MotionGen) -> torch.Tensor:
    """Weight per feature [feature]; each group counts as GROUP_WEIGHTS says, however many numbers it has."""
    weights = torch.zeros_like(network.mean)
    groups = {"path": PATH, "position": POSITION, "velocity": VELOCITY, "rotation": ROTATION, "contact": CONTACT}
    for name, group in groups.items():
        weights[group] = GROUP_WEIGHTS[name] / (group.stop - group.start)
    return weights


def losses_of(
    network: MotionGen,
    rollout: Rollout,
    truth: torch.Tensor,
    weights: torch.Tensor,
    rest_offset_m: torch.Tensor,
    divergence_weight: torch.Tensor,
    divergence_min: float,
) -> Losses:
    """Losses of a rollout against true states [window, frame, feature]."""
    features = ((rollout.said - truth).square() * weights).sum(-1).mean()
    said, true = network.restored(rollout.said), network.restored(truth)
    joints = posed(said, rest_offset_m)
    wanted = true[..., POSITION].unflatten(-1, (-1, 3))
    told = said[..., POSITION].unflatten(-1, (-1, 3))
    joint_loss = (joints - wanted).square().sum(-1).mean() + 0.5 * (joints - told).square().sum(-1).mean()
    first = network.restored(rollout.begin)[..., POSITION].unflatten(-1, (-1, 3))
    followed = torch.where(rollout.own[..., None, None] > 0, joints, wanted)
    previous = torch.cat((first[:, None], followed[:, :-1]), 1)
    foot_loss = (foot_speeds(said, joints, previous).square() * true[..., CONTACT]).mean()
    own = 1 - rollout.sampled
    per_latent = (rollout.divergence.mean(1) * own[:, None]).sum(0) / own.sum().clamp_min(1)
    divergence = per_latent.mean()
    paid = per_latent.clamp_min(divergence_min).sum()
    total = features + JOINT_WEIGHT * joint_loss + FOOT_WEIGHT * foot_loss + divergence_weight * paid
    return Losses(total, features, joint_loss, foot_loss, divergence)


def foot_speeds(features: torch.Tensor, joints: torch.Tensor, previous: torch.Tensor) -> torch.Tensor:
    """Speed of ankles and toes in the world, m/s [..., 4], between frames told each from its own path.

    joints, previous  [..., 19, 3] of this frame and of the one before
    """
    feet = torch.stack([joints[..., joint, :] for joint in CONTACT_JOINTS], -2)
    earlier = torch.stack([previous[..., joint, :] for joint in CONTACT_JOINTS], -2)
    turn = features[..., 2] / RATE_HZ
    sine, cosine = turn.sin().unsqueeze(-1), turn.cos().unsqueeze(-1)
    x = cosine * feet[..., 0] + sine * feet[..., 2] + features[..., 0:1] / RATE_HZ - earlier[..., 0]
    z = cosine * feet[..., 2] - sine * feet[..., 0] + features[..., 1:2] / RATE_HZ - earlier[..., 2]
    y = feet[..., 1] - earlier[..., 1]
    return (x.square() + y.square() + z.square() + 1e-8).sqrt() * RATE_HZ
