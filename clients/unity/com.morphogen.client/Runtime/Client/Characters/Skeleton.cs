using System.Collections.Generic;
using Morphogen.Formats;

namespace Morphogen
{
    /// <summary>
    /// Who moves: the joints of a stream's description with their rest offsets, and what is known of them in Unity.
    /// </summary>
    public sealed class Skeleton
    {
        /// <summary>Names of the joints, as in the binary glTF of the character.</summary>
        public static readonly IReadOnlyList<string> Names = new[]
        {
            "pelvis", "l_hip", "l_knee", "l_ankle", "l_toe", "r_hip", "r_knee", "r_ankle", "r_toe", "spine", "chest", "neck",
            "head", "l_shoulder", "l_elbow", "l_wrist", "r_shoulder", "r_elbow", "r_wrist",
        };

        /// <summary>Index of each joint's parent; -1 for the pelvis.</summary>
        public static readonly IReadOnlyList<int> Parents =
            new[] { -1, 0, 1, 2, 3, 0, 5, 6, 7, 0, 9, 10, 11, 10, 13, 14, 10, 16, 17 };

        /// <summary>Unity's names of the joints: members of HumanBodyBones.</summary>
        public static readonly IReadOnlyList<string> HumanBones = new[]
        {
            "Hips", "LeftUpperLeg", "LeftLowerLeg", "LeftFoot", "LeftToes", "RightUpperLeg", "RightLowerLeg", "RightFoot",
            "RightToes", "Spine", "Chest", "Neck", "Head", "LeftUpperArm", "LeftLowerArm", "LeftHand", "RightUpperArm",
            "RightLowerArm", "RightHand",
        };

        Skeleton(float[] restOffsetsM, float heightM, Json document)
        {
            RestOffsetsM = restOffsetsM;
            HeightM = heightM;
            Document = document;
        }

        /// <summary>x, y, z of each joint from its parent in the T-pose, in meters and the server's axes.</summary>
        public float[] RestOffsetsM { get; }

        /// <summary>How tall the character is, in meters.</summary>
        public float HeightM { get; }

        /// <summary>The description as it came.</summary>
        public Json Document { get; }

        /// <summary>Height of the pelvis in the T-pose, with the lowest joint at 0.</summary>
        public float RestPelvisHeightM
        {
            get
            {
                var heights = new float[Names.Count];
                float lowest = 0;
                for (int joint = 1; joint < heights.Length; joint++)
                {
                    heights[joint] = heights[Parents[joint]] + RestOffsetsM[3 * joint + 1];
                    lowest = System.Math.Min(lowest, heights[joint]);
                }
                return -lowest;
            }
        }

        /// <summary>What a description says. Throws BrokenStreamException for another skeleton than the one known here.</summary>
        public static Skeleton Parse(byte[] description)
        {
            Json document = Json.Parse("description", description);
            IReadOnlyList<Json> joints = document["joints"].Items;
            IReadOnlyList<Json> offsets = document["rest_offset_m"].Items;
            var rest = new float[3 * Names.Count];
            if (joints.Count != Names.Count || offsets.Count != Names.Count)
                throw new BrokenStreamException($"the description has {joints.Count} joints, {Names.Count} are known");
            for (int joint = 0; joint < Names.Count; joint++)
            {
                if (joints[joint].Text != Names[joint])
                    throw new BrokenStreamException($"the description has the joint {joints[joint].Text} for {Names[joint]}");
                for (int axis = 0; axis < 3; axis++)
                    rest[3 * joint + axis] = offsets[joint][axis].Single;
            }
            return new Skeleton(rest, document["height_m"].Single, document);
        }
    }
}
