using System.Collections.Generic;
using Morphogen.Formats;
using Morphogen.V1;

namespace Morphogen
{
    /// <summary>A file as it came.</summary>
    public sealed class AssetFile
    {
        internal AssetFile(Part part)
        {
            MediaType = part.MediaType;
            Data = part.Data;
        }

        /// <summary>E.g. "image/png".</summary>
        public string MediaType { get; }

        /// <summary>Its bytes.</summary>
        public byte[] Data { get; }
    }

    /// <summary>One complete level of detail of a material: usable at once, replaced by the next one.</summary>
    public sealed class TextureUpdate
    {
        internal TextureUpdate(int lodPx, bool final, IReadOnlyDictionary<string, AssetFile> maps)
        {
            LodPx = lodPx;
            Final = final;
            Maps = maps;
        }

        /// <summary>Edge length in pixels.</summary>
        public int LodPx { get; }

        /// <summary>Whether this is the requested size.</summary>
        public bool Final { get; }

        /// <summary>PNG files by map, e.g. "albedo". Normal maps are OpenGL (+Y), as Unity wants them; height has 16 bits.</summary>
        public IReadOnlyDictionary<string, AssetFile> Maps { get; }
    }

    /// <summary>One step on the way to a level, or one of its files.</summary>
    public sealed class LevelUpdate
    {
        internal LevelUpdate(string name, AssetFile file, IReadOnlyList<string> rows)
        {
            Name = name;
            File = file;
            Rows = rows;
        }

        /// <summary>"refinement" for a step, else the file's name.</summary>
        public string Name { get; }

        /// <summary>The file, or the step's document (JSON).</summary>
        public AssetFile File { get; }

        /// <summary>Lines of glyphs of a step; null for a file.</summary>
        public IReadOnlyList<string> Rows { get; }
    }

    /// <summary>One file of a scene, a chunk, a world or a character, as soon as it is made.</summary>
    public sealed class FileUpdate
    {
        internal FileUpdate(string name, AssetFile file, int sequence, int partCount)
        {
            Name = name;
            File = file;
            Sequence = sequence;
            PartCount = partCount;
        }

        /// <summary>E.g. "scene" (binary glTF) or "height" (PNG).</summary>
        public string Name { get; }

        /// <summary>The file.</summary>
        public AssetFile File { get; }

        /// <summary>Number of the file, from 0.</summary>
        public int Sequence { get; }

        /// <summary>How many there are.</summary>
        public int PartCount { get; }
    }
}

namespace Morphogen.Streams
{
    /// <summary>Gathers the maps of a level of detail.</summary>
    sealed class TextureReader : IPartReader<TextureUpdate>
    {
        Dictionary<string, AssetFile> _maps = new Dictionary<string, AssetFile>();
        int _lodPx = -1;

        public IReadOnlyDictionary<string, AssetFile> Files { get { return _maps; } }

        public TextureUpdate Read(StreamHeader header, Part part)
        {
            if (part.LodPx != _lodPx)
            {
                _maps = new Dictionary<string, AssetFile>();
                _lodPx = part.LodPx;
            }
            _maps[part.Map] = new AssetFile(part);
            int lods = header.LodsPx.Count;
            if (_maps.Count < header.PartCount / (lods == 0 ? 1 : lods))
                return null;
            return new TextureUpdate(part.LodPx, lods > 0 && part.LodPx == header.LodsPx[lods - 1], _maps);
        }
    }

    /// <summary>Tells steps from files.</summary>
    sealed class LevelReader : IPartReader<LevelUpdate>
    {
        readonly Dictionary<string, AssetFile> _files = new Dictionary<string, AssetFile>();

        public IReadOnlyDictionary<string, AssetFile> Files { get { return _files; } }

        public LevelUpdate Read(StreamHeader header, Part part)
        {
            var file = new AssetFile(part);
            if (part.Map != "refinement")
            {
                _files[part.Map] = file;
                return new LevelUpdate(part.Map, file, null);
            }
            var rows = new List<string>();
            foreach (Json row in Json.Parse($"part {part.Sequence}", part.Data)["rows"].Items)
                rows.Add(row.Text);
            return new LevelUpdate(part.Map, file, rows);
        }
    }

    /// <summary>Every part is a file.</summary>
    sealed class FilesReader : IPartReader<FileUpdate>
    {
        readonly Dictionary<string, AssetFile> _files = new Dictionary<string, AssetFile>();

        public IReadOnlyDictionary<string, AssetFile> Files { get { return _files; } }

        public FileUpdate Read(StreamHeader header, Part part)
        {
            var file = new AssetFile(part);
            _files[part.Map] = file;
            return new FileUpdate(part.Map, file, part.Sequence, (int)header.PartCount);
        }
    }
}
