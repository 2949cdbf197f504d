using System;
using System.Collections.Generic;
using System.Globalization;

namespace Morphogen
{
    /// <summary>One frame of a character: a pose, a picture, or both.</summary>
    public sealed class CharacterFrame
    {
        /// <summary>From 0 at the character's beginning; live streams leave some out.</summary>
        public int Number { get; internal set; }

        /// <summary>How it stands; null if only pictures were asked for.</summary>
        public CharacterPose Pose { get; internal set; }

        /// <summary>"raw", "png", "webp", "jpeg", "h264", "vp9", "av1"; empty without a picture.</summary>
        public string Format { get; internal set; }

        /// <summary>The picture as it was sent. Raw: rows from the top, bytes R, G, B, A, straight alpha.</summary>
        public ArraySegment<byte> Picture { get; internal set; }

        /// <summary>Transparency of a video's frame, as a frame of a second one; empty if there is none.</summary>
        public ArraySegment<byte> Alpha { get; internal set; }

        /// <summary>Whether decoding can start here.</summary>
        public bool Keyframe { get; internal set; }

        /// <summary>Edge length of the picture in pixels.</summary>
        public int SizePx { get; internal set; }

        /// <summary>Controls of this stream that it shows: those with numbers up to this one.</summary>
        public int ControlCount { get; internal set; }

        static readonly Dictionary<string, string> FormatOfType = new Dictionary<string, string>
        {
            { "application/x-rgba8", "raw" }, { "image/png", "png" }, { "image/webp", "webp" }, { "image/jpeg", "jpeg" },
            { "video/h264", "h264" }, { "video/vp9", "vp9" }, { "video/av1", "av1" },
        };

        const string PoseType = "application/x-morphogen-pose";

        /// <summary>The frame that a part holds. Throws BrokenStreamException.</summary>
        internal static CharacterFrame From(Part part, int number, int controlCount)
        {
            string[] words = part.MediaType.Split(';');
            var numbers = new Dictionary<string, int>();
            for (int index = 1; index < words.Length; index++)
            {
                string[] pair = words[index].Split('=');
                int value;
                if (pair.Length != 2 || !int.TryParse(pair[1], NumberStyles.None, CultureInfo.InvariantCulture, out value))
                    throw new BrokenStreamException($"part {part.Sequence}: unreadable type {part.MediaType}");
                numbers[pair[0].Trim()] = value;
            }
            bool pose = words[0] == PoseType;
            string format = "";
            int poseBytes = pose ? CharacterPose.SizeBytes : Get(numbers, "pose_bytes", 0);
            int alphaBytes = Get(numbers, "alpha_bytes", 0);
            long pictureBytes = (long)part.Data.Length - poseBytes - alphaBytes;
            if (!pose && !FormatOfType.TryGetValue(words[0], out format) || pictureBytes < 0
                || poseBytes != 0 && poseBytes != CharacterPose.SizeBytes)
                throw new BrokenStreamException(
                    $"part {part.Sequence}: {part.MediaType} of {part.Data.Length} bytes is no frame");
            return new CharacterFrame
            {
                Number = number,
                Pose = poseBytes == 0 ? null : CharacterPose.From(part.Data, part.Data.Length - poseBytes),
                Format = format ?? "",
                Picture = new ArraySegment<byte>(part.Data, 0, (int)pictureBytes),
                Alpha = new ArraySegment<byte>(part.Data, (int)pictureBytes, alphaBytes),
                Keyframe = Get(numbers, "keyframe", 1) != 0,
                SizePx = part.LodPx,
                ControlCount = controlCount,
            };
        }

        static int Get(Dictionary<string, int> numbers, string name, int otherwise)
        {
            int value;
            return numbers.TryGetValue(name, out value) ? value : otherwise;
        }
    }
}
