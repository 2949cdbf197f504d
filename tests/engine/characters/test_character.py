"""Finished characters: sound meshes, skin, sizes, and the few bodies that stand for them."""

import numpy as np
import pytest

from engine.characters.character import Character, build_character
from engine.characters.identity import KINDS, PARTS, make_identity
from engine.characters.measures import measure, own_root_m
from engine.characters.palettes import SLOT_COUNT
from engine.characters.parts import PART_JOINT, PART_NUMBERS, part_table
from engine.characters.sculpting.sculpture import PART_COUNT, PART_NAMES
from engine.motion.pose import rest_poses
from engine.motion.skeleton import JOINT_COUNT, SKELETON

SEEDS = range(12)


@pytest.fixture(scope="module")
def cast() -> list[Character]:
    """One character of every kind and some more."""
    return [build_character(make_identity(3, kind)) for kind in KINDS] + [
        build_character(make_identity(s)) for s in SEEDS
    ]


def test_meshes_are_sound(cast: list[Character]) -> None:
    for one in cast:
        count = len(one.position)
        assert one.triangle.max() < count
        assert one.slot.max() < SLOT_COUNT
        assert one.part.max() < PART_COUNT
        assert all(np.isfinite(values).all() for values in (one.position, one.normal, one.brightness))
        assert np.linalg.norm(one.normal, axis=1) == pytest.approx(1.0, abs=1e-3)
        assert (one.slot[one.triangle] == one.slot[one.triangle[:, :1]]).all(), "a triangle shows one color"
        assert 3000 < len(one.triangle) < 25000


def test_normals_point_the_way_triangles_face(cast: list[Character]) -> None:
    for one in cast:
        corner = one.position[one.triangle].astype(np.float64)
        facing = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
        agree = (facing[:, None] * one.normal[one.triangle]).sum(-1).min(1) > 0
        assert agree.mean() > 0.98


def test_skin_weights_sum_to_one_and_name_joints(cast: list[Character]) -> None:
    for one in cast:
        assert one.weight.sum(1) == pytest.approx(1.0, abs=1e-5)
        assert one.weight.min() >= 0
        assert one.joint.max() < JOINT_COUNT
        assert (one.joint[one.weight == 0] == 0).all()


def test_limbs_blend_smoothly_across_the_elbow() -> None:
    one = build_character(make_identity(2, "human"))
    elbow = SKELETON.index("l_elbow")
    share = np.where(one.joint == elbow, one.weight, 0).sum(1)
    assert ((share > 0.2) & (share < 0.8)).sum() >= 10


def test_characters_stand_on_the_ground_and_face_forward(cast: list[Character]) -> None:
    for one in cast:
        assert one.position[:, 1].min() == pytest.approx(0.0, abs=0.03)
        assert one.measures.joint[SKELETON.index("l_toe"), 2] > 0.05
        left = one.position[one.part == PART_NAMES.index("l_hand")]
        assert left[:, 0].min() > 0.2


def test_sides_mirror_each_other_in_rest(cast: list[Character]) -> None:
    for one in cast:
        joint = one.measures.joint
        assert joint[list(SKELETON.mirrored)] * [-1, 1, 1] == pytest.approx(joint)


def test_a_seed_gives_the_same_bytes_again() -> None:
    build_character.cache_clear()
    first = build_character(make_identity(9))
    build_character.cache_clear()
    again = build_character(make_identity(9))
    assert first is not again
    assert first.position.tobytes() == again.position.tobytes()
    assert first.weight.tobytes() == again.weight.tobytes()


def test_sliders_change_what_they_name() -> None:
    identity = make_identity(4, "human")
    low, high = (measure(identity.with_values(height=value)) for value in (0.0, 1.0))
    assert high.height > low.height * 1.15
    wide = [build_character(identity.with_values(build=value, hair="none", headwear="none")) for value in (0.0, 1.0)]
    belly = [np.ptp(one.position[one.part == PART_NAMES.index("belly"), 0]) for one in wide]
    assert belly[1] > 1.1 * belly[0]
    assert measure(identity.with_values(head_size=1.0)).head > measure(identity.with_values(head_size=0.0)).head


@pytest.mark.parametrize("name", [name for name in PARTS if name not in ("beard", "hair")])
def test_every_part_changes_the_mesh(name: str) -> None:
    identity = make_identity(11, "human").with_values(headwear="none", beard="none")
    shapes = {build_character(identity.with_values(**{name: choice})).position.tobytes() for choice in PARTS[name]}
    assert len(shapes) == len(PARTS[name])


@pytest.mark.parametrize("name", ["beard", "hair"])
def test_hair_and_beards_change_the_mesh(name: str) -> None:
    identity = make_identity(11, "human").with_values(headwear="none", beard="none", hair="none")
    shapes = {build_character(identity.with_values(**{name: choice})).position.tobytes() for choice in PARTS[name]}
    assert len(shapes) == len(PARTS[name])


def test_rest_pose_of_the_common_skeleton_puts_soles_on_the_ground(cast: list[Character]) -> None:
    for one in cast:
        root = own_root_m(one.measures, rest_poses().root_m)
        assert root[1] == pytest.approx(one.measures.joint[0, 1], abs=1e-5)


def test_part_capsules_lie_around_their_vertices(cast: list[Character]) -> None:
    for one in cast:
        table = part_table(one)
        assert table.shape == (PART_COUNT, PART_NUMBERS)
        for part in range(PART_COUNT):
            own = one.position[one.part == part]
            assert bool(table[part, 9]) == (len(own) >= 4)
            if len(own):
                low, high = own.min(0), own.max(0)
                middle = one.measures.joint[PART_JOINT[part]] + (table[part, :3] + table[part, 3:6]) / 2
                assert (middle > low - 0.02).all()
                assert (middle < high + 0.02).all()
