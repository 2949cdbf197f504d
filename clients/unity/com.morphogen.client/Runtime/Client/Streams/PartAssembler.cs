using System;
using Morphogen.V1;
using Morphogen.Wire;

namespace Morphogen.Streams
{
    /// <summary>Puts the chunks of parts together, one part after the other, and checks order, size and SHA-256.</summary>
    sealed class PartAssembler
    {
        const int PartMaxBytes = 256 << 20;
        const int FirstBytes = 1 << 20;
        const int NameMaxLength = 64;

        PartChunk _first;
        byte[] _data;
        int _filled;
        int _chunks;

        /// <summary>Whether a part has begun and is not complete.</summary>
        public bool Begun { get { return _first != null; } }

        /// <summary>Take the next chunk; the part, if this chunk completes one, else null.</summary>
        public Part Take(PartChunk chunk)
        {
            if (_first == null)
                Begin(chunk);
            else if (chunk.ChunkIndex != _chunks || chunk.Sequence != _first.Sequence || chunk.Map != _first.Map
                || chunk.ChunkCount != _first.ChunkCount || chunk.PartSizeBytes != _first.PartSizeBytes)
                throw new BrokenStreamException($"part {_first.Sequence}: chunk {chunk.ChunkIndex} came where {_chunks} was due");
            Append(chunk.Data);
            if (++_chunks < _first.ChunkCount)
                return null;
            return Complete(chunk);
        }

        void Begin(PartChunk chunk)
        {
            if (chunk.ChunkIndex != 0)
                throw new BrokenStreamException($"part {chunk.Sequence}: chunk {chunk.ChunkIndex} came where 0 was due");
            if (chunk.PartSizeBytes > PartMaxBytes)
                throw new BrokenStreamException(
                    $"part {chunk.Sequence} has {chunk.PartSizeBytes} bytes, more than is accepted");
            if (chunk.Sequence > int.MaxValue || chunk.LodPx > int.MaxValue || chunk.ControlCount > int.MaxValue)
                throw new BrokenStreamException($"part {chunk.Sequence} has a number out of range");
            if (!IsName(chunk.Map))
                throw new BrokenStreamException($"part {chunk.Sequence}: its name is no name of a part");
            _first = chunk;
            _chunks = 0;
            _filled = 0;
            // What is announced is not believed: a large part's array grows with what arrives.
            int size = (int)chunk.PartSizeBytes;
            _data = new byte[chunk.ChunkCount == 1 ? Math.Min(size, chunk.Data.Length) : Math.Min(size, FirstBytes)];
        }

        // It becomes a file's name: no server gets to write elsewhere than into the folder that was named.
        static bool IsName(string map)
        {
            foreach (char each in map)
                if ((each < 'a' || each > 'z') && (each < '0' || each > '9') && each != '_')
                    return false;
            return map.Length > 0 && map.Length <= NameMaxLength;
        }

        void Append(Bytes data)
        {
            int size = (int)_first.PartSizeBytes;
            if (data.Length > size - _filled || data.Length == 0 && size > 0)
                throw new BrokenStreamException(
                    $"part {_first.Sequence}: {_filled} + {data.Length} bytes came where {size} were announced");
            if (_data.Length < _filled + data.Length)
                Array.Resize(ref _data, Math.Min(size, Math.Max(2 * _data.Length, _filled + data.Length)));
            data.CopyTo(_data, _filled);
            _filled += data.Length;
        }

        Part Complete(PartChunk last)
        {
            PartChunk first = _first;
            byte[] data = _data;
            if (_filled != first.PartSizeBytes)
                throw new BrokenStreamException($"part {first.Sequence}: {_filled} bytes of {first.PartSizeBytes} came");
            _first = null;
            _data = null;
            byte[] sum = Sha256Digest.Of(data);
            if (!last.PartSha256.SameAs(sum))
                throw new ChecksumMismatchException($"part {first.Sequence} has another SHA-256 than the server announced");
            return new Part((int)first.Sequence, first.Map, (int)first.LodPx, first.MediaType, data, sum,
                last.ResumeToken.ToArray(), (int)first.ControlCount);
        }
    }
}
