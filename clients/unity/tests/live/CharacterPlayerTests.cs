using System;
using System.Collections.Generic;
using System.Linq;
using Morphogen.Unity;
using Morphogen.V1;
using NUnit.Framework;
using UnityEngine;

namespace Morphogen.LiveTests
{
    public class CharacterPlayerTests
    {
        /// <summary>As many frames as there is time for: a busy machine may refuse to promise a rate.</summary>
        static PlayFramesRequest Unhurried(uint frames, FrameFormat format = FrameFormat.Unspecified)
        {
            PlayFramesRequest request = Walk(frames, format);
            request.Stream.Delivery = Delivery.Lossless;
            request.Stream.BestEffort = true;
            return request;
        }

        static PlayFramesRequest Walk(uint frames, FrameFormat format = FrameFormat.Unspecified)
        {
            var walk = new CharacterControl { SpeedMps = 1.4 };
            return new PlayFramesRequest
            {
                Stream = new FrameStream
                {
                    Identity = new CharacterIdentity { Seed = 3 }, RateHz = 30, FrameCount = frames, Poses = true, Format = format,
                    SizePx = 128, Delivery = Delivery.Live, Script = { new ScriptedControl { Frame = 0, Control = walk } },
                },
                Options = new StreamOptions { Credit = 8 },
            };
        }

        [Test]
        public void ThirtyPosesASecondMoveARigThatIsMadeForThem()
        {
            const int Tries = 3; // a busy machine may be late by itself
            for (int attempt = 1; ; attempt++)
                using (var host = new Host())
                {
                    var player = host.Add<CharacterPlayer>();
                    player.PlayOnStart = false;
                    bool finished = false;
                    player.Finished += () => finished = true;
                    var numbers = new List<int>();
                    var clock = new System.Diagnostics.Stopwatch();
                    player.FrameShown += frame =>
                    {
                        clock.Start();
                        numbers.Add(frame.Number);
                    };
                    player.Play(Unhurried(120));
                    host.Until(() => finished, 60);
                    Assert.AreEqual(Enumerable.Range(0, 120), numbers);
                    Assert.AreEqual(0, player.DroppedCount + player.SkippedCount);
                    Transform hips = player.Rig.Bones[0];
                    Assert.AreEqual("pelvis", hips.name);
                    Assert.IsTrue(hips.position.z > 3, $"four seconds of walking lead forward, in Unity too: {hips.position.z}");
                    Assert.IsTrue(player.Rig.Bones[13].position.x < hips.position.x, "left is on the left");
                    Assert.IsTrue(player.Rig.Bones[12].position.y > hips.position.y + 0.2, "the head is above the hips");
                    Console.WriteLine($"120 frames of 30 Hz in {clock.Elapsed.TotalSeconds:F2} s");
                    if (Math.Abs(clock.Elapsed.TotalSeconds - 4) < 0.4)
                        return;
                    Assert.IsTrue(attempt < Tries, $"{Tries} times out of step");
                }
        }

        [Test]
        public void EveryFrameOfALiveStreamIsAccountedFor()
        {
            using (var host = new Host())
            {
                var player = host.Add<CharacterPlayer>();
                player.PlayOnStart = false;
                bool finished = false;
                player.Finished += () => finished = true;
                int last = -1;
                player.FrameShown += frame =>
                {
                    Assert.IsTrue(frame.Number > last);
                    last = frame.Number;
                };
                host.Server.MakeOptions = () => new MorphogenOptions { Retry = new RetryPolicy { Attempts = 1 } };
                player.Play(Walk(60));
                host.Until(() => player.ShownCount > 10 || host.Failure is OverloadedException, 60, true);
                if (host.Failure != null)
                {
                    Console.WriteLine("not run: the server has too little time to promise a rate");
                    return;
                }
                System.Threading.Thread.Sleep(500); // the game hangs
                host.Until(() => finished, 60);
                Assert.AreEqual(last + 1, player.ShownCount + player.SkippedCount + player.DroppedCount);
                Assert.IsTrue(player.SkippedCount + player.DroppedCount > 0, "old frames are not shown late");
            }
        }

