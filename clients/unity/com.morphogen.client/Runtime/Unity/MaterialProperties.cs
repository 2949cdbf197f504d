using UnityEngine;

namespace Morphogen.Unity
{
    /// <summary>What the standard lit shaders of the three pipelines call the maps of a material.</summary>
    public sealed class MaterialProperties
    {
        static readonly MaterialProperties BuiltIn = new MaterialProperties(
            "_MainTex", "_BumpMap", new[] { "_MetallicGlossMap", "_OcclusionMap" }, "_ParallaxMap", "_GlossMapScale",
            new[] { "_NORMALMAP", "_METALLICGLOSSMAP" }, "_PARALLAXMAP");

        static readonly MaterialProperties Universal = new MaterialProperties(
            "_BaseMap", "_BumpMap", new[] { "_MetallicGlossMap", "_OcclusionMap" }, "_ParallaxMap", "_Smoothness",
            new[] { "_NORMALMAP", "_METALLICSPECGLOSSMAP", "_OCCLUSIONMAP" }, "_PARALLAXMAP");

        static readonly MaterialProperties HighDefinition = new MaterialProperties(
            "_BaseColorMap", "_NormalMap", new[] { "_MaskMap" }, "_HeightMap", null,
            new[] { "_NORMALMAP", "_NORMALMAP_TANGENT_SPACE", "_MASKMAP" }, "_HEIGHTMAP");

        readonly string[] _masks;
        readonly string _smoothness;
        readonly string[] _keywords;
        readonly string _heightKeyword;

        MaterialProperties(string albedo, string normal, string[] masks, string height, string smoothness, string[] keywords,
            string heightKeyword)
        {
            Albedo = albedo;
            Normal = normal;
            _masks = masks;
            Height = height;
            _smoothness = smoothness;
            _keywords = keywords;
            _heightKeyword = heightKeyword;
        }

        /// <summary>Base color.</summary>
        public string Albedo { get; }

        /// <summary>Normals.</summary>
        public string Normal { get; }

        /// <summary>Height.</summary>
        public string Height { get; }

        /// <summary>Those that this material's shader has.</summary>
        public static MaterialProperties Of(Material material)
        {
            return material.HasProperty("_BaseColorMap") ? HighDefinition : material.HasProperty("_BaseMap") ? Universal : BuiltIn;
        }

        /// <summary>Metallic, occlusion and smoothness of a packed mask.</summary>
        public void SetMask(Material material, Texture mask)
        {
            foreach (string name in _masks)
                if (material.HasProperty(name))
                    material.SetTexture(name, mask);
            if (_smoothness != null && material.HasProperty(_smoothness))
                material.SetFloat(_smoothness, 1); // a factor of the map's own
        }

        /// <summary>Let the shader look at the maps.</summary>
        public void Enable(Material material, bool height)
        {
            foreach (string keyword in _keywords)
                material.EnableKeyword(keyword);
            if (height)
                material.EnableKeyword(_heightKeyword);
        }
    }
}
