using System;
using Morphogen.Spaces;
using UnityEngine;

namespace Morphogen.Unity
{
    /// <summary>Bones that follow the 19 joints: those of a Humanoid, those of a model by their names, or some made for it.</summary>
    public sealed class Rig
    {
        readonly Transform _root;
        readonly Transform[] _bones;
        readonly Quaternion[] _rest;
        readonly float _scale;
        readonly float[] _rotations = new float[4 * CharacterPose.JointCount];

        Rig(Transform root, Transform[] bones, float scale)
        {
            if (bones[0] == null)
                throw new MorphogenException("the rig has no hips");
            _root = root;
            _bones = bones;
            _scale = scale;
            _rest = new Quaternion[bones.Length];
            Quaternion straight = Quaternion.Inverse(root.rotation);
            for (int joint = 0; joint < bones.Length; joint++)
                if (bones[joint] != null)
                    _rest[joint] = straight * bones[joint].rotation;
        }

        /// <summary>The bone of each joint; null where the rig has none.</summary>
        public Transform[] Bones { get { return _bones; } }

        /// <summary>
        /// The bones of a Humanoid, which stands in its T-pose now. Steps are as long as its own legs are, if it stands on the
        /// root's ground.
        /// </summary>
        public static Rig Of(Animator animator, Skeleton skeleton)
        {
            var bones = new Transform[CharacterPose.JointCount];
            for (int joint = 0; joint < bones.Length; joint++)
                bones[joint] = animator.GetBoneTransform(
                    (HumanBodyBones)Enum.Parse(typeof(HumanBodyBones), Skeleton.HumanBones[joint]));
            Transform root = animator.transform;
            if (bones[0] == null)
                throw new MorphogenException("the animator's avatar is no Humanoid");
            float height = root.InverseTransformPoint(bones[0].position).y;
            return new Rig(root, bones, height > 0 ? height / skeleton.RestPelvisHeightM : 1);
        }

        /// <summary>The bones below a transform that have the joints' names, as those of the character's binary glTF.</summary>
        public static Rig Named(Transform root)
        {
            var bones = new Transform[CharacterPose.JointCount];
            for (int joint = 0; joint < bones.Length; joint++)
                bones[joint] = Find(root, Skeleton.Names[joint]);
            return new Rig(root, bones, 1);
        }

        /// <summary>Bones made for the character below a transform, with its own proportions.</summary>
        public static Rig Made(Transform root, Skeleton skeleton)
        {
            var offsets = (float[])skeleton.RestOffsetsM.Clone();
            Axes.Positions(offsets);
            var bones = new Transform[CharacterPose.JointCount];
            for (int joint = 0; joint < bones.Length; joint++)
            {
                int parent = Skeleton.Parents[joint];
                bones[joint] = new GameObject(Skeleton.Names[joint]).transform;
                bones[joint].SetParent(parent < 0 ? root : bones[parent], false);
                bones[joint].localPosition = new Vector3(offsets[3 * joint], offsets[3 * joint + 1], offsets[3 * joint + 2]);
            }
            return new Rig(root, bones, 1);
        }

        /// <summary>Take a pose. In the main thread.</summary>
        public void Apply(CharacterPose pose)
        {
            pose.WorldRotations(_rotations);
            Axes.Rotations(_rotations);
            var hips = new Vector3(Axes.X(pose.RootM[0]) * _scale, pose.RootM[1] * _scale, pose.RootM[2] * _scale);
            _bones[0].position = _root.TransformPoint(hips);
            Quaternion root = _root.rotation;
            for (int joint = 0; joint < _bones.Length; joint++)
            {
                if (_bones[joint] == null)
                    continue;
                int at = 4 * joint;
                var turned = new Quaternion(_rotations[at], _rotations[at + 1], _rotations[at + 2], _rotations[at + 3]);
                _bones[joint].rotation = root * turned * _rest[joint];
            }
        }

        static Transform Find(Transform parent, string name)
        {
            for (int index = 0; index < parent.childCount; index++)
            {
                Transform child = parent.GetChild(index);
                Transform found = child.name == name ? child : Find(child, name);
                if (found != null)
                    return found;
            }
            return null;
        }
    }
}
