from engine.training.data.exemplars import *  # noqa: F403 - removed once running experiments are done
from engine.training.data.materials import *  # noqa: F403
