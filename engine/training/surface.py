from engine.training.data.surface import *  # noqa: F403
