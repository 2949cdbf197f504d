using System;
using System.Collections.Generic;
using Morphogen.Formats;
using Morphogen.Spaces;
using NUnit.Framework;

namespace Morphogen.Tests
{
    public class WorldTests
    {
        static float[] Slope(int vertices)
        {
            var heights = new float[vertices * vertices];
            for (int row = 0; row < vertices; row++)
                for (int column = 0; column < vertices; column++)
                    heights[row * vertices + column] = 0.5f * column + 0.25f * row;
            return heights;
        }

        [Test]
        public void TheMirrorOfARotationTurnsMirroredPoints()
        {
            // A quarter turn about +Y takes +X to -Z; mirrored, -X to -Z, which is a quarter turn the other way round.
            var rotation = new float[] { 0, (float)Math.Sqrt(0.5), 0, (float)Math.Sqrt(0.5) };
            Axes.Rotations(rotation);
            Assert.AreEqual(-Math.Sqrt(0.5), rotation[1], 1e-6);
            var position = new float[] { 1, 2, 3 };
            Axes.Positions(position);
            Assert.AreEqual(new float[] { -1, 2, 3 }, position);
        }

        [Test]
        public void AGridBecomesAMeshThatLooksUpInUnity()
        {
            ChunkMesh mesh = ChunkMesh.Build(Slope(5), 5, 4);
            Assert.AreEqual(3 * (25 + 20), mesh.Positions.Length);
            Assert.AreEqual(new float[] { -4, 2 + 1, 4 }, new[] { mesh.Positions[72], mesh.Positions[73], mesh.Positions[74] });
            for (int at = 0; at < 6 * 16; at += 3) // clockwise seen from above in left-handed axes: its normal is up
            {
                float[] normal = Normal(mesh, at);
                Assert.IsTrue(normal[1] > 0);
            }
            Assert.AreEqual(0.5 / Math.Sqrt(0.25 + 1 + 0.0625), mesh.Normals[0], 1e-5); // downhill to the west, which is +x
        }

        [Test]
        public void SkirtsLookOutwards()
        {
            ChunkMesh mesh = ChunkMesh.Build(new float[25], 5, 4);
            for (int at = 6 * 16; at < mesh.Indices.Length; at += 3)
            {
                float[] normal = Normal(mesh, at);
                int corner = mesh.Indices[at];
                float outwards = normal[0] * (mesh.Positions[3 * corner] + 2) + normal[2] * (mesh.Positions[3 * corner + 2] - 2);
                Assert.IsTrue(outwards > 0, $"triangle {at / 3}");
                Assert.AreEqual(0, normal[1], 1e-5);
            }
        }

        /// <summary>What a triangle's front looks to: Unity's triangles are clockwise in left-handed axes.</summary>
        static float[] Normal(ChunkMesh mesh, int at)
        {
            var edges = new float[6];
            for (int axis = 0; axis < 3; axis++)
            {
                float origin = mesh.Positions[3 * mesh.Indices[at] + axis];
                edges[axis] = mesh.Positions[3 * mesh.Indices[at + 1] + axis] - origin;
                edges[3 + axis] = mesh.Positions[3 * mesh.Indices[at + 2] + axis] - origin;
            }
            return new[]
            {
                edges[1] * edges[5] - edges[2] * edges[4], edges[2] * edges[3] - edges[0] * edges[5], edges[0] * edges[4] - edges[1] * edges[3],
            };
        }

        [Test]
        public void CoarserMeshesTakeTheSameVertices()
        {
            ChunkMesh fine = ChunkMesh.Build(Slope(257), 257, 512), coarse = ChunkMesh.Build(Slope(257), 257, 512, 8);
            Assert.AreEqual(3 * (33 * 33 + 4 * 33), coarse.Positions.Length);
            Assert.AreEqual(fine.Positions[3 * 256 + 1], coarse.Positions[3 * 32 + 1]);
            Assert.Throws<ArgumentException>(() => ChunkMesh.Build(Slope(5), 5, 4, 3));
        }

        [TestCase(0.0, 257)]
        [TestCase(0.75, 257)]
        [TestCase(0.76, 129)]
        [TestCase(1.8, 65)]
        [TestCase(9.0, 33)]
        public void VerticesFollowTheDistance(double chunks, int vertices)
        {
            Assert.AreEqual(vertices, ChunkLod.VerticesAt(512 * chunks, 512));
        }

        [Test]
        public void AStrideShowsNoMoreThanHasCome()
        {
            Assert.AreEqual(1, ChunkLod.Stride(33, 0, 512));
            Assert.AreEqual(4, ChunkLod.Stride(257, 1000, 512));
            Assert.AreEqual(0.0, ChunkLod.DistanceM(new ChunkPlace(-1, -1, 33), 512, -1, -1));
            Assert.AreEqual(5.0, ChunkLod.DistanceM(new ChunkPlace(0, 0, 33), 512, -3, -4), 1e-9);
        }

        [Test]
        public void GroundIsBlendedByItsShares()
        {
            var world = new Dictionary<string, AssetFile>();
            byte value = 0;
            foreach (string ground in GroundPainter.Grounds)
            {
                value += 40;
                byte[] png = FormatTests.Png(2, 2, 8, 2, new byte[] { 0, value, 0, 0, value, 0, 0 }, new byte[] { 0, value, 0, 0, value, 0, 0 });
                world[ground] = new AssetFile(new Part(0, ground, 2, "image/png", png, null, null, 0));
            }
            byte[] shares = FormatTests.Png(2, 2, 8, 2, new byte[] { 0, 255, 0, 0, 0, 0, 255 }, new byte[] { 0, 0, 0, 0, 0, 255, 0 });
            Rgba picture = new GroundPainter(world).Paint(PngReader.Read("ground", shares), 64, 64);
            int north = 4 * 63 * 64;
            Assert.AreEqual(80, picture.Data[north], 2); // soil in the north-west
            Assert.AreEqual(160, picture.Data[north + 4 * 63], 2); // snow in the north-east
            Assert.AreEqual(40, picture.Data[0], 2); // the rest, vegetation, in the south-west
            Assert.AreEqual(120, picture.Data[4 * 63], 2); // rock in the south-east
        }

        [Test]
        public void ChunksAreReadFromTheirFiles()
        {
            string told = "{\"row\": -1, \"column\": 2, \"vertices\": 2, \"height_base_m\": -10, \"height_step_m\": 0.5}";
            var files = new Dictionary<string, AssetFile>
            {
                { "chunk", File(System.Text.Encoding.UTF8.GetBytes(told)) },
                { "height", File(FormatTests.Png(2, 2, 16, 0, new byte[] { 0, 0, 0, 0, 1 }, new byte[] { 0, 0, 2, 1, 0 })) },
                { "props", File(System.Text.Encoding.UTF8.GetBytes("{\"oak_0\": [[1, 2, 3, 90, 1.5]]}")) },
            };
            Chunk chunk = Chunk.From(files);
            Assert.AreEqual(new float[] { -10, -9.5f, -9, 118 }, chunk.Heights());
            Placement standing = chunk.Placements()["oak_0"][0];
            Assert.AreEqual(90f, standing.TurnDeg);
            Assert.AreEqual(1.5f, standing.Scale);
            Assert.AreEqual(0, chunk.Placements("cover").Count);
            Assert.Throws<BrokenStreamException>(() => chunk.Picture("ground"));
        }

        static AssetFile File(byte[] data)
        {
            return new AssetFile(new Part(0, "file", 0, "", data, null, null, 0));
        }
    }
}
