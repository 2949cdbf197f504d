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
