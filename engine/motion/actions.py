"""What a character can be told to do, and which words of clip labels stand for it."""

ACTIONS = ("idle", "walk", "run", "turn", "crouch", "crawl", "jump", "dance", "box", "signal", "laugh", "wave", "cheer")
"""In the order that networks number them. Those from `jump` on have no wished speed: they go where they go."""

LOCOMOTION = ("idle", "walk", "run", "turn", "crouch", "crawl")
STYLES = ("mocap", "stylized")

STYLES_OF_ACTION = {
    "idle": STYLES,
    "walk": STYLES,
    "run": STYLES,
    "turn": ("mocap",),
    "crouch": ("stylized",),
    "crawl": ("stylized",),
    "jump": STYLES,
    "dance": ("mocap",),
    "box": STYLES,
    "signal": ("mocap",),
    "laugh": ("mocap",),
    "wave": ("stylized",),
    "cheer": ("stylized",),
}
"""What the shipped weights have learned: an action that is wished for in another style is shown in this one."""

OFFERED = {
    "idle": STYLES,
    "walk": STYLES,
    "run": STYLES,
    "turn": ("mocap",),
    "crawl": ("stylized",),
    "jump": ("stylized",),
    "box": ("stylized",),
    "wave": ("stylized",),
    "cheer": ("stylized",),
}
"""What looks like what it is called, and in which styles: this is what characters can be told to do.

The others move their joints by less than .1 m/s on average, where walking has .6: dancing, signalling and laughing
hardly stir, crouching glides, captured jumping and boxing mostly stand.
"""

ACTION_OF_LABEL = {
    "idle": "idle",
    "walk": "walk",
    "walk_back": "walk",
    "run": "run",
    "jog": "run",
    "run_back": "run",
    "sidestep": "run",
    "crouch": "crouch",
    "crawl": "crawl",
    "jump": "jump",
    "dance_salsa": "dance",
    "dance_modern": "dance",
    "boxing": "box",
    "punch": "box",
    "basketball_signal": "signal",
    "directing_traffic": "signal",
    "laugh": "laugh",
    "wave": "wave",
    "cheer": "cheer",
}
"""Labels of the clips that are learned from. Others (climbing, sitting on things, ...) need a world around them."""
