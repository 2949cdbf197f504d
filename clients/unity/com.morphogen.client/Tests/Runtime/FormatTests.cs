using System.Collections.Generic;
using System.IO;
using System.IO.Compression;
using System.Text;
using Morphogen.Formats;
using NUnit.Framework;

namespace Morphogen.Tests
{
    public class FormatTests
    {
        /// <summary>A PNG with the given filtered rows; its checksums are left empty, nobody looks at them.</summary>
        public static byte[] Png(int width, int height, int bits, int colorType, params byte[][] rows)
        {
            var png = new MemoryStream();
            png.Write(new byte[] { 137, 80, 78, 71, 13, 10, 26, 10 }, 0, 8);
            Chunk(png, "IHDR", new byte[] { 0, 0, (byte)(width >> 8), (byte)width, 0, 0, (byte)(height >> 8), (byte)height, (byte)bits, (byte)colorType, 0, 0, 0 });
            var packed = new MemoryStream();
            packed.Write(new byte[] { 0x78, 0x01 }, 0, 2);
            using (var deflated = new DeflateStream(packed, CompressionMode.Compress, true))
                foreach (byte[] row in rows)
                    deflated.Write(row, 0, row.Length);
            Chunk(png, "IDAT", packed.ToArray());
            Chunk(png, "IEND", new byte[0]);
            return png.ToArray();
        }

        static void Chunk(Stream png, string type, byte[] data)
        {
            png.Write(new byte[] { (byte)(data.Length >> 24), (byte)(data.Length >> 16), (byte)(data.Length >> 8), (byte)data.Length }, 0, 4);
            png.Write(Encoding.ASCII.GetBytes(type), 0, 4);
            png.Write(data, 0, data.Length);
            png.Write(new byte[4], 0, 4);
        }

        [Test]
        public void HeightsKeepTheirSixteenBits()
        {
            Pixels pixels = PngReader.Read("height", Png(2, 2, 16, 0, new byte[] { 0, 0x12, 0x34, 0xff, 0xff }, new byte[] { 2, 0, 1, 0, 1 }));
            Assert.AreEqual(new ushort[] { 0x1234, 0xffff, 0x1235, 0xff00 }, pixels.Words);
        }

        [Test]
        public void EveryFilterIsUndone()
        {
            // The third row of each is 10, 20, 30 over 1, 2, 3.
            byte[] first = { 0, 1, 2, 3 };
            Assert.AreEqual(new byte[] { 1, 2, 3, 10, 20, 30 }, PngReader.Read("sub", Png(3, 2, 8, 0, first, new byte[] { 1, 10, 10, 10 })).Bytes);
            Assert.AreEqual(new byte[] { 1, 2, 3, 10, 20, 30 }, PngReader.Read("up", Png(3, 2, 8, 0, first, new byte[] { 2, 9, 18, 27 })).Bytes);
            Assert.AreEqual(new byte[] { 1, 2, 3, 10, 20, 30 }, PngReader.Read("average", Png(3, 2, 8, 0, first, new byte[] { 3, 10, 14, 19 })).Bytes);
            Assert.AreEqual(new byte[] { 1, 2, 3, 10, 20, 30 }, PngReader.Read("paeth", Png(3, 2, 8, 0, first, new byte[] { 4, 9, 10, 10 })).Bytes);
        }

        [Test]
        public void WhatIsNoPngIsRefused()
        {
            byte[] good = Png(3, 1, 8, 0, new byte[] { 0, 1, 2, 3 });
            for (int length = 0; length < good.Length; length++)
            {
                var cut = new byte[length];
                System.Array.Copy(good, cut, length);
                Assert.Throws<BrokenStreamException>(() => PngReader.Read("cut", cut));
            }
            Assert.Throws<BrokenStreamException>(() => PngReader.Read("size", good, 4, 4));
            Assert.Throws<BrokenStreamException>(() => PngReader.Read("filter", Png(3, 1, 8, 0, new byte[] { 7, 1, 2, 3 })));
            Assert.Throws<BrokenStreamException>(() => PngReader.Read("short", Png(300, 300, 8, 2, new byte[] { 0, 1, 2, 3 })));
        }

        [Test]
        public void JsonIsRead()
        {
            Json json = Json.Parse("it", "{\"a\": [1, -2.5e2, true, null, \"\\u00e9\\n\\\"\"], \"b\": {}}");
            Assert.AreEqual(-250.0, json["a"][1].Number);
            Assert.IsTrue(json["a"][2].Flag);
            Assert.IsTrue(json["a"][3].IsNull);
            Assert.AreEqual("\u00e9\n\"", json["a"][4].Text);
            Assert.AreEqual(0, json["b"].Members.Count);
        }

        [TestCase("")]
        [TestCase("{")]
        [TestCase("[1,]")]
        [TestCase("{\"a\" 1}")]
        [TestCase("\"open")]
        [TestCase("\"\\u12\"")]
        [TestCase("[1] 2")]
        [TestCase("nul")]
        [TestCase("-")]
        public void WhatIsNoJsonIsRefused(string text)
        {
            Assert.Throws<BrokenStreamException>(() => Json.Parse("it", text));
        }

        [Test]
        public void DeepJsonIsRefusedInsteadOfCrashing()
        {
            Assert.Throws<BrokenStreamException>(() => Json.Parse("it", new string('[', 100000)));
        }

        [Test]
        public void AValueIsNotTakenForAnother()
        {
            Assert.Throws<BrokenStreamException>(() => Json.Parse("it", "{\"a\": \"1\"}")["a"].Number.ToString());
            Assert.Throws<BrokenStreamException>(() => Json.Parse("it", "{}")["a"].ToString());
            Assert.Throws<BrokenStreamException>(() => Json.Parse("it", "[1.5]")[0].Whole.ToString());
        }

        [Test]
        public void GarbageIsNoModel()
        {
            Assert.Throws<BrokenStreamException>(() => PropModels.Read(new byte[100]));
            Assert.Throws<BrokenStreamException>(() => PropModels.Read(new byte[0]));
        }
    }
}
