using System;
using System.Threading.Tasks;
using Morphogen.Formats;
using NUnit.Framework;

namespace Morphogen.Tests
{
    public class MaterialTests
    {
        static Pixels Grey(params byte[] values)
        {
            return PngReader.Read("grey", FormatTests.Png(2, 2, 8, 0, new[] { (byte)0, values[0], values[1] }, new[] { (byte)0, values[2], values[3] }));
        }

        [Test]
        public void MasksArePackedWithTheBottomRowFirst()
        {
            Rgba mask = MaterialMaps.Pack(2, Grey(1, 2, 3, 4), Grey(10, 20, 30, 40), Grey(100, 110, 120, 130));
            Assert.AreEqual(new byte[] { 3, 30, 0, 135, 4, 40, 0, 125, 1, 10, 0, 155, 2, 20, 0, 145 }, mask.Data);
        }

        [Test]
        public void MapsThatWereNotAskedForHaveADefault()
        {
            Rgba mask = MaterialMaps.Pack(2, null, null, Grey(0, 0, 0, 0));
            Assert.AreEqual(new byte[] { 0, 255, 0, 255 }, new[] { mask.Data[0], mask.Data[1], mask.Data[2], mask.Data[3] });
        }

        [Test]
        public void RawFramesAreTurnedUpsideDown()
        {
            var raw = new byte[16];
            raw[0] = 7;
            Assert.AreEqual(7, Rgba.FromRaw(new ArraySegment<byte>(raw), 2).Data[8]);
            Assert.Throws<BrokenStreamException>(() => Rgba.FromRaw(new ArraySegment<byte>(raw), 3));
        }

        [Test]
        public void WorkOfAFrameIsBounded()
        {
            var work = new FrameWork();
            int done = 0;
            for (int index = 0; index < 3; index++)
                work.Run(() =>
                {
                    done++;
                    System.Threading.Thread.Sleep(3);
                });
            work.Pump(1);
            Assert.AreEqual(1, done); // one at least, and no more than the time allows
            work.Pump(1000);
            Assert.AreEqual(3, done);
        }

        [Test]
        public void WhoWaitsForAClosedQueueIsTold()
        {
            var work = new FrameWork();
            Task before = work.Run(() => { });
            work.Close();
            Task after = work.Run(() => { });
            foreach (Task task in new[] { before, after })
                Assert.Throws<CancelledException>(() => task.GetAwaiter().GetResult());
        }

        [Test]
        public void WhatTheMainThreadThrowsReachesWhoAsked()
        {
            var work = new FrameWork();
            Task asked = work.Run(() => throw new InvalidOperationException("no"));
            work.Pump(1);
            Assert.Throws<InvalidOperationException>(() => asked.GetAwaiter().GetResult());
        }

        [Test]
        public void FramesComeApart()
        {
            var data = new byte[10 + CharacterPose.SizeBytes];
            data[9] = 5;
            BitConverter.GetBytes(1.5f).CopyTo(data, 14); // y of the pelvis
            var part = new Part(3, "frame", 2, "video/vp9;keyframe=0;alpha_bytes=4;pose_bytes=332", data, null, null, 2);
            CharacterFrame frame = CharacterFrame.From(part, 12, 2);
            Assert.AreEqual("vp9", frame.Format);
            Assert.AreEqual(6, frame.Picture.Count);
            Assert.AreEqual(4, frame.Alpha.Count);
            Assert.IsFalse(frame.Keyframe);
            Assert.AreEqual(1.5f, frame.Pose.RootM[1]);
            var odd = new Part(3, "frame", 2, "image/png;pose_bytes=400", data, null, null, 2);
            Assert.Throws<BrokenStreamException>(() => CharacterFrame.From(odd, 12, 2));
        }
    }
}
