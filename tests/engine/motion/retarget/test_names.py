import pytest

from engine.errors import InvalidRequestError
from engine.motion.retarget.names import joint_map, plain_name
from engine.motion.skeleton import SKELETON

MIXAMO = [
    "mixamorig:Hips", "mixamorig:Spine", "mixamorig:Spine1", "mixamorig:Spine2", "mixamorig:Neck", "mixamorig:Head",
    *(
        f"mixamorig:{side}{part}"
        for side in ("Left", "Right")
        for part in ("Shoulder", "Arm", "ForeArm", "Hand", "UpLeg", "Leg", "Foot", "ToeBase")
    ),
]  # fmt: skip
CMU = [
    "Hips", "LHipJoint", "LeftUpLeg", "LeftLeg", "LeftFoot", "LeftToeBase", "RHipJoint", "RightUpLeg", "RightLeg",
    "RightFoot", "RightToeBase", "LowerBack", "Spine", "Spine1", "Neck", "Neck1", "Head", "LeftShoulder", "LeftArm",
    "LeftForeArm", "LeftHand", "RightShoulder", "RightArm", "RightForeArm", "RightHand",
]  # fmt: skip


@pytest.mark.parametrize("names", [MIXAMO, CMU])
def test_all_our_joints_are_found_in_common_rigs(names: list[str]) -> None:
    found = joint_map(names)
    assert set(found) == set(SKELETON.names)
    assert len(set(found.values())) == len(found)
    assert names[found["l_hip"]].endswith("LeftUpLeg")
    assert names[found["l_shoulder"]].endswith("LeftArm")
    assert names[found["r_knee"]].endswith("RightLeg")


def test_our_own_names_are_known() -> None:
    assert joint_map(SKELETON.names) == {name: index for index, name in enumerate(SKELETON.names)}


def test_a_rig_without_neck_turns_its_head_with_ours() -> None:
    names = [name for name in MIXAMO if not name.endswith("Neck")]
    found = joint_map(names)
    assert names[found["neck"]].endswith("Head")
    assert "head" not in found


def test_unknown_joints_are_refused_with_what_is_missing() -> None:
    with pytest.raises(InvalidRequestError) as refused:
        joint_map(["Bone", "Bone.001", "Bone.002"])
    assert refused.value.field == "joints"
    assert "pelvis" in refused.value.allowed


def test_names_are_compared_without_prefix_case_and_punctuation() -> None:
    assert plain_name("mixamorig:LeftUpLeg") == "leftupleg"
    assert plain_name("Armature|UpperLeg.L") == "upperlegl"
