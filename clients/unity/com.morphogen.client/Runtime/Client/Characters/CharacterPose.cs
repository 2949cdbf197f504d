using System;

namespace Morphogen
{
    /// <summary>
    /// How a character stands in one frame, in the server's axes: right-handed, +Y up, at heading 0 it faces +Z and its
    /// left is +X. <see cref="Spaces.Axes"/> takes it to Unity's.
    /// </summary>
    public sealed class CharacterPose
    {
        /// <summary>Joints of the skeleton.</summary>
        public const int JointCount = 19;

        /// <summary>A pose in the stream: little-endian floats.</summary>
        public const int SizeBytes = 4 * (3 + 4 * JointCount + 4);

        /// <summary>The pelvis: x, y, z in meters; the ground is y = 0.</summary>
        public float[] RootM { get; } = new float[3];

        /// <summary>
        /// x, y, z, w of each joint's rotation, relative to its parent and to the T-pose; that of the pelvis to the world.
        /// </summary>
        public float[] Rotations { get; } = new float[4 * JointCount];

        /// <summary>How surely left ankle, left toe, right ankle, right toe stand on the ground, 0 to 1.</summary>
        public float[] Contacts { get; } = new float[4];

        /// <summary>The pose in a part's bytes. Throws BrokenStreamException for one that is not finite.</summary>
        internal static CharacterPose From(byte[] data, int offset)
        {
            var pose = new CharacterPose();
            var reader = new Wire.WireReader(new Wire.Bytes(data, offset, SizeBytes));
            foreach (float[] numbers in new[] { pose.RootM, pose.Rotations, pose.Contacts })
                for (int index = 0; index < numbers.Length; index++)
                {
                    float number = reader.Float();
                    if (float.IsNaN(number) || float.IsInfinity(number))
                        throw new BrokenStreamException("a pose has a number that is not finite");
                    numbers[index] = number;
                }
            return pose;
        }

        /// <summary>
        /// Each joint's rotation relative to the world: what its parents turn it by is included. Writes x, y, z, w for each.
        /// </summary>
        public void WorldRotations(float[] target)
        {
            for (int joint = 0; joint < JointCount; joint++)
            {
                int parent = Skeleton.Parents[joint];
                int at = 4 * joint;
                if (parent < 0)
                    Array.Copy(Rotations, at, target, at, 4);
                else
                    Multiply(target, 4 * parent, Rotations, at, target, at);
            }
        }

        static void Multiply(float[] one, int a, float[] other, int b, float[] target, int at)
        {
            float ax = one[a], ay = one[a + 1], az = one[a + 2], aw = one[a + 3];
            float bx = other[b], by = other[b + 1], bz = other[b + 2], bw = other[b + 3];
            target[at] = aw * bx + ax * bw + ay * bz - az * by;
            target[at + 1] = aw * by - ax * bz + ay * bw + az * bx;
            target[at + 2] = aw * bz + ax * by - ay * bx + az * bw;
            target[at + 3] = aw * bw - ax * bx - ay * by - az * bz;
        }
    }
}
