using System;
using Morphogen.Calls;
using Morphogen.V1;

namespace Morphogen.Streams
{
    /// <summary>
    /// A stream over several attempts. A further one goes on behind the last part, with the token that it brought. If there
    /// is none, or the server refuses it, the attempt starts anew and what was delivered is skipped: the same request gives
    /// the same bytes, so of the skipped parts only the digest is compared.
    /// </summary>
    sealed class Session
    {
        readonly bool _gaps;
        readonly byte[] _given;
        StreamAssembler _assembler;
        Progress _behind;
        Progress _delivered;

        /// <summary>Starts behind the part that brought <paramref name="resumeToken"/>; empty: at the beginning.</summary>
        public Session(byte[] resumeToken, bool gaps)
        {
            _gaps = gaps;
            _given = resumeToken;
            _behind = resumeToken.Length == 0 ? Progress.None : null;
            Token = resumeToken;
        }

        /// <summary>What the next attempt continues with.</summary>
        public byte[] Token { get; private set; }

        /// <summary>Who answers; null before it has.</summary>
        public StreamHeader Header { get; private set; }

        /// <summary>The end; null before it has come.</summary>
        public StreamTrailer Trailer { get { return _assembler?.Trailer; } }

        /// <summary>Whether the last message completed a part that had been delivered before.</summary>
        public bool SkippedPart { get; private set; }

        /// <summary>Get ready for the next attempt.</summary>
        public void Begin()
        {
            _assembler = new StreamAssembler(_behind, _gaps);
        }

        /// <summary>Take the next message; the part that it completes, if it does and it has not been delivered before.</summary>
        public Part Receive(IStreamMessage message)
        {
            SkippedPart = false;
            Part part = _assembler.Receive(message);
            if (message.Header != null)
                Answered(message.Header);
            return part == null ? null : Arrived(part);
        }

        /// <summary>
        /// Whether the next attempt has to start anew: the request was good enough before, so it is the token that this
        /// server does not take. What a live stream has left out cannot be compared: it never starts anew.
        /// </summary>
        public bool StartsAnewAfter(Exception reason)
        {
            bool refused = reason is InvalidRequestException && _assembler.Header == null;
            if (!refused || _gaps || Token.Length == 0 || Token == _given)
                return false;
            Token = Array.Empty<byte>();
            _behind = Progress.None;
            return true;
        }

        void Answered(StreamHeader header)
        {
            if (_behind == null)
                _behind = _assembler.Progress;
            if (_delivered == null)
                Header = header;
            else if (header.AssetId != Header.AssetId || header.PartCount != Header.PartCount)
                throw new BrokenStreamException(
                    "the server makes another asset of the same request than it did before the cut");
        }

        Part Arrived(Part part)
        {
            Progress progress = _assembler.Progress;
            if (part.ResumeToken.Length != 0)
            {
                Token = part.ResumeToken;
                _behind = progress;
            }
            if (_delivered != null && part.Sequence < _delivered.NextSequence)
            {
                bool known = progress.Digest != null && _delivered.Digest != null;
                if (progress.NextSequence == _delivered.NextSequence && known
                    && !new Wire.Bytes(progress.Digest).SameAs(_delivered.Digest))
                    throw new ChecksumMismatchException(
                        $"the first {_delivered.NextSequence} parts changed between two attempts at the same request");
                SkippedPart = true;
                return null;
            }
            _delivered = progress;
            return part;
        }
    }
}
