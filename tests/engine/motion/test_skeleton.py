import numpy as np

from engine.motion.skeleton import CONTACT_JOINTS, LEG_LENGTH_M, REST_PELVIS_HEIGHT_M, SKELETON


def test_parents_come_before_their_children() -> None:
    assert all(parent < joint for joint, parent in enumerate(SKELETON.parents))
    assert SKELETON.parents[0] == -1


def test_the_left_side_is_the_mirror_image_of_the_right_side() -> None:
    flipped = SKELETON.rest_offset_m[list(SKELETON.mirrored)] * np.array((-1, 1, 1), np.float32)
    assert np.array_equal(flipped, SKELETON.rest_offset_m)
    assert [SKELETON.mirrored[other] for other in SKELETON.mirrored] == list(range(19))


def test_left_is_at_positive_x_and_the_toes_point_forward() -> None:
    position = SKELETON.rest_position_m()
    left, right = SKELETON.index("l_wrist"), SKELETON.index("r_wrist")
    assert position[left, 0] > 0.5
    assert position[right, 0] < -0.5
    assert position[SKELETON.index("l_toe"), 2] > 0.1


def test_the_rest_pose_stands_on_its_toes_at_height_zero() -> None:
    position = SKELETON.rest_position_m()
    assert position[CONTACT_JOINTS[1], 1] == 0
    assert abs(position[0, 1] - REST_PELVIS_HEIGHT_M) < 1e-6
    assert 0.8 < LEG_LENGTH_M < 0.9
