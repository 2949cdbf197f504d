using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Morphogen.Formats;
using Morphogen.V1;
using NUnit.Framework;

namespace Morphogen.LiveTests
{
    public class ClientTests
    {
        static void WithClient(Func<MorphogenClient, Task> test)
        {
            using (var client = new MorphogenClient(Host.Url))
                Task.Run(() => test(client)).GetAwaiter().GetResult();
            Assert.AreEqual(new string[0], Leaks.Found());
        }

        [Test]
        public void TheCatalogTellsWhatThereIs()
        {
            WithClient(async client =>
            {
                Assert.IsTrue(await client.HealthyAsync());
                IReadOnlyList<Generator> textures = await client.CatalogAsync("texture");
                Assert.IsTrue(textures.Single().Classes.Contains("brick"));
                Generator one = await client.GeneratorAsync(textures[0].Ref.Name);
                Assert.IsTrue(one.ModelCard.Length > 1000);
                IReadOnlyList<string> ids = await client.PrefetchAsync(new[] { new GenerateTextureRequest { TextureClass = "rust", SizePx = 64 } });
                Assert.AreEqual(64, ids[0].Length);
            });
        }

        [Test]
        public void NobodyListeningIsNotHealthy()
        {
            using (var client = new MorphogenClient("http://127.0.0.1:9"))
                Assert.IsFalse(client.HealthyAsync().GetAwaiter().GetResult());
        }

        [Test]
        public void ALevelComesWithItsSteps()
        {
            WithClient(async client =>
            {
                int steps = 0;
                using (AssetStream<LevelUpdate> stream = client.GenerateLevel(new GenerateLevelRequest { Seed = 4, Size = 16 }))
                {
                    await stream.ForEachAsync(update => steps += update.Rows == null ? 0 : 1);
                    AssetResult result = await stream.ResultAsync();
                    Assert.IsTrue(steps > 0);
                    Json level = Json.Parse("level", result.Files["level"].Data);
                    Assert.AreEqual(16, level["rows"].Items.Count);
                    Assert.IsTrue(result.Files.ContainsKey("preview"));
                }
            });
        }

        [Test]
        public void AChunkIsReadAsHeightsAndPlacements()
        {
            WithClient(async client =>
            {
                var request = new GenerateChunkRequest { Landscape = new Landscape { Seed = 5 }, Row = -1, Column = 2, Vertices = 65 };
                using (AssetStream<FileUpdate> stream = client.GenerateChunk(request))
                {
                    Chunk chunk = Chunk.From((await stream.ResultAsync()).Files);
                    Assert.AreEqual(new ChunkPlace(-1, 2, 65), chunk.Place);
                    float[] heights = chunk.Heights();
                    Json told = chunk.Document("chunk");
                    Assert.AreEqual(told["lowest_m"].Number, heights.Min(), 0.1);
                    Assert.AreEqual(told["highest_m"].Number, heights.Max(), 0.1);
                    foreach (Placement[] standing in chunk.Placements().Values)
                        Assert.IsTrue(standing.All(at => at.X >= 0 && at.X <= 512 && at.Z >= 0 && at.Z <= 512));
                }
            });
        }

        [Test]
        public void ACharacterComesAsBinaryGltf()
        {
            WithClient(async client =>
            {
                var request = new GenerateCharacterRequest { Identity = new CharacterIdentity { Seed = 3 }, Clips = { "wave" }, PreviewPx = 64 };
                using (AssetStream<FileUpdate> stream = client.GenerateCharacter(request))
                {
                    AssetResult result = await stream.ResultAsync();
                    Assert.AreEqual("glTF", Encoding.ASCII.GetString(result.Files["character"].Data, 0, 4));
                    Skeleton skeleton = Skeleton.Parse(result.Files["description"].Data);
                    Assert.IsTrue(skeleton.RestPelvisHeightM > 0.2);
                }
            });
        }