        [Test]
        public void PicturesComeWithTheirPoses()
        {
            foreach (FrameFormat format in new[] { FrameFormat.Raw, FrameFormat.Png })
                using (var host = new Host())
                {
                    var player = host.Add<CharacterPlayer>();
                    player.PlayOnStart = false;
                    bool finished = false;
                    player.Finished += () => finished = true;
                    player.Play(Unhurried(20, format));
                    host.Until(() => finished, 60);
                    Assert.AreEqual(128, player.Picture.width);
                    int seen = 0;
                    for (int at = 3; at < player.Picture.Data.Length; at += 4)
                        seen += player.Picture.Data[at] > 128 ? 1 : 0;
                    Assert.IsTrue(seen > 128 * 128 / 50 && seen < 128 * 128 / 2, $"{seen} pixels of somebody before nothing");
                }
        }

        [Test]
        public void AHumanoidTakesThePoses()
        {
            using (var host = new Host())
            {
                // A rig with bones that are twisted in its T-pose, turned and placed in the scene.
                var root = new GameObject("humanoid");
                root.transform.SetParent(host.Object.transform);
                root.transform.localPosition = new Vector3(10, 0, 0);
                root.transform.localRotation = Quaternion.Euler(0, 90, 0);
                var animator = root.AddComponent<Animator>();
                var bones = new List<Transform>();
                var offsets = new[] { 0f, 1.6f, 0f, -0.2f, -0.1f, 0, 0, -0.7f, 0, 0, -0.7f, 0 };
                var twist = Quaternion.Euler(0, 30, 0);
                for (int joint = 0; joint < 4; joint++)
                {
                    Transform bone = new GameObject("bone").transform;
                    bone.SetParent(joint == 0 ? root.transform : bones[joint - 1], false);
                    bone.localPosition = (joint == 0 ? Quaternion.identity : Quaternion.Inverse(twist))
                        * new Vector3(offsets[3 * joint], offsets[3 * joint + 1], offsets[3 * joint + 2]);
                    bone.rotation = root.transform.rotation * twist;
                    bones.Add(bone);
                    animator.Bones[(HumanBodyBones)Enum.Parse(typeof(HumanBodyBones), Skeleton.HumanBones[joint])] = bone;
                }
                var player = host.Add<CharacterPlayer>();
                player.PlayOnStart = false;
                player.Animator = animator;
                bool finished = false;
                player.Finished += () => finished = true;
                player.Play(Unhurried(15));
                host.Until(() => finished, 30);
                Vector3 hips = root.transform.InverseTransformPoint(bones[0].position);
                Assert.IsTrue(hips.y > 1.3 && hips.y < 1.7, $"hips at the rig's own height: {hips.y}");
                Assert.IsTrue(hips.z > 0.2, $"and ahead of where it began, wherever the rig looks: {hips.z}");
                Vector3 knee = root.transform.InverseTransformPoint(bones[2].position);
                Assert.IsTrue(knee.y < hips.y - 0.4, "knees are below the hips, whatever the bones' own axes are");
                Assert.IsTrue(knee.x < hips.x, "the left one to the left");
            }
        }

        [Test]
        public void SteeringShowsInFrames()
        {
            using (var host = new Host())
            {
                var player = host.Add<CharacterPlayer>();
                player.PlayOnStart = false;
                CharacterFrame last = null;
                player.FrameShown += frame => last = frame;
                PlayFramesRequest request = Unhurried(0);
                request.Stream.Script.Clear();
                player.Play(request);
                host.Until(() => last != null, 30);
                int number = player.Steer(new CharacterControl { SpeedMps = 2, HeadingDeg = 180 });
                host.Until(() => last.ControlCount >= number, 10);
                int shown = player.ShownCount;
                host.Until(() => player.ShownCount > shown + 60, 20);
                Assert.IsTrue(player.Rig.Bones[0].position.z < -0.5, $"it has turned round: {player.Rig.Bones[0].position.z}");
            }
        }

        [Test]
        public void WhatIsRefusedWhileItPlaysIsTold()
        {
            using (var host = new Host())
            {
                var player = host.Add<CharacterPlayer>();
                player.PlayOnStart = false;
                bool shown = false;
                player.FrameShown += frame => shown = true;
                player.Play(Unhurried(0));
                host.Until(() => shown, 30);
                player.Steer(new CharacterControl { SpeedMps = 99 });
                host.Until(() => host.Failure != null, 10, true);
                Assert.AreEqual(typeof(InvalidRequestException), host.Failure.GetType());
            }
        }
    }
}
