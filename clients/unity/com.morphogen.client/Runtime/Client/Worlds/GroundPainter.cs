using System;
using System.Collections.Generic;
using Morphogen.Formats;

namespace Morphogen
{
    /// <summary>
    /// Paints a chunk's ground: the tiles of the grounds, blended by their shares. So stock shaders of any pipeline show it.
    /// For use in another thread than the main one.
    /// </summary>
    public sealed class GroundPainter
    {
        /// <summary>Names of the grounds, in the order of the shares; the first one has what the others leave.</summary>
        public static readonly IReadOnlyList<string> Grounds = new[] { "vegetation", "soil", "rock", "snow" };

        readonly List<Rgba>[] _tiles = new List<Rgba>[4];
        readonly float _tileM;

        /// <summary>With the tiles among the files of a world, each of which covers so many meters.</summary>
        public GroundPainter(IReadOnlyDictionary<string, AssetFile> world, float tileM = 8)
        {
            _tileM = tileM;
            for (int ground = 0; ground < _tiles.Length; ground++)
            {
                AssetFile file;
                if (!world.TryGetValue(Grounds[ground], out file))
                    throw new BrokenStreamException($"the world has no tile of {Grounds[ground]}");
                _tiles[ground] = Halved(Rgba.From(PngReader.Read(Grounds[ground], file.Data)));
            }
        }

        /// <summary>
        /// A picture of the ground, <paramref name="edgePx"/> wide: its rows begin in the south, as the mesh's coordinates do.
        /// </summary>
        public Rgba Paint(Pixels shares, float edgeM, int edgePx)
        {
            var picture = new Rgba(edgePx, edgePx);
            var weights = new float[4];
            for (int row = 0; row < edgePx; row++)
                for (int column = 0; column < edgePx; column++)
                {
                    float u = (column + 0.5f) / edgePx, v = (row + 0.5f) / edgePx;
                    Weights(shares, u, 1 - v, weights);
                    int to = 4 * (row * edgePx + column);
                    for (int channel = 0; channel < 3; channel++)
                    {
                        float value = 0;
                        for (int ground = 0; ground < 4; ground++)
                            if (weights[ground] > 0)
                                value += weights[ground] * Sample(_tiles[ground], u * edgeM, v * edgeM, edgeM / edgePx, channel);
                        picture.Data[to + channel] = (byte)Math.Min(255, value + 0.5f);
                    }
                    picture.Data[to + 3] = 255;
                }
            return picture;
        }

        /// <summary>Shares of the four grounds at a place of the chunk, between the vertices' own.</summary>
        static void Weights(Pixels shares, float u, float southwards, float[] weights)
        {
            float x = u * (shares.Width - 1), y = southwards * (shares.Height - 1);
            int column = Math.Min((int)x, shares.Width - 2), row = Math.Min((int)y, shares.Height - 2);
            float right = x - column, below = y - row, rest = 1;
            for (int ground = 1; ground < 4; ground++)
            {
                int at = (row * shares.Width + column) * shares.Channels + ground - 1, down = at + shares.Width * shares.Channels;
                float upper = shares.Bytes[at] * (1 - right) + shares.Bytes[at + shares.Channels] * right;
                float lower = shares.Bytes[down] * (1 - right) + shares.Bytes[down + shares.Channels] * right;
                weights[ground] = (upper * (1 - below) + lower * below) / 255;
                rest -= weights[ground];
            }
            weights[0] = Math.Max(0, rest);
        }

        /// <summary>The tile where it is, as coarse as the picture's pixels are.</summary>
        float Sample(List<Rgba> tile, float xM, float zM, float pixelM, int channel)
        {
            int level = 0;
            while (level + 1 < tile.Count && pixelM > _tileM / tile[level].Width)
                level++;
            Rgba picture = tile[level];
            int column = (int)(xM / _tileM * picture.Width) % picture.Width, row = (int)(zM / _tileM * picture.Height) % picture.Height;
            return picture.Data[4 * (row * picture.Width + column) + channel];
        }

        /// <summary>A tile, and averages of 2 x 2 pixels of it until one is left.</summary>
        static List<Rgba> Halved(Rgba tile)
        {
            var levels = new List<Rgba> { tile };
            for (Rgba fine = tile; fine.Width > 1 && fine.Height > 1; fine = levels[levels.Count - 1])
            {
                var coarse = new Rgba(fine.Width / 2, fine.Height / 2);
                for (int row = 0; row < coarse.Height; row++)
                    for (int index = 0; index < 4 * coarse.Width; index++)
                    {
                        int at = 4 * (2 * row * fine.Width + 2 * (index / 4)) + index % 4, below = at + 4 * fine.Width;
                        int sum = fine.Data[at] + fine.Data[at + 4] + fine.Data[below] + fine.Data[below + 4];
                        coarse.Data[4 * row * coarse.Width + index] = (byte)((sum + 2) / 4);
                    }
                levels.Add(coarse);
            }
            return levels;
        }
    }
}
