namespace Morphogen.Spaces
{
    /// <summary>
    /// From the server's axes (right-handed, +Y up, +X east, +Z south, characters face +Z) to Unity's (left-handed): x changes
    /// its sign, as it does in glTFast, so that what comes as numbers and what comes as binary glTF agree. North is then -Z and
    /// west is +X. Two corners of each triangle change places: Unity's fronts are clockwise, the server's are not.
    /// </summary>
    public static class Axes
    {
        /// <summary>x of a position or a direction, either way; y and z stay as they are.</summary>
        public static double X(double x)
        {
            return -x;
        }

        /// <summary>x of a position or a direction, either way; y and z stay as they are.</summary>
        public static float X(float x)
        {
            return -x;
        }

        /// <summary>A turn about the vertical in degrees, either way.</summary>
        public static float TurnDeg(float degrees)
        {
            return -degrees;
        }

        /// <summary>Corners of triangles, in place, either way.</summary>
        public static void Triangles(int[] indices)
        {
            for (int at = 0; at + 2 < indices.Length; at += 3)
            {
                int second = indices[at + 1];
                indices[at + 1] = indices[at + 2];
                indices[at + 2] = second;
            }
        }

        /// <summary>Rotations x, y, z, w, one behind the other, in place, either way.</summary>
        public static void Rotations(float[] rotations)
        {
            for (int at = 0; at + 3 < rotations.Length; at += 4)
            {
                rotations[at + 1] = -rotations[at + 1];
                rotations[at + 2] = -rotations[at + 2];
            }
        }

        /// <summary>Positions or directions x, y, z, one behind the other, in place, either way.</summary>
        public static void Positions(float[] positions)
        {
            for (int at = 0; at + 2 < positions.Length; at += 3)
                positions[at] = -positions[at];
        }
    }
}
