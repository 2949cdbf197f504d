using System;
using System.Collections.Generic;
using System.Linq;

namespace Morphogen.Formats
{
    /// <summary>A surface of props.</summary>
    public sealed class PropMaterial
    {
        internal PropMaterial(Json material)
        {
            Json surface = material["pbrMetallicRoughness"];
            Name = material["name"].Text;
            Color = surface.Members.ContainsKey("baseColorFactor")
                ? surface["baseColorFactor"].Items.Select(each => each.Single).ToArray()
                : new float[] { 1, 1, 1, 1 };
            Roughness = surface.Members.ContainsKey("roughnessFactor") ? surface["roughnessFactor"].Single : 1;
            Metallic = surface.Members.ContainsKey("metallicFactor") ? surface["metallicFactor"].Single : 1;
        }

        /// <summary>E.g. "bark".</summary>
        public string Name { get; }

        /// <summary>Base color, linear R, G, B, A.</summary>
        public float[] Color { get; }

        /// <summary>0 to 1.</summary>
        public float Roughness { get; }

        /// <summary>0 to 1.</summary>
        public float Metallic { get; }
    }

    /// <summary>A part of a mesh that has one material, in Unity's axes.</summary>
    public sealed class PropSurface
    {
        /// <summary>x, y, z of each vertex in meters.</summary>
        public float[] Positions { get; internal set; }

        /// <summary>x, y, z of each vertex.</summary>
        public float[] Normals { get; internal set; }

        /// <summary>R, G, B, A of each vertex, linear; null: all white.</summary>
        public byte[] Colors { get; internal set; }

        /// <summary>Three for each triangle.</summary>
        public int[] Indices { get; internal set; }

        /// <summary>Number of its material.</summary>
        public int Material { get; internal set; }
    }

    /// <summary>A model that "props" of chunks names.</summary>
    public sealed class PropModel
    {
        internal PropModel(string name, PropSurface[][] lods)
        {
            Name = name;
            Lods = lods;
        }

        /// <summary>E.g. "oak_0".</summary>
        public string Name { get; }

        /// <summary>Surfaces of each level of detail, the finest first.</summary>
        public IReadOnlyList<PropSurface[]> Lods { get; }
    }

    /// <summary>
    /// The models of a world: what of binary glTF (ISO/IEC 12113) its part "models" takes, read without an importer. Anything
    /// else throws BrokenStreamException.
    /// </summary>
    public sealed class PropModels
    {
        readonly byte[] _data;
        readonly Json _document;
        readonly int _binary;
        readonly int _binaryLength;

        PropModels(byte[] data)
        {
            _data = data;
            if (data.Length < 28 || Number(0) != 0x46546c67 || Number(16) != 0x4e4f534a || Number(12) > data.Length - 28)
                throw new BrokenStreamException("the models are no binary glTF");
            int length = (int)Number(12);
            var text = new byte[length];
            Buffer.BlockCopy(data, 20, text, 0, length);
            _document = Json.Parse("the models", text);
            _binary = 28 + length;
            _binaryLength = (int)Math.Min(Number(20 + length), (uint)(data.Length - _binary));
        }

        /// <summary>The models by name.</summary>
        public IReadOnlyDictionary<string, PropModel> Models { get; private set; }

        /// <summary>Their materials.</summary>
        public IReadOnlyList<PropMaterial> Materials { get; private set; }

        /// <summary>Read the part "models" of a world.</summary>
        public static PropModels Read(byte[] data)
        {
            var read = new PropModels(data);
            var models = new Dictionary<string, PropModel>();
            foreach (Json root in read._document["scenes"][0]["nodes"].Items)
            {
                Json node = read._document["nodes"][root.Whole];
                var lods = new List<Json> { node };
                if (node.Members.ContainsKey("extensions"))
                    lods.AddRange(node["extensions"]["MSFT_lod"]["ids"].Items.Select(id => read._document["nodes"][id.Whole]));
                models[node["name"].Text] = new PropModel(node["name"].Text,
                    lods.Select(lod => read.Mesh(read._document["meshes"][lod["mesh"].Whole])).ToArray());
            }
            read.Models = models;
            read.Materials = read._document["materials"].Items.Select(each => new PropMaterial(each)).ToArray();
            return read;
        }

        PropSurface[] Mesh(Json mesh)
        {
            return mesh["primitives"].Items.Select(Surface).ToArray();
        }

        PropSurface Surface(Json primitive)
        {
            Json attributes = primitive["attributes"];
            var surface = new PropSurface
            {
                Positions = Floats(attributes["POSITION"].Whole),
                Normals = Floats(attributes["NORMAL"].Whole),
                Colors = attributes.Members.ContainsKey("COLOR_0") ? Bytes(attributes["COLOR_0"].Whole) : null,
                Indices = Integers(primitive["indices"].Whole),
                Material = primitive["material"].Whole,
            };
            int count = surface.Positions.Length / 3;
            bool fits = surface.Normals.Length == 3 * count && (surface.Colors == null || surface.Colors.Length == 4 * count);
            if (!fits || surface.Indices.Length % 3 != 0 || surface.Indices.Any(index => index < 0 || index >= count)
                || surface.Material < 0 || surface.Material >= _document["materials"].Items.Count)
                throw new BrokenStreamException("the models have a surface whose numbers do not fit together");
            Spaces.Axes.Positions(surface.Positions);
            Spaces.Axes.Positions(surface.Normals);
            Spaces.Axes.Triangles(surface.Indices);
            return surface;
        }

        float[] Floats(int accessor)
        {
            int at = Place(accessor, 5126, 12, "VEC3", out int count);
            var values = new float[3 * count];
            Buffer.BlockCopy(_data, at, values, 0, 12 * count); // little endian, as every device that runs Unity
            return values;
        }

        byte[] Bytes(int accessor)
        {
            int at = Place(accessor, 5121, 4, "VEC4", out int count);
            var values = new byte[4 * count];
            Buffer.BlockCopy(_data, at, values, 0, values.Length);
            return values;
        }

        int[] Integers(int accessor)
        {
            bool wide = _document["accessors"][accessor]["componentType"].Whole == 5125;
            int at = Place(accessor, wide ? 5125 : 5123, wide ? 4 : 2, "SCALAR", out int count);
            var values = new int[count];
            for (int index = 0; index < count; index++)
                values[index] = wide ? (int)Number(at + 4 * index) : _data[at + 2 * index] | _data[at + 2 * index + 1] << 8;
            return values;
        }

        /// <summary>Where an accessor's values begin, and how many they are.</summary>
        int Place(int number, int componentType, int size, string type, out int count)
        {
            Json accessor = _document["accessors"][number];
            Json view = _document["bufferViews"][accessor["bufferView"].Whole];
            count = accessor["count"].Whole;
            long at = view.Members.ContainsKey("byteOffset") ? view["byteOffset"].Whole : 0;
            long length = view["byteLength"].Whole;
            if (accessor["componentType"].Whole != componentType || accessor["type"].Text != type || view.Members.ContainsKey("byteStride")
                || accessor.Members.ContainsKey("byteOffset") || count < 0 || at < 0 || length < (long)count * size || at + length > _binaryLength)
                throw new BrokenStreamException("the models have values of a kind that Morphogen does not write");
            return _binary + (int)at;
        }

        uint Number(int at)
        {
            return (uint)(_data[at] | _data[at + 1] << 8 | _data[at + 2] << 16 | _data[at + 3] << 24);
        }
    }
}
