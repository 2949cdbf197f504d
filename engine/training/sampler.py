from engine.training.data.sampler import *  # noqa: F403
