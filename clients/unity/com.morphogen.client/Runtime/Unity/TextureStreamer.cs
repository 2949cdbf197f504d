using System;
using System.Threading;
using System.Threading.Tasks;
using Morphogen.V1;
using UnityEngine;

namespace Morphogen.Unity
{
    /// <summary>A material whose maps come from a server, and sharpen while they are being made: 64 pixels first, then finer.</summary>
    [AddComponentMenu("Morphogen/Texture Streamer")]
    public sealed class TextureStreamer : StreamComponent
    {
        [SerializeField, Tooltip("What gets the maps. Its shader is a lit one of the built-in pipeline, URP or HDRP.")]
        Material material;

        [SerializeField, Tooltip("Class of the material, as the catalog lists them.")]
        string textureClass = "brick";

        [SerializeField, Tooltip("The same class, size and seed give the same bytes.")]
        int seed;

        [SerializeField, Tooltip("64, 128, 256, 512, 1024 or 2048 pixels.")]
        int sizePx = 512;

        [SerializeField, Tooltip("Whether the height map becomes the shader's parallax.")]
        bool parallax;

        [SerializeField, Tooltip("Begin with the scene.")]
        bool generateOnStart = true;

        Texture2D _albedo;
        Texture2D _normal;
        Texture2D _mask;
        Texture2D _height;

        /// <summary>The maps of a level of detail are in the material. In the main thread.</summary>
        public event Action<MaterialMaps> Sharpened;

        /// <summary>The last level of detail is in the material. In the main thread.</summary>
        public event Action<AssetResult> Finished;

        /// <summary>What gets the maps.</summary>
        public Material Material
        {
            get { return material; }
            set { material = value; }
        }

        /// <summary>Whether the height map becomes the shader's parallax.</summary>
        public bool Parallax
        {
            get { return parallax; }
            set { parallax = value; }
        }

        /// <summary>Whether a stream begins with the scene.</summary>
        public bool GenerateOnStart
        {
            get { return generateOnStart; }
            set { generateOnStart = value; }
        }

        /// <summary>Make what the inspector says. A stream that runs is stopped.</summary>
        public void Generate()
        {
            Generate(new GenerateTextureRequest
            {
                TextureClass = textureClass, Seed = unchecked((uint)seed), SizePx = (uint)Math.Max(0, sizePx),
            });
        }

        /// <summary>Make a material. A stream that runs is stopped.</summary>
        public void Generate(GenerateTextureRequest request)
        {
            MorphogenClient client = Server.Client;
            Run((work, ended) => Stream(client, request, work, ended));
        }

        void Start()
        {
            if (generateOnStart)
                Generate();
        }

        /// <inheritdoc/>
        protected override void OnDestroy()
        {
            base.OnDestroy();
            foreach (Texture2D texture in new[] { _albedo, _normal, _mask, _height })
                if (texture != null)
                    Destroy(texture);
        }

        async Task Stream(MorphogenClient client, GenerateTextureRequest request, FrameWork work, CancellationToken ended)
        {
            var options = new CallOptions { Cancellation = ended };
            using (AssetStream<TextureUpdate> stream = client.GenerateTexture(request, options))
            {
                while (await stream.MoveNextAsync().ConfigureAwait(false))
                {
                    MaterialMaps maps = MaterialMaps.Decode(stream.Current);
                    await work.Run(() => Show(maps)).ConfigureAwait(false);
                }
                AssetResult result = await stream.ResultAsync().ConfigureAwait(false);
                await work.Run(() => Finished?.Invoke(result)).ConfigureAwait(false);
            }
        }

        void Show(MaterialMaps maps)
        {
            MaterialProperties properties = MaterialProperties.Of(material);
            if (maps.Albedo != null)
                material.SetTexture(properties.Albedo, _albedo = Take(maps.Albedo, _albedo, false, "albedo"));
            if (maps.Normal != null)
                material.SetTexture(properties.Normal, _normal = Take(maps.Normal, _normal, true, "normal"));
            if (maps.Mask != null)
                properties.SetMask(material, _mask = Take(maps.Mask, _mask, true, "mask"));
            bool height = parallax && maps.Height != null && material.HasProperty(properties.Height);
            if (height)
                material.SetTexture(properties.Height, _height = Take(maps.Height, _height, true, "height"));
            properties.Enable(material, height);
            Sharpened?.Invoke(maps);
        }

        static Texture2D Take(Rgba picture, Texture2D texture, bool linear, string map)
        {
            Texture2D shown = Pictures.Show(picture, texture, linear, true, map);
            shown.wrapMode = TextureWrapMode.Repeat;
            return shown;
        }
    }
}
