using Morphogen.V1;
using Morphogen.Wire;
using NUnit.Framework;

namespace Morphogen.Tests
{
    public class WireTests
    {
        [Test]
        public void AMessageSurvives()
        {
            var request = new GenerateTextureRequest
            {
                TextureClass = "brick", Seed = uint.MaxValue, Wrap = Wrap.X, Palette = { 0xff8800, 0x112233 },
                Attributes = { { "roughness", 0.25 } }, MaskPng = new byte[] { 1, 2, 3 }, Maps = { TextureMap.Albedo },
            };
            var copy = new GenerateTextureRequest();
            copy.MergeFrom(request.ToBytes());
            Assert.AreEqual(request.ToBytes(), copy.ToBytes());
            Assert.AreEqual("brick", copy.TextureClass);
            Assert.AreEqual(0.25, copy.Attributes["roughness"]);
            Assert.AreEqual(new uint[] { 0xff8800, 0x112233 }, copy.Palette);
            Assert.IsNull(copy.Blend);
        }

        [Test]
        public void SettingAMemberOfAOneofClearsTheOthers()
        {
            var response = new GenerateTextureResponse { Header = new StreamHeader() };
            response.Part = new PartChunk();
            Assert.AreEqual(GenerateTextureResponse.PayloadOneofCase.Part, response.PayloadCase);
            Assert.IsNull(response.Header);
        }

        [Test]
        public void AbsentDiffersFromZero()
        {
            Assert.AreEqual(0, new CharacterControl().ToBytes().Length);
            Assert.AreEqual(9, new CharacterControl { SpeedMps = 0 }.ToBytes().Length);
        }

        [Test]
        public void GarbageIsRefused()
        {
            Assert.Throws<WireException>(() => new StreamHeader().MergeFrom(new byte[] { 0x0a, 0xff, 0xff, 0xff, 0xff, 0x07 }));
            Assert.Throws<WireException>(() => new StreamHeader().MergeFrom(new byte[] { 0x0a, 0x01, 0xff }));
        }

        [Test]
        public void SlicesEndWhereTheyShould()
        {
            Assert.Throws<System.ArgumentOutOfRangeException>(() => new Bytes(new byte[3], 2, 2));
            Assert.AreEqual(new byte[] { 2, 3 }, new Bytes(new byte[] { 1, 2, 3, 4 }, 1, 2).ToArray());
        }
    }
}
