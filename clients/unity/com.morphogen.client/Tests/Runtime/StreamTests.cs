using System;
using System.Linq;
using System.Security.Cryptography;
using Morphogen.Streams;
using Morphogen.V1;
using NUnit.Framework;

namespace Morphogen.Tests
{
    public class StreamTests
    {
        static byte[] Sum(byte[] data)
        {
            using (SHA256 sha256 = SHA256.Create())
                return sha256.ComputeHash(data);
        }

        static PartChunk Chunk(byte[] whole, uint sequence, uint index, uint count)
        {
            int size = whole.Length / (int)count;
            byte[] data = whole.Skip((int)index * size).Take(size).ToArray();
            return new PartChunk
            {
                Sequence = sequence, Map = "albedo", PartSizeBytes = (uint)whole.Length, ChunkIndex = index, ChunkCount = count,
                Data = data, PartSha256 = index + 1 == count ? Sum(whole) : new byte[0],
            };
        }

        static StreamProbeResponse Header(uint first = 0, uint parts = 2, string asset = "a")
        {
            return new StreamProbeResponse { Header = new StreamHeader { AssetId = asset, PartCount = parts, FirstSequence = first } };
        }

        static StreamProbeResponse Part(uint sequence, byte[] data, byte[] token = null)
        {
            PartChunk chunk = Chunk(data, sequence, 0, 1);
            chunk.ResumeToken = token;
            return new StreamProbeResponse { Part = chunk };
        }

        static StreamProbeResponse Trailer(params byte[][] parts)
        {
            byte[] digest = parts.Aggregate(new byte[32], (so, part) => Sum(so.Concat(Sum(part)).ToArray()));
            return new StreamProbeResponse
            {
                Trailer = new StreamTrailer { Sha256 = digest, PartCount = (uint)parts.Length, SizeBytes = (ulong)parts.Sum(part => part.Length) },
            };
        }

        static readonly byte[] One = { 1, 2, 3, 4 };
        static readonly byte[] Two = { 5, 6 };

        [Test]
        public void ChunksBecomeAPart()
        {
            var assembler = new PartAssembler();
            Assert.IsNull(assembler.Take(Chunk(One, 0, 0, 2)));
            Assert.IsTrue(assembler.Begun);
            Assert.AreEqual(One, assembler.Take(Chunk(One, 0, 1, 2)).Data);
        }

        [Test]
        public void LargePartsGrowWithWhatArrives()
        {
            var whole = new byte[8 << 20];
            new Random(1).NextBytes(whole);
            var assembler = new PartAssembler();
            Part part = null;
            for (uint index = 0; index < 32; index++)
                part = assembler.Take(Chunk(whole, 0, index, 32));
            Assert.AreEqual(Sum(whole), Sum(part.Data));
        }

        [Test]
        public void ChunksOutOfOrderAreRefused()
        {
            Assert.Throws<BrokenStreamException>(() => new PartAssembler().Take(Chunk(One, 0, 1, 2)));
        }

        [Test]
        public void ANameThatIsNoFilesNameIsRefused()
        {
            foreach (string name in new[] { "../../probe", "/etc/passwd", "a/b", "a\\b", "..", "", "C:a", new string('a', 65) })
            {
                PartChunk chunk = Chunk(One, 0, 0, 1);
                chunk.Map = name;
                Assert.Throws<BrokenStreamException>(() => new PartAssembler().Take(chunk));
            }
        }

        [Test]
        public void AnotherChecksumIsTold()
        {
            PartChunk chunk = Chunk(One, 0, 0, 1);
            chunk.PartSha256 = new byte[32];
            Assert.Throws<ChecksumMismatchException>(() => new PartAssembler().Take(chunk));
        }

        [Test]
        public void AStreamThatIsCutGoesOnBehindItsLastPart()
        {
            var session = new Session(new byte[0], false);
            session.Begin();
            session.Receive(Header());
            Assert.AreEqual(One, session.Receive(Part(0, One, new byte[] { 9 })).Data);
            session.Begin();
            Assert.AreEqual(new byte[] { 9 }, session.Token);
            session.Receive(Header(1));
            Assert.AreEqual(Two, session.Receive(Part(1, Two)).Data);
            session.Receive(Trailer(One, Two));
            Assert.AreEqual(2, session.Trailer.PartCount);
        }

        [Test]
        public void AServerThatRefusesTheTokenStartsAnewAndNothingComesTwice()
        {
            var session = new Session(new byte[0], false);
            session.Begin();
            session.Receive(Header());
            session.Receive(Part(0, One, new byte[] { 9 }));
            var refusal = new InvalidRequestException("", "options.resume_token", "", "");
            Assert.IsFalse(session.StartsAnewAfter(refusal), "a refusal in the middle is not about the token");
            session.Begin();
            Assert.IsTrue(session.StartsAnewAfter(refusal));
            session.Begin();
            Assert.AreEqual(0, session.Token.Length);
            session.Receive(Header());
            Assert.IsNull(session.Receive(Part(0, One)));
            Assert.AreEqual(Two, session.Receive(Part(1, Two)).Data);
            session.Receive(Trailer(One, Two));
        }

        [Test]
        public void WhatChangedBetweenTwoAttemptsIsTold()
        {
            var session = new Session(new byte[0], false);
            session.Begin();
            session.Receive(Header());
            session.Receive(Part(0, One));
            session.Begin();
            session.Receive(Header());
            Assert.Throws<ChecksumMismatchException>(() => session.Receive(Part(0, Two)));
        }

        [Test]
        public void AnotherAssetAfterACutIsRefused()
        {
            var session = new Session(new byte[0], false);
            session.Begin();
            session.Receive(Header());
            session.Receive(Part(0, One));
            session.Begin();
            Assert.Throws<BrokenStreamException>(() => session.Receive(Header(0, 2, "b")));
        }

        [Test]
        public void LiveStreamsMayLeavePartsOut()
        {
            var session = new Session(new byte[0], true);
            session.Begin();
            session.Receive(Header(0, 5));
            session.Receive(Part(0, One));
            Assert.AreEqual(3, session.Receive(Part(3, Two)).Sequence);
            session.Receive(Trailer(One, Two));
        }

        [Test]
        public void ControlsThatWaitBecomeOne()
        {
            var controls = new Controls(0);
            Assert.AreEqual(1, controls.Add(new CharacterControl { SpeedMps = 1, HeadingDeg = 10 }));
            Assert.AreEqual(1, controls.Add(new CharacterControl { SpeedMps = 2 }));
            int first;
            CharacterControl sent = controls.Unsent(out first).Single();
            Assert.AreEqual(1, first);
            Assert.AreEqual(2.0, sent.SpeedMps.Value);
            Assert.AreEqual(10.0, sent.HeadingDeg.Value);
            Assert.AreEqual(2, controls.Add(new CharacterControl { SpeedMps = 3 }));
            controls.Restart(); // a new session has had none
            Assert.AreEqual(2, controls.Unsent(out first).Count);
            Assert.AreEqual(1, controls.Shown(1));
            Assert.AreEqual(0, controls.Unsent(out first).Count);
        }
    }
}
