"""The software renderer of characters."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from engine.characters.character import Character, build_character
from engine.characters.identity import make_identity
from engine.characters.rendering.cast import cast_of
from engine.characters.rendering.kinematics import posed, skinned
from engine.characters.rendering.picture import draw
from engine.characters.rendering.pixels import rendered, to_pixels
from engine.characters.rendering.raster import rasterize
from engine.characters.rendering.stage import stage, take_of
from engine.characters.rendering.views import FrameCamera, FrameLight
from engine.motion import quaternions
from engine.motion.pose import Poses, joint_positions, rest_poses
from engine.motion.skeleton import SKELETON


@pytest.fixture(scope="module")
def knight() -> Character:
    """A character with armor."""
    return build_character(make_identity(5))


def bent(count: int = 1) -> Poses:
    """Poses with one arm up and a knee bent."""
    poses = rest_poses(count)
    poses.rotation[:, SKELETON.index("l_shoulder")] = quaternions.from_rotation_vector(
        np.array([0, 0, 1.2], np.float32)
    )
    poses.rotation[:, SKELETON.index("r_knee")] = quaternions.from_rotation_vector(np.array([0.9, 0, 0], np.float32))
    return poses


def test_frames_have_clear_corners_and_an_opaque_middle(knight: Character) -> None:
    frame = rendered(knight, rest_poses(1), size_px=128)[0]
    assert frame.shape == (128, 128, 4)
    assert frame.dtype == np.uint8
    assert (frame[0, 0] == 0).all()
    assert (frame[-1, -1] == 0).all()
    assert frame[64, 64, 3] == 255
    partly = (frame[..., 3] > 0) & (frame[..., 3] < 255)
    assert partly.sum() > 100, "edges are antialiased"


def test_same_pose_gives_the_same_bytes_alone_or_beside_others(knight: Character) -> None:
    alone = rendered(knight, bent(1), size_px=64)
    both = rendered(knight, bent(3), size_px=64)
    assert np.array_equal(both, np.repeat(alone, 3, axis=0))


def test_batch_of_different_characters_equals_single_pictures(knight: Character) -> None:
    others = [knight, build_character(make_identity(4)), build_character(make_identity(10))]
    take = take_of(bent(3), FrameCamera(0.7), FrameLight())
    with torch.no_grad():
        cast = cast_of(others)
        together = to_pixels(draw(cast, *stage(cast, take), 64).rgba)
        for index, one in enumerate(others):
            alone = cast_of([one])
            single = to_pixels(draw(alone, *stage(alone, take.rows(torch.tensor([index]))), 64).rgba)
            assert np.abs(together[index].astype(int) - single[0]).max() <= 1


def test_colors_come_from_the_palette(knight: Character) -> None:
    take = take_of(rest_poses(1), FrameCamera(), FrameLight())
    cast = cast_of([knight])
    pictures = draw(cast, *stage(cast, take), 64)
    assert float(pictures.slot.sum(1).max()) <= 1.0 + 1e-5
    assert torch.allclose(pictures.slot.sum(1), pictures.rgba[:, 3])
    black = replace(cast, palette=torch.zeros_like(cast.palette))
    dark = draw(black, *stage(black, take), 64)
    assert float(dark.rgba[:, :3].mean()) < 0.2 * float(pictures.rgba[:, :3].mean())
    assert torch.equal(dark.rgba[:, 3], pictures.rgba[:, 3])


def test_camera_goes_around_and_light_comes_from_its_side(knight: Character) -> None:
    front, back = (rendered(knight, rest_poses(1), FrameCamera(yaw), size_px=64)[0] for yaw in (0.0, np.pi))
    assert np.abs(front.astype(int) - back).max() > 60
    from_left = rendered(knight, rest_poses(1), FrameCamera(0.0), FrameLight((1.0, 0.2, 0.1), 0.2), 64)[0]
    shape = from_left[..., 3] == 255
    columns = np.broadcast_to(np.arange(64), (64, 64))
    bright = from_left[..., :3].sum(-1)
    assert bright[shape & (columns > 34)].mean() > 1.15 * bright[shape & (columns < 30)].mean()


def test_following_camera_keeps_the_character_in_place_and_a_fixed_one_does_not(knight: Character) -> None:
    here, there = rest_poses(1), rest_poses(1)
    there.root_m[:, 0] += 0.5
    followed = [rendered(knight, poses, FrameCamera(0.0, follow=1.0), size_px=64) for poses in (here, there)]
    assert np.abs(followed[0].astype(int) - followed[1]).mean() < 0.5
    fixed = [rendered(knight, poses, FrameCamera(0.0, follow=0.0), size_px=64)[0, ..., 3] for poses in (here, there)]
    columns = np.arange(64)
    centers = [(alpha.sum(0) * columns).sum() / alpha.sum() for alpha in fixed]
    assert centers[1] > centers[0] + 5, "its left is +X, which a camera in front sees on the right"


def test_joints_agree_with_the_motion_engine(knight: Character) -> None:
    random = np.random.Generator(np.random.Philox(key=[1, 2]))
    rotation = quaternions.normalized(random.normal(size=(4, 19, 4)).astype(np.float32))
    root = random.normal(size=(4, 3)).astype(np.float32)
    offset = np.broadcast_to(knight.measures.rest_offset_m, (4, 19, 3)).copy()
    joints = posed(torch.from_numpy(rotation), torch.from_numpy(root), torch.from_numpy(offset))
    expected = joint_positions(Poses(root, rotation, np.zeros((4, 4), np.float32)), offset)
    assert joints.place.numpy() == pytest.approx(expected, abs=1e-5)


def test_skin_in_rest_is_the_mesh_itself(knight: Character) -> None:
    cast = cast_of([knight])
    joints, _ = stage(cast, take_of(rest_poses(1), FrameCamera(), FrameLight()))
    place, facing = skinned(joints, cast.rest_place, cast.position, cast.normal, cast.joint, cast.weight)
    assert place[0].numpy() == pytest.approx(knight.position, abs=2e-4)
    assert facing[0].numpy() == pytest.approx(knight.normal, abs=1e-3)


def test_rasterizer_keeps_the_nearest_front_face() -> None:
    def triangle(nearness: float, flip: bool = False) -> list[list[float]]:
        corners = [[0.0, 0.0, nearness], [0.0, 16.0, nearness], [16.0, 0.0, nearness]]
        return corners[::-1] if flip else corners

    corner = torch.tensor([triangle(0.5), triangle(0.9), triangle(2.0, flip=True), triangle(0.7)])
    samples = rasterize(corner, torch.tensor([0, 0, 0, 1]), 2, 16)
    assert set(samples.triangle[samples.picture == 0].tolist()) == {1}
    assert set(samples.triangle[samples.picture == 1].tolist()) == {3}
    assert int((samples.picture == 0).sum()) == 120 + 16
    assert torch.allclose(samples.share.sum(0), torch.ones(len(samples.row)))


def test_cameras_lights_and_sizes_are_checked(knight: Character) -> None:
    with pytest.raises(ValueError, match=r"distance: 0.5 is outside \[1.2, 20.0\]"):
        FrameCamera(distance=0.5)
    with pytest.raises(ValueError, match="yaw_rad: nan"):
        FrameCamera(yaw_rad=float("nan"))
    with pytest.raises(ValueError, match="direction"):
        FrameLight((0.0, 0.0, 0.0))
    with pytest.raises(ValueError, match=r"ambient: 2\.0"):
        FrameLight(ambient=2.0)
    with pytest.raises(ValueError, match=r"size_px: 8 is outside \[16, 2048\]"):
        rendered(knight, rest_poses(1), size_px=8)
