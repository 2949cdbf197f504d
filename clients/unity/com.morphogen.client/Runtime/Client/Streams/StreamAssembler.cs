using Morphogen.V1;

namespace Morphogen.Streams
{
    /// <summary>How far a stream has been received.</summary>
    sealed class Progress
    {
        public static readonly Progress None = new Progress(0, 0, 0, new byte[32]);

        public Progress(int nextSequence, int partCount, long sizeBytes, byte[] digest)
        {
            NextSequence = nextSequence;
            PartCount = partCount;
            SizeBytes = sizeBytes;
            Digest = digest;
        }

        /// <summary>Number of the part that is due.</summary>
        public int NextSequence { get; }

        /// <summary>Parts so far.</summary>
        public int PartCount { get; }

        /// <summary>Their payload.</summary>
        public long SizeBytes { get; }

        /// <summary>SHA-256 of the digest so far and the part's own; null if the stream began behind unknown parts.</summary>
        public byte[] Digest { get; }

        public Progress Plus(Part part)
        {
            byte[] digest = null;
            if (Digest != null)
            {
                var both = new byte[64];
                Digest.CopyTo(both, 0);
                part.Sha256.CopyTo(both, 32);
                digest = Sha256Digest.Of(both);
            }
            return new Progress(part.Sequence + 1, PartCount + 1, SizeBytes + part.Data.Length, digest);
        }
    }

    /// <summary>
    /// Takes the messages of one attempt at a stream: a header, parts in chunks, a trailer. Whatever does not follow that
    /// is refused before anybody sees a byte of the part concerned. No network, no clock.
    /// </summary>
    sealed class StreamAssembler
    {
        readonly PartAssembler _parts = new PartAssembler();
        readonly Progress _behind;
        readonly bool _gaps;

        /// <summary>
        /// Expects to go on behind <paramref name="behind"/> (null: wherever the header says), or at the beginning. With
        /// <paramref name="gaps"/> parts may be missing, as a live stream leaves them out.
        /// </summary>
        public StreamAssembler(Progress behind, bool gaps)
        {
            _behind = behind;
            _gaps = gaps;
            Progress = Progress.None;
        }

        /// <summary>The header, once it has come.</summary>
        public StreamHeader Header { get; private set; }

        /// <summary>The trailer, once it has come.</summary>
        public StreamTrailer Trailer { get; private set; }

        /// <summary>How far it is.</summary>
        public Progress Progress { get; private set; }

        /// <summary>Take the next message; the part, if it completes one, else null.</summary>
        public Part Receive(IStreamMessage message)
        {
            bool header = message.Header != null;
            if (Trailer != null || header != (Header == null))
                throw new BrokenStreamException($"the stream sent {NameOf(message)} where something else was due");
            if (header)
                TakeHeader(message.Header);
            else if (message.Part != null)
                return TakeChunk(message.Part);
            else if (message.Trailer != null)
                TakeTrailer(message.Trailer);
            return null; // or a message of a later version
        }

        void TakeHeader(StreamHeader header)
        {
            if (header.PartCount < 1 || header.PartCount > int.MaxValue || header.FirstSequence > header.PartCount)
                throw new BrokenStreamException($"the stream announces part {header.FirstSequence} of {header.PartCount}");
            int first = (int)header.FirstSequence;
            Progress = first == 0 ? Progress.None : _behind ?? new Progress(first, first, 0, null);
            if (first != Progress.NextSequence)
                throw new BrokenStreamException(
                    $"the stream begins at part {first}, although part {Progress.NextSequence} was asked for");
            Header = header;
        }

        Part TakeChunk(PartChunk chunk)
        {
            int due = Progress.NextSequence;
            bool skips = _gaps && chunk.Sequence > due && !_parts.Begun;
            if (chunk.Sequence >= Header.PartCount || chunk.Sequence != due && !skips && !_parts.Begun)
                throw new BrokenStreamException($"the stream sent part {chunk.Sequence} where part {due} was due");
            Part part = _parts.Take(chunk);
            if (part != null)
                Progress = Progress.Plus(part);
            return part;
        }

        void TakeTrailer(StreamTrailer trailer)
        {
            bool missing = !_gaps && Progress.NextSequence != Header.PartCount;
            if (_parts.Begun || missing || trailer.PartCount != Progress.PartCount)
                throw new BrokenStreamException(
                    $"the trailer counts {trailer.PartCount} of {Header.PartCount} parts, {Progress.PartCount} came");
            if (Progress.Digest != null && trailer.SizeBytes != (ulong)Progress.SizeBytes)
                throw new BrokenStreamException(
                    $"the trailer counts {trailer.SizeBytes} bytes, {Progress.SizeBytes} came");
            if (Progress.Digest != null && !trailer.Sha256.SameAs(Progress.Digest))
                throw new ChecksumMismatchException("the stream has another digest than its trailer says");
            trailer.Sha256 = trailer.Sha256.ToArray(); // its message's buffer is used again
            Trailer = trailer;
        }

        static string NameOf(IStreamMessage message)
        {
            return message.Header != null ? "a header" : message.Part != null ? "a part"
                : message.Trailer != null ? "a trailer" : "nothing";
        }
    }
}
