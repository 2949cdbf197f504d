import numpy as np
import pytest

from engine.codecs.motion.bvh_reader import JOINTS_MAX, read_bvh
from engine.codecs.motion.bvh_writer import write_bvh
from engine.errors import InvalidRequestError
from engine.motion.clip import Clip
from engine.motion.retarget.rig import world_poses

SMALL = """HIERARCHY
ROOT Hips
{
  OFFSET 0 90 0
  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
  JOINT Head {
    OFFSET 0 60 0
    CHANNELS 3 Zrotation Xrotation Yrotation
    End Site { OFFSET 0 10 0 }
  }
}
MOTION
Frames: 2
Frame Time: .033333
0 90 0 0 0 0  0 0 0
1 90 2 0 0 90  90 0 0
"""


def test_offsets_channels_and_rate_are_read() -> None:
    take = read_bvh(SMALL)
    assert take.rig.names == ("Hips", "Head")
    assert take.rig.parents == (-1, 0)
    assert take.rate_hz == 30
    world = world_poses(take.rig, take.poses)
    assert np.allclose(world.position[0], ((0, 90, 0), (0, 150, 0)))
    assert np.allclose(world.position[1, 0], (1, 90, 2))


def test_angles_turn_in_the_order_of_the_channels() -> None:
    text = SMALL.replace("1 90 2 0 0 90  90 0 0", "0 90 0 90 90 0  0 0 0")
    take = read_bvh(text)
    turned = world_poses(take.rig, take.poses).position[1, 1]
    # z first, x then about the turned axis: the head lies along the axis out of the picture
    assert np.allclose(turned, (0, 90, 60), atol=1e-4)


@pytest.mark.parametrize(
    ("old", "new", "field", "said"),
    [
        ("HIERARCHY", "Hierarchy-less", "hierarchy", "HIERARCHY"),
        ("Frames: 2", "Frames: 0", "frames", "from 1"),
        ("Frames: 2", "Frames: -3", "frames", "from 1"),
        ("Frames: 2", "Frames: 3", "motion", "cut off"),
        ("Frames: 2", "Frames: many", "frames", "finite"),
        (".033333", "0", "frame time", "seconds"),
        (".033333", "nan", "frame time", "finite"),
        ("1 90 2", "1 90 oops", "motion", "numbers"),
        ("1 90 2", "1 90 inf", "motion", "finite"),
        ("Zposition", "Zmotion", "Hips.channels", "Zposition"),
        ("CHANNELS 6", "CHANNELS 9", "Hips.channels", "0 to 6"),
        ("0 90 0 0 0 0  0 0 0\n", "0 90 0 0 0 0  0 0 0\nFrame Time: .01\n", "frame time", "one rate"),
        ("MOTION", "ROOT Other { OFFSET 0 0 0 }\nMOTION", "hierarchy", "one character"),
        ("JOINT Head", "JOINTS Head", "Hips", "JOINT"),
    ],
)
def test_unsound_files_are_refused_by_field_value_and_what_is_allowed(
    old: str, new: str, field: str, said: str
) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        read_bvh(SMALL.replace(old, new, 1))
    assert refused.value.field == field
    assert said in refused.value.allowed


def test_a_chain_of_as_many_joints_as_are_allowed_is_read() -> None:
    opened = "".join(f"JOINT j{number} {{ OFFSET 0 1 0 " for number in range(JOINTS_MAX - 1))
    text = f"HIERARCHY ROOT r {{ OFFSET 0 0 0 {opened}{'}' * JOINTS_MAX} MOTION Frames: 1 Frame Time: .1"
    assert read_bvh(text).rig.parents == tuple(range(-1, JOINTS_MAX - 1))


def test_a_file_cut_off_anywhere_is_refused(clip: Clip) -> None:
    text = write_bvh(clip.poses[:3], 30.0)
    for end in range(0, len(text) - 30, 97):
        with pytest.raises(InvalidRequestError):
            read_bvh(text[:end])
