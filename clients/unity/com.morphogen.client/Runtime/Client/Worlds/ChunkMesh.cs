using System;

namespace Morphogen
{
    /// <summary>
    /// A chunk as a mesh in Unity's axes, with its corner at the origin: a grid, and a skirt that hangs down from its edges and
    /// closes the gaps between levels of detail. Arrays are laid out as meshes want them: x, y, z of one vertex after the other.
    /// </summary>
    public sealed class ChunkMesh
    {
        /// <summary>Depth of a skirt over the chunk's edge length: more than the edges of two levels can differ on walkable land.</summary>
        const float SkirtShare = 0.06f;

        ChunkMesh(int rows)
        {
            int count = rows * rows + 4 * rows;
            Positions = new float[3 * count];
            Normals = new float[3 * count];
            Uvs = new float[2 * count];
            Indices = new int[6 * (rows - 1) * (rows - 1) + 6 * 4 * (rows - 1)];
        }

        /// <summary>x, y, z of each vertex in meters.</summary>
        public float[] Positions { get; }

        /// <summary>x, y, z of each vertex.</summary>
        public float[] Normals { get; }

        /// <summary>u, v of each vertex, over the whole chunk: u grows to the east, v to the north, as pictures have it in Unity.</summary>
        public float[] Uvs { get; }

        /// <summary>Three for each triangle, clockwise seen from above.</summary>
        public int[] Indices { get; }

        /// <summary>
        /// The mesh of a grid of heights with so many vertices along its edge, of which every <paramref name="stride"/>th is
        /// taken.
        /// </summary>
        public static ChunkMesh Build(float[] heights, int vertices, float edgeM, int stride = 1)
        {
            int rows = (vertices - 1) / Math.Max(1, stride) + 1;
            if (heights.Length != vertices * vertices || stride < 1 || vertices < 2 || (vertices - 1) % stride != 0)
                throw new ArgumentException($"{heights.Length} heights are no grid of {vertices} with every {stride}th taken");
            var mesh = new ChunkMesh(rows);
            float spacing = edgeM / (vertices - 1);
            for (int row = 0; row < rows; row++)
                for (int column = 0; column < rows; column++)
                    mesh.Vertex(row * rows + column, heights, vertices, spacing, row * stride, column * stride, 0);
            int index = mesh.Faces(rows);
            mesh.Skirt(heights, vertices, spacing, stride, rows, SkirtShare * edgeM, index);
            Spaces.Axes.Triangles(mesh.Indices);
            return mesh;
        }

        void Vertex(int at, float[] heights, int vertices, float spacing, int row, int column, float below)
        {
            int here = row * vertices + column;
            Positions[3 * at] = Spaces.Axes.X(column * spacing);
            Positions[3 * at + 1] = heights[here] - below;
            Positions[3 * at + 2] = row * spacing;
            Uvs[2 * at] = (float)column / (vertices - 1);
            Uvs[2 * at + 1] = 1 - (float)row / (vertices - 1);
            int west = Math.Max(column - 1, 0), east = Math.Min(column + 1, vertices - 1);
            int north = Math.Max(row - 1, 0), south = Math.Min(row + 1, vertices - 1);
            float riseEast = (heights[row * vertices + east] - heights[row * vertices + west]) / ((east - west) * spacing);
            float riseSouth = (heights[south * vertices + column] - heights[north * vertices + column]) / ((south - north) * spacing);
            float length = (float)Math.Sqrt(riseEast * riseEast + 1 + riseSouth * riseSouth);
            Normals[3 * at] = Spaces.Axes.X(-riseEast / length);
            Normals[3 * at + 1] = 1 / length;
            Normals[3 * at + 2] = -riseSouth / length;
        }

        int Faces(int rows)
        {
            int index = 0;
            for (int row = 0; row + 1 < rows; row++)
                for (int column = 0; column + 1 < rows; column++)
                {
                    int a = row * rows + column, b = a + 1, c = a + rows, d = c + 1;
                    bool alternate = (row + column) % 2 != 0; // diagonals that alternate show no grain
                    index = Triangle(index, a, c, alternate ? d : b);
                    index = alternate ? Triangle(index, a, d, b) : Triangle(index, b, c, d);
                }
            return index;
        }

        void Skirt(float[] heights, int vertices, float spacing, int stride, int rows, float depth, int index)
        {
            int last = rows - 1, lower = rows * rows;
            for (int side = 0; side < 4; side++, lower += rows)
                for (int step = 0; step < rows; step++)
                {
                    // Around the chunk counter-clockwise seen from above in the server's axes.
                    int row = side == 0 ? step : side == 1 ? last : side == 2 ? last - step : 0;
                    int column = side == 0 ? 0 : side == 1 ? step : side == 2 ? last : last - step;
                    Vertex(lower + step, heights, vertices, spacing, row * stride, column * stride, depth);
                    if (step == last)
                        break;
                    int nextRow = side == 0 ? row + 1 : side == 2 ? row - 1 : row;
                    int nextColumn = side == 1 ? column + 1 : side == 3 ? column - 1 : column;
                    int upper = row * rows + column, next = nextRow * rows + nextColumn;
                    index = Triangle(index, upper, lower + step, next);
                    index = Triangle(index, next, lower + step, lower + step + 1);
                }
        }

        int Triangle(int index, int a, int b, int c)
        {
            Indices[index] = a;
            Indices[index + 1] = b;
            Indices[index + 2] = c;
            return index + 3;
        }
    }
}
