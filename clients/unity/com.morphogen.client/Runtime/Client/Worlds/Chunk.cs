using System;
using System.Collections.Generic;
using Morphogen.Formats;

namespace Morphogen
{
    /// <summary>A place of the world, and the vertices that a chunk has there.</summary>
    public readonly struct ChunkPlace : IEquatable<ChunkPlace>
    {
        /// <summary>A place.</summary>
        public ChunkPlace(int row, int column, int vertices)
        {
            Row = row;
            Column = column;
            Vertices = vertices;
        }

        /// <summary>Place along z in chunks.</summary>
        public int Row { get; }

        /// <summary>Place along x in chunks.</summary>
        public int Column { get; }

        /// <summary>Vertices along the chunk's edge: 33, 65, 129 or 257.</summary>
        public int Vertices { get; }

        /// <summary>The same for every level of detail.</summary>
        public long Key { get { return (long)Row << 32 | (uint)Column; } }

        /// <inheritdoc/>
        public bool Equals(ChunkPlace other)
        {
            return Key == other.Key && Vertices == other.Vertices;
        }

        /// <inheritdoc/>
        public override bool Equals(object other)
        {
            return other is ChunkPlace && Equals((ChunkPlace)other);
        }

        /// <inheritdoc/>
        public override int GetHashCode()
        {
            return Key.GetHashCode() * 31 + Vertices;
        }

        /// <inheritdoc/>
        public override string ToString()
        {
            return $"row {Row}, column {Column}, {Vertices} vertices";
        }
    }

    /// <summary>Where a model stands: meters from the chunk's corner in the server's axes.</summary>
    public struct Placement
    {
        /// <summary>To the east.</summary>
        public float X;

        /// <summary>Upwards.</summary>
        public float Y;

        /// <summary>To the south.</summary>
        public float Z;

        /// <summary>About the vertical, in degrees.</summary>
        public float TurnDeg;

        /// <summary>Factor of its size.</summary>
        public float Scale;
    }

    /// <summary>
    /// A chunk at one level of detail. It begins at x = column * edge, z = row * edge; its last row and column are the first
    /// ones of the next chunks.
    /// </summary>
    public sealed class Chunk
    {
        internal Chunk(ChunkPlace place, IReadOnlyDictionary<string, AssetFile> files)
        {
            Place = place;
            Files = files;
        }

        /// <summary>The chunk in the files of GenerateChunk. Throws BrokenStreamException.</summary>
        public static Chunk From(IReadOnlyDictionary<string, AssetFile> files)
        {
            var chunk = new Chunk(default(ChunkPlace), files);
            Json told = chunk.Document("chunk");
            return new Chunk(new ChunkPlace(told["row"].Whole, told["column"].Whole, told["vertices"].Whole), files);
        }

        /// <summary>Where it is.</summary>
        public ChunkPlace Place { get; }

        /// <summary>Its files: "chunk" (JSON), and the maps that were asked for.</summary>
        public IReadOnlyDictionary<string, AssetFile> Files { get; }

        /// <summary>A file that is JSON. Throws BrokenStreamException if there is none.</summary>
        public Json Document(string name)
        {
            return Json.Parse($"{name} of the chunk at {Place}", File(name));
        }

        /// <summary>A file that is a PNG. Throws BrokenStreamException if there is none, or it cannot be read.</summary>
        public Pixels Picture(string name)
        {
            return PngReader.Read($"{name} of the chunk at {Place}", File(name), Place.Vertices, Place.Vertices);
        }

        /// <summary>Heights in meters, rows from north to south, columns from west to east.</summary>
        public float[] Heights()
        {
            Json told = Document("chunk");
            Pixels steps = Picture("height");
            if (steps.Channels != 1 || steps.Words == null)
                throw new BrokenStreamException($"height of the chunk at {Place} is no 16-bit picture");
            double low = told["height_base_m"].Number, step = told["height_step_m"].Number;
            var heights = new float[steps.Words.Length];
            for (int index = 0; index < heights.Length; index++)
                heights[index] = (float)(low + step * steps.Words[index]);
            return heights;
        }

        /// <summary>Where models stand, by their names; <paramref name="name"/> is "props" or "cover". Empty if it has none.</summary>
        public IReadOnlyDictionary<string, Placement[]> Placements(string name = "props")
        {
            var placements = new Dictionary<string, Placement[]>();
            if (!Files.ContainsKey(name))
                return placements;
            foreach (KeyValuePair<string, Json> model in Document(name).Members)
            {
                IReadOnlyList<Json> rows = model.Value.Items;
                var standing = new Placement[rows.Count];
                for (int index = 0; index < standing.Length; index++)
                    standing[index] = new Placement
                    {
                        X = rows[index][0].Single,
                        Y = rows[index][1].Single,
                        Z = rows[index][2].Single,
                        TurnDeg = rows[index][3].Single,
                        Scale = rows[index][4].Single,
                    };
                placements[model.Key] = standing;
            }
            return placements;
        }

        byte[] File(string name)
        {
            AssetFile file;
            if (!Files.TryGetValue(name, out file))
                throw new BrokenStreamException($"the chunk at {Place} has no {name}");
            return file.Data;
        }
    }
}
