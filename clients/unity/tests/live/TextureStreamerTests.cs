using System.Collections.Generic;
using System.Linq;
using Morphogen.Unity;
using Morphogen.V1;
using NUnit.Framework;
using UnityEngine;

namespace Morphogen.LiveTests
{
    public class TextureStreamerTests
    {
        [TestCase("Universal Render Pipeline/Lit", "_BaseMap", "_BumpMap", "_OcclusionMap", "_OCCLUSIONMAP")]
        [TestCase("HDRP/Lit", "_BaseColorMap", "_NormalMap", "_MaskMap", "_MASKMAP")]
        [TestCase("Standard", "_MainTex", "_BumpMap", "_MetallicGlossMap", "_METALLICGLOSSMAP")]
        public void AMaterialSharpens(string shader, string albedo, string normal, string mask, string keyword)
        {
            Material material = new Material(Shader.Find(shader));
            using (var host = new Host())
            {
                var streamer = host.Add<TextureStreamer>();
                streamer.GenerateOnStart = false;
                streamer.Material = material;
                streamer.Parallax = true;
                var lods = new List<int>();
                AssetResult result = null;
                streamer.Sharpened += maps => lods.Add(material.Textures[albedo].width);
                streamer.Finished += finished => result = finished;
                streamer.Generate(new GenerateTextureRequest { TextureClass = "brick", Seed = 3, SizePx = 256 });
                host.Until(() => result != null, 60);
                Assert.AreEqual(new[] { 64, 128, 256 }, lods);
                Assert.AreEqual(64, result.Sha256.Length);
                Assert.IsFalse(((Texture2D)material.Textures[albedo]).Linear);
                Assert.IsTrue(((Texture2D)material.Textures[normal]).Linear);
                byte[] packed = ((Texture2D)material.Textures[mask]).Data;
                Assert.IsTrue(packed.Where((_, index) => index % 4 == 1).Average(value => value) > 100, "bricks are mostly open");
                Assert.IsTrue(material.Keywords.Contains(keyword));
                Assert.AreEqual(4, material.Textures.Values.Distinct().Count());
                host.Until(() => !streamer.Running, 5);
            }
            UnityEngine.Object.Destroy(material.shader);
            UnityEngine.Object.Destroy(material);
        }

        [Test]
        public void DestroyingItInTheMiddleEndsTheStream()
        {
            Material material = new Material(Shader.Find("Standard"));
            using (var host = new Host())
            {
                var streamer = host.Add<TextureStreamer>();
                streamer.GenerateOnStart = false;
                streamer.Material = material;
                int updates = 0;
                streamer.Sharpened += maps => updates++;
                streamer.Generate(new GenerateTextureRequest { TextureClass = "stone", Seed = 11, SizePx = 2048 });
                host.Until(() => updates > 0, 30);
            }
            UnityEngine.Object.Destroy(material.shader);
            UnityEngine.Object.Destroy(material);
        }

        [Test]
        public void WhatTheServerRefusesIsTold()
        {
            using (var host = new Host())
            {
                var streamer = host.Add<TextureStreamer>();
                streamer.GenerateOnStart = false;
                streamer.Generate(new GenerateTextureRequest { TextureClass = "lava" });
                host.Until(() => host.Failure != null, 20, true);
                Assert.AreEqual("texture_class", ((InvalidRequestException)host.Failure).Field);
                Assert.IsFalse(streamer.Running);
            }
        }

        [Test]
        public void AnotherRequestReplacesTheOneThatRuns()
        {
            Material material = new Material(Shader.Find("Standard"));
            using (var host = new Host())
            {
                var streamer = host.Add<TextureStreamer>();
                streamer.GenerateOnStart = false;
                streamer.Material = material;
                AssetResult result = null;
                streamer.Finished += finished => result = finished;
                for (uint seed = 0; seed < 4; seed++)
                    streamer.Generate(new GenerateTextureRequest { TextureClass = "stone", Seed = seed, SizePx = 64 });
                host.Until(() => result != null, 30);
                Assert.IsTrue(result.Header.CanonicalRequest.Contains("\"seed\":3"), result.Header.CanonicalRequest);
            }
            UnityEngine.Object.Destroy(material.shader);
            UnityEngine.Object.Destroy(material);
        }
    }
}
