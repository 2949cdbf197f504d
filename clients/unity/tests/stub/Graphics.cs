using System;
using System.Collections.Generic;
using System.Linq;

namespace UnityEngine.Rendering
{
    public enum IndexFormat
    {
        UInt16,
        UInt32,
    }
}

namespace UnityEngine
{
    public enum TextureFormat
    {
        RGBA32 = 4,
    }

    public enum TextureWrapMode
    {
        Repeat,
        Clamp,
    }

    public class Texture : Object
    {
        public int width;
        public int height;
        public TextureWrapMode wrapMode;
    }

    public sealed class Texture2D : Texture
    {
        public byte[] Data;
        public int AppliedCount;
        public readonly bool Linear;

        public Texture2D(int width, int height, TextureFormat format, bool mipmaps, bool linear = false)
        {
            this.width = width;
            this.height = height;
            Linear = linear;
        }

        public void SetPixelData<T>(T[] data, int mipLevel)
        {
            LoadRawTextureData((byte[])(object)data);
        }

        public void LoadRawTextureData(byte[] data)
        {
            Engine.InMainThread();
            if (data.Length != 4 * width * height)
                throw new ArgumentException("the data has another size than the texture");
            Data = data;
        }

        public void Apply(bool updateMipmaps, bool makeNoLongerReadable)
        {
            Engine.InMainThread();
            AppliedCount++;
        }

        public byte[] EncodeToPNG()
        {
            return Data;
        }
    }

    public static class ImageConversion
    {
        /// <summary>PNG by the package's own reader; of JPEG the signature is looked at.</summary>
        public static bool LoadImage(this Texture2D texture, byte[] data)
        {
            Engine.InMainThread();
            if (data[0] == 0xff && data[1] == 0xd8)
                return true;
            Morphogen.Rgba picture = Morphogen.Rgba.From(Morphogen.Formats.PngReader.Read("image", data));
            texture.width = picture.Width;
            texture.height = picture.Height;
            texture.Data = picture.Data;
            return true;
        }
    }

    /// <summary>A shader is its properties.</summary>
    public sealed class Shader : Object
    {
        public readonly HashSet<string> Properties;

        public Shader(params string[] properties)
        {
            Properties = new HashSet<string>(properties);
        }

        public static Shader Find(string name)
        {
            return name == "Universal Render Pipeline/Lit" ? new Shader("_BaseMap", "_BaseColor", "_BumpMap", "_MetallicGlossMap", "_OcclusionMap", "_ParallaxMap", "_Smoothness", "_Metallic")
                : name == "HDRP/Lit" ? new Shader("_BaseColorMap", "_BaseColor", "_NormalMap", "_MaskMap", "_HeightMap", "_Smoothness", "_Metallic")
                : new Shader("_MainTex", "_Color", "_BumpMap", "_MetallicGlossMap", "_OcclusionMap", "_ParallaxMap", "_GlossMapScale", "_Glossiness", "_Metallic");
        }
    }

    public sealed class Material : Object
    {
        public readonly Dictionary<string, Texture> Textures = new Dictionary<string, Texture>();
        public readonly Dictionary<string, float> Floats = new Dictionary<string, float>();
        public readonly Dictionary<string, Color> Colors = new Dictionary<string, Color>();
        public readonly HashSet<string> Keywords = new HashSet<string>();
        public bool enableInstancing;
        public Shader shader;

        public Material(Shader shader)
        {
            this.shader = shader;
        }

        public Material(Material other) : this(other.shader)
        {
        }

        public bool HasProperty(string name)
        {
            return shader.Properties.Contains(name);
        }

        public void SetTexture(string name, Texture texture)
        {
            Set(name);
            Textures[name] = texture;
        }

        public void SetFloat(string name, float value)
        {
            Set(name);
            Floats[name] = value;
        }

        public void SetColor(string name, Color value)
        {
            Set(name);
            Colors[name] = value;
        }

        public void EnableKeyword(string keyword)
        {
            Keywords.Add(keyword);
        }

        void Set(string name)
        {
            Engine.InMainThread();
            if (!HasProperty(name))
                throw new ArgumentException($"the shader has no {name}");
        }
    }

    public sealed class Mesh : Object
    {
        public Vector3[] Vertices = new Vector3[0];
        public Vector3[] Normals = new Vector3[0];
        public Vector2[] Uvs = new Vector2[0];
        public readonly Dictionary<int, int[]> Triangles = new Dictionary<int, int[]>();
        public Rendering.IndexFormat indexFormat;
        public int subMeshCount = 1;

        public void Clear()
        {
            Engine.InMainThread();
            Vertices = Normals = new Vector3[0];
            Triangles.Clear();
        }

        public void SetVertices(Vector3[] vertices)
        {
            Vertices = vertices;
        }

        public void SetVertices(List<Vector3> vertices)
        {
            Vertices = vertices.ToArray();
        }

        public void SetNormals(Vector3[] normals)
        {
            Normals = normals;
        }

        public void SetNormals(List<Vector3> normals)
        {
            Normals = normals.ToArray();
        }

        public void SetColors(List<Color32> colors)
        {
            if (colors.Count != Vertices.Length)
                throw new ArgumentException("as many colors as vertices");
        }

        public void SetUVs(int channel, Vector2[] uvs)
        {
            Uvs = uvs;
        }

        public void SetTriangles(int[] triangles, int submesh)
        {
            if (submesh >= subMeshCount || triangles.Any(index => index < 0 || index >= Vertices.Length))
                throw new ArgumentException("a triangle's corner is no vertex");
            if (indexFormat == Rendering.IndexFormat.UInt16 && Vertices.Length > 65535)
                throw new ArgumentException("too many vertices for 16 bits");
            Triangles[submesh] = triangles;
        }

        public void RecalculateBounds()
        {
        }

        public void UploadMeshData(bool markNoLongerReadable)
        {
        }
    }

    public static class Graphics
    {
        /// <summary>Instances that were drawn since somebody set it to 0.</summary>
        public static int DrawnCount;

        public static void DrawMeshInstanced(Mesh mesh, int submesh, Material material, Matrix4x4[] places, int count)
        {
            Engine.InMainThread();
            if (!material.enableInstancing || count > 1023 || count > places.Length || !mesh.Triangles.ContainsKey(submesh))
                throw new ArgumentException("Unity would refuse to draw this");
            DrawnCount += count;
        }
    }
}
