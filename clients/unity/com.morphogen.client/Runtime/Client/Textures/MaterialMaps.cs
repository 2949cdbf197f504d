using System.Collections.Generic;
using Morphogen.Formats;

namespace Morphogen
{
    /// <summary>
    /// The maps of a material as Unity's shaders want them; null where a map was not asked for. Decoding takes milliseconds:
    /// do it in another thread than the main one.
    /// </summary>
    public sealed class MaterialMaps
    {
        const byte MiddleRoughness = 128;

        MaterialMaps(int lodPx, bool final, Rgba albedo, Rgba normal, Rgba mask, Rgba height)
        {
            LodPx = lodPx;
            Final = final;
            Albedo = albedo;
            Normal = normal;
            Mask = mask;
            Height = height;
        }

        /// <summary>Edge length in pixels.</summary>
        public int LodPx { get; }

        /// <summary>Whether this is the requested size.</summary>
        public bool Final { get; }

        /// <summary>Base color, sRGB.</summary>
        public Rgba Albedo { get; }

        /// <summary>Tangent-space normal, linear, +Y up.</summary>
        public Rgba Normal { get; }

        /// <summary>
        /// Red: metallic, green: ambient occlusion, blue: 0, alpha: smoothness; linear. It serves as HDRP's mask map, and as
        /// metallic and occlusion map of URP and the built-in pipeline, which look at the same channels.
        /// </summary>
        public Rgba Mask { get; }

        /// <summary>Height, linear.</summary>
        public Rgba Height { get; }

        /// <summary>The maps of a level of detail. Throws BrokenStreamException.</summary>
        public static MaterialMaps Decode(TextureUpdate update)
        {
            Pixels metallic = Read(update, "metallic"), occlusion = Read(update, "ambient_occlusion");
            Pixels roughness = Read(update, "roughness");
            bool masked = metallic != null || occlusion != null || roughness != null;
            return new MaterialMaps(update.LodPx, update.Final, Picture(update, "albedo"), Picture(update, "normal"),
                masked ? Pack(update.LodPx, metallic, occlusion, roughness) : null, Picture(update, "height"));
        }

        /// <summary>Metallic, ambient occlusion and roughness in one picture; null stands for none, none and middling.</summary>
        public static Rgba Pack(int edge, Pixels metallic, Pixels occlusion, Pixels roughness)
        {
            var mask = new Rgba(edge, edge);
            for (int row = 0; row < edge; row++)
                for (int column = 0; column < edge; column++)
                {
                    int from = row * edge + column, to = 4 * ((edge - 1 - row) * edge + column);
                    mask.Data[to] = Grey(metallic, from, 0);
                    mask.Data[to + 1] = Grey(occlusion, from, 255);
                    mask.Data[to + 3] = (byte)(255 - Grey(roughness, from, MiddleRoughness));
                }
            return mask;
        }

        static byte Grey(Pixels pixels, int at, byte otherwise)
        {
            if (pixels == null)
                return otherwise;
            return pixels.Bytes != null ? pixels.Bytes[at * pixels.Channels] : (byte)(pixels.Words[at * pixels.Channels] >> 8);
        }

        static Rgba Picture(TextureUpdate update, string map)
        {
            Pixels pixels = Read(update, map);
            return pixels == null ? null : Rgba.From(pixels);
        }

        static Pixels Read(TextureUpdate update, string map)
        {
            AssetFile file;
            return update.Maps.TryGetValue(map, out file) ? PngReader.Read(map, file.Data, update.LodPx, update.LodPx) : null;
        }
    }
}
