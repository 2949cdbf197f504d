using System;

namespace Morphogen
{
    /// <summary>How many vertices a chunk is shown with: the server's own rule, so that what has come is neither waste nor want.</summary>
    public static class ChunkLod
    {
        /// <summary>Vertices along an edge, coarse to fine: each has every other vertex of the next.</summary>
        static readonly int[] Vertices = { 33, 65, 129, 257 };

        /// <summary>Distances in chunks up to which a chunk is shown with all, half and a quarter of the vertices.</summary>
        static readonly double[] Reaches = { 0.75, 1.75, 3.5 };

        /// <summary>Meters from a viewer to the nearest point of a chunk, on the ground plan, in the server's axes.</summary>
        public static double DistanceM(ChunkPlace place, double edgeM, double xM, double zM)
        {
            double x = Outside(xM, place.Column * edgeM, edgeM), z = Outside(zM, place.Row * edgeM, edgeM);
            return Math.Sqrt(x * x + z * z);
        }

        /// <summary>Vertices along the edge that this distance asks for.</summary>
        public static int VerticesAt(double distanceM, double edgeM)
        {
            int level = Vertices.Length - 1;
            foreach (double reach in Reaches)
                if (distanceM > reach * edgeM)
                    level--;
            return Vertices[level];
        }

        /// <summary>Of a chunk with so many vertices every which one is shown at this distance: 1, 2, 4 or 8.</summary>
        public static int Stride(int vertices, double distanceM, double edgeM)
        {
            return Math.Max(1, (vertices - 1) / (VerticesAt(distanceM, edgeM) - 1));
        }

        static double Outside(double at, double from, double length)
        {
            return Math.Max(0, Math.Max(from - at, at - from - length));
        }
    }
}
