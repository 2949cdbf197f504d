using System;
using Morphogen.Unity;
using Morphogen.V1;
using NUnit.Framework;
using UnityEngine;

namespace Morphogen.LiveTests
{
    public class WorldStreamerTests
    {
        [Test]
        public void AWorldComesAroundTheViewerAndFollowsIt()
        {
            Material ground = new Material(Shader.Find("Universal Render Pipeline/Lit")), props = new Material(ground.shader);
            using (var host = new Host())
            {
                var viewer = new GameObject("viewer");
                viewer.transform.SetParent(host.Object.transform);
                var streamer = host.Add<WorldStreamer>();
                streamer.ExploreOnStart = false;
                streamer.Viewer = viewer.transform;
                streamer.GroundMaterial = ground;
                streamer.PropMaterial = props;
                streamer.Colliders = true;
                int settled = 0;
                WorldOpened world = null;
                streamer.Settled += () => settled++;
                streamer.Entered += entered => world = entered;
                // Small chunks: 256 cells of half a meter.
                streamer.Explore(new ExploreStart
                {
                    Landscape = new Landscape { Seed = 5, CellM = 0.5 }, ViewDistanceM = 150, VerticesMax = 129, ChunkLimit = 16,
                });
                host.Until(() => settled > 0, 240);
                Assert.IsTrue(streamer.ChunkCount >= 4, $"{streamer.ChunkCount} chunks");
                Assert.AreEqual(128.0, world.ChunkM, 1e-9);
                float? height = streamer.GroundAt(viewer.transform.position);
                Assert.IsTrue(height.HasValue);
                Assert.AreEqual(height.Value + 2, viewer.transform.position.y, 0.6);
                Assert.IsTrue(Math.Abs(viewer.transform.position.x) <= 128 && Math.Abs(viewer.transform.position.z) <= 128, "near the origin");
                host.Until(() => Drawn(host) > 0, 60);
                Chunks(host, streamer);

                // Three chunks to the north, which is -z: others come, and those behind go into the pool and out of it.
                double from = viewer.transform.position.z;
                for (int step = 1; step <= 30; step++)
                {
                    viewer.transform.position = new Vector3(viewer.transform.position.x, viewer.transform.position.y, (float)from - 13 * step);
                    for (int frame = 0; frame < 6; frame++)
                        host.Until(Once(), 5);
                }
                int before = settled;
                host.Until(() => settled > before && streamer.GroundAt(viewer.transform.position).HasValue, 240);
                Assert.IsTrue(streamer.ChunkCount <= 16, $"{streamer.ChunkCount} chunks");
                Chunks(host, streamer);
            }
            foreach (UnityEngine.Object left in new UnityEngine.Object[] { ground.shader, ground, props })
                UnityEngine.Object.Destroy(left);
        }

        static Func<bool> Once()
        {
            bool done = false;
            return () =>
            {
                bool was = done;
                done = true;
                return was;
            };
        }

        static int Drawn(Host host)
        {
            Graphics.DrawnCount = 0;
            Engine.Frame();
            return Graphics.DrawnCount;
        }

        /// <summary>Neighbours fit together: a chunk's first vertices are the last ones of its neighbour.</summary>
        static void Chunks(Host host, WorldStreamer streamer)
        {
            int seen = 0;
            for (int index = 0; index < streamer.transform.childCount; index++)
            {
                GameObject chunk = streamer.transform.GetChild(index).gameObject;
                var filter = chunk.GetComponent<MeshFilter>();
                if (filter == null || !chunk.activeSelf)
                    continue;
                seen++;
                Assert.IsTrue(filter.sharedMesh.Vertices.Length >= 33 * 33);
                Assert.IsTrue(chunk.GetComponent<MeshCollider>().sharedMesh == filter.sharedMesh);
                var picture = (Texture2D)chunk.GetComponent<MeshRenderer>().sharedMaterial.Textures["_BaseMap"];
                Assert.AreEqual(256, picture.width);
                Vector3 corner = chunk.transform.localPosition;
                Assert.AreEqual(0, Math.Abs(corner.x) % 128, 1e-3);
            }
            Assert.AreEqual(streamer.ChunkCount, seen);
        }
    }
}
