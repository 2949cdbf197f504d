namespace Morphogen
{
    /// <summary>One complete, checked part of a stream: the bytes of a file.</summary>
    public sealed class Part
    {
        internal Part(int sequence, string map, int lodPx, string mediaType, byte[] data, byte[] sha256, byte[] resumeToken,
            int controlCount)
        {
            Sequence = sequence;
            Map = map;
            LodPx = lodPx;
            MediaType = mediaType;
            Data = data;
            Sha256 = sha256;
            ResumeToken = resumeToken;
            ControlCount = controlCount;
        }

        /// <summary>Number of the part in its stream, from 0.</summary>
        public int Sequence { get; }

        /// <summary>Name of the map or file, e.g. "albedo" or "scene".</summary>
        public string Map { get; }

        /// <summary>Edge length of this level of detail; 0 for parts that have none.</summary>
        public int LodPx { get; }

        /// <summary>E.g. "image/png".</summary>
        public string MediaType { get; }

        /// <summary>The file.</summary>
        public byte[] Data { get; }

        /// <summary>Its checksum, 32 bytes.</summary>
        public byte[] Sha256 { get; }

        /// <summary>Continues the stream behind this part; empty if the server sent none.</summary>
        public byte[] ResumeToken { get; }

        /// <summary>Controls of the client that it shows.</summary>
        public int ControlCount { get; }
    }
}
