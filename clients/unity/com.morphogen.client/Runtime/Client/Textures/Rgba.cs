using System;
using Morphogen.Formats;

namespace Morphogen
{
    /// <summary>A picture as Unity's textures hold it: R, G, B, A of 8 bits, rows from the bottom.</summary>
    public sealed class Rgba
    {
        /// <summary>An empty one.</summary>
        public Rgba(int width, int height)
        {
            Width = width;
            Height = height;
            Data = new byte[checked(4 * width * height)];
        }

        /// <summary>Columns.</summary>
        public int Width { get; }

        /// <summary>Rows.</summary>
        public int Height { get; }

        /// <summary>Four bytes for each pixel.</summary>
        public byte[] Data { get; }

        /// <summary>A decoded PNG: grey becomes three equal channels, 16 bits become 8, missing transparency is none.</summary>
        public static Rgba From(Pixels pixels)
        {
            var picture = new Rgba(pixels.Width, pixels.Height);
            bool grey = pixels.Channels < 3, alpha = pixels.Channels % 2 == 0;
            for (int row = 0; row < pixels.Height; row++)
            {
                int from = row * pixels.Width * pixels.Channels, to = 4 * (pixels.Height - 1 - row) * pixels.Width;
                for (int column = 0; column < pixels.Width; column++, from += pixels.Channels, to += 4)
                {
                    picture.Data[to] = Value(pixels, from);
                    picture.Data[to + 1] = Value(pixels, grey ? from : from + 1);
                    picture.Data[to + 2] = Value(pixels, grey ? from : from + 2);
                    picture.Data[to + 3] = alpha ? Value(pixels, from + pixels.Channels - 1) : (byte)255;
                }
            }
            return picture;
        }

        /// <summary>A raw frame: rows from the top. Throws BrokenStreamException for another size.</summary>
        public static Rgba FromRaw(ArraySegment<byte> data, int edge)
        {
            if (edge < 1 || data.Count != 4L * edge * edge)
                throw new BrokenStreamException($"{data.Count} bytes are no picture of {edge} px");
            var picture = new Rgba(edge, edge);
            for (int row = 0; row < edge; row++)
                Buffer.BlockCopy(data.Array, data.Offset + 4 * edge * row, picture.Data, 4 * edge * (edge - 1 - row), 4 * edge);
            return picture;
        }

        static byte Value(Pixels pixels, int at)
        {
            return pixels.Bytes != null ? pixels.Bytes[at] : (byte)(pixels.Words[at] >> 8);
        }
    }
}
