using System;
using System.Collections.Generic;
using Morphogen.V1;

namespace Morphogen.Streams
{
    /// <summary>Puts chunks together; a chunk's pieces follow one another.</summary>
    sealed class ChunkAssembler
    {
        readonly PartAssembler _parts = new PartAssembler();
        Dictionary<string, AssetFile> _files;
        int _row;
        int _column;
        int _vertices;

        /// <summary>Whether a chunk has begun and is not complete.</summary>
        public bool Begun { get { return _files != null; } }

        /// <summary>Take the next piece; the chunk, if this piece completes one, else null.</summary>
        public Chunk Take(WorldPart piece)
        {
            if (piece.Part == null || piece.PartCount < 1)
                throw new BrokenStreamException($"the chunk at row {piece.Row}, column {piece.Column} came without its piece");
            if (_files == null)
            {
                _files = new Dictionary<string, AssetFile>();
                _row = piece.Row;
                _column = piece.Column;
                _vertices = 0;
            }
            if (piece.Row != _row || piece.Column != _column)
                throw new BrokenStreamException(
                    $"the chunk at row {piece.Row}, column {piece.Column} came where row {_row}, column {_column} was due");
            Part part = _parts.Take(piece.Part);
            if (part == null)
                return null;
            if (_files.ContainsKey(part.Map))
                throw new BrokenStreamException($"the chunk at row {_row}, column {_column} has {part.Map} twice");
            _files[part.Map] = new AssetFile(part);
            _vertices = Math.Max(_vertices, part.LodPx);
            if (_files.Count < piece.PartCount)
                return null;
            var chunk = new Chunk(new ChunkPlace(_row, _column, _vertices), _files);
            _files = null;
            return chunk;
        }
    }
}
