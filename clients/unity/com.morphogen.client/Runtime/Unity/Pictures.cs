using UnityEngine;

namespace Morphogen.Unity
{
    /// <summary>Decoded pictures as textures. In the main thread.</summary>
    public static class Pictures
    {
        /// <summary>
        /// A texture that shows the picture: the given one if it has its size, else a new one, and the given one is destroyed.
        /// </summary>
        public static Texture2D Show(Rgba picture, Texture2D texture, bool linear, bool mipmaps, string name)
        {
            if (texture == null || texture.width != picture.Width || texture.height != picture.Height)
            {
                if (texture != null)
                    Object.Destroy(texture);
                texture = new Texture2D(picture.Width, picture.Height, TextureFormat.RGBA32, mipmaps, linear) { name = name };
            }
            if (mipmaps)
                texture.SetPixelData(picture.Data, 0);
            else
                texture.LoadRawTextureData(picture.Data);
            texture.Apply(mipmaps, false);
            return texture;
        }
    }
}