        [Test]
        public void AStreamGoesOnInAnotherClientBehindItsLastUpdate()
        {
            var request = new GenerateTextureRequest { TextureClass = "wood", Seed = 8, SizePx = 256 };
            byte[] token = null;
            WithClient(async client =>
            {
                using (AssetStream<TextureUpdate> stream = client.GenerateTexture(request))
                {
                    Assert.IsTrue(await stream.MoveNextAsync());
                    token = stream.ResumeToken;
                }
            });
            Assert.IsTrue(token.Length > 0);
            request.Options = new StreamOptions { ResumeToken = token };
            WithClient(async client =>
            {
                var lods = new List<int>();
                using (AssetStream<TextureUpdate> stream = client.GenerateTexture(request))
                    await stream.ForEachAsync(update => lods.Add(update.LodPx));
                Assert.AreEqual(new[] { 128, 256 }, lods);
            });
        }

        [Test]
        public void CancellingIsToldAtOnce()
        {
            WithClient(async client =>
            {
                var cancel = new CancellationTokenSource();
                var probe = new StreamProbeRequest { PartSizeBytes = 1000, PartCount = 100000, StepMs = 20 };
                using (AssetStream<FileUpdate> stream = client.Probe(probe, new CallOptions { Cancellation = cancel.Token }))
                {
                    Assert.IsTrue(await stream.MoveNextAsync());
                    cancel.CancelAfter(100);
                    var clock = Stopwatch.StartNew();
                    try
                    {
                        while (await stream.MoveNextAsync())
                        {
                        }
                        Assert.IsTrue(false, "it ended well");
                    }
                    catch (CancelledException)
                    {
                        Assert.IsTrue(clock.ElapsedMilliseconds < 2000);
                    }
                }
            });
        }

        [Test]
        public void ADeadlineIsTold()
        {
            WithClient(async client =>
            {
                var probe = new StreamProbeRequest { PartSizeBytes = 1000, PartCount = 100000, StepMs = 20 };
                var options = new CallOptions { Timeout = TimeSpan.FromMilliseconds(300) };
                using (AssetStream<FileUpdate> stream = client.Probe(probe, options))
                    try
                    {
                        while (await stream.MoveNextAsync())
                        {
                        }
                        Assert.IsTrue(false, "it ended well");
                    }
                    catch (OverloadedException)
                    {
                        // what cannot be made in time may be refused at once
                    }
                    catch (DeadlineExceededException)
                    {
                    }
            });
        }

        [Test]
        public void ThousandsOfPartsComeThroughAndNothingIsLeft()
        {
            WithClient(async client =>
            {
                long bytes = 0;
                var clock = Stopwatch.StartNew();
                using (AssetStream<FileUpdate> stream = client.Probe(new StreamProbeRequest { PartSizeBytes = 65536, PartCount = 1000 }))
                {
                    await stream.ForEachAsync(update => bytes += update.File.Data.Length);
                    Assert.AreEqual(65536000, bytes);
                }
                Console.WriteLine($"probe: {bytes / clock.Elapsed.TotalSeconds / 1e6:F0} MB/s with checksums");
            });
        }

        [TestCase("ftp://127.0.0.1")]
        [TestCase("127.0.0.1:8080")]
        [TestCase("")]
        public void AUrlThatIsNoneIsRefused(string url)
        {
            Assert.AreEqual("url", Assert.Throws<InvalidRequestException>(() => new MorphogenClient(url)).Field);
        }

        [Test]
        public void ATokenStaysOnThisMachineOrIsEncrypted()
        {
            var options = new MorphogenOptions { Token = "secret" };
            Assert.AreEqual("token", Assert.Throws<InvalidRequestException>(() => new MorphogenClient("http://example.org", options)).Field);
            new MorphogenClient("https://example.org", options).Dispose();
            new MorphogenClient("http://127.0.0.1:80", options).Dispose();
        }

        [Test]
        public void AWorldIsExploredWithoutUnity()
        {
            WithClient(async client =>
            {
                var start = new ExploreStart { Landscape = new Landscape { Seed = 5, CellM = 0.5 }, ViewDistanceM = 60, VerticesMax = 33, Maps = { "height" } };
                int chunks = 0;
                using (WorldStream world = client.ExploreWorld(start))
                {
                    while (await world.MoveNextAsync())
                    {
                        if (world.Current is ChunkArrived arrived)
                            chunks += arrived.Chunk.Heights().Length == 33 * 33 ? 1 : 0;
                        if (world.Current is WorldSettled)
                            world.Finish();
                    }
                    Assert.AreEqual(chunks, world.Held.Count);
                }
                Assert.IsTrue(chunks > 0);
            });
        }
    }
}
