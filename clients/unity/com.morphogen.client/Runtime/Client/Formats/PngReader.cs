using System;
using System.IO;
using System.IO.Compression;

namespace Morphogen.Formats
{
    /// <summary>A picture's values: rows from the top, channels side by side.</summary>
    public sealed class Pixels
    {
        internal Pixels(int width, int height, int channels, byte[] bytes, ushort[] words)
        {
            Width = width;
            Height = height;
            Channels = channels;
            Bytes = bytes;
            Words = words;
        }

        /// <summary>Columns.</summary>
        public int Width { get; }

        /// <summary>Rows.</summary>
        public int Height { get; }

        /// <summary>1 grey, 2 grey and alpha, 3 RGB, 4 RGBA.</summary>
        public int Channels { get; }

        /// <summary>Values of 8 bits; null if they have 16.</summary>
        public byte[] Bytes { get; }

        /// <summary>Values of 16 bits; null if they have 8.</summary>
        public ushort[] Words { get; }
    }

    /// <summary>
    /// Reads PNG (ISO/IEC 15948) as Morphogen writes it: 8 or 16 bits, no palette, not interlaced. Unity's own LoadImage
    /// cuts heights to 8 bits, and belongs to the main thread.
    /// </summary>
    public static class PngReader
    {
        const int EdgeMax = 16384;
        static readonly byte[] Signature = { 137, 80, 78, 71, 13, 10, 26, 10 };

        /// <summary>
        /// The picture in a file. It must have the given size, 0 being any. Throws BrokenStreamException for anything else;
        /// <paramref name="what"/> names it in errors.
        /// </summary>
        public static Pixels Read(string what, byte[] data, int width = 0, int height = 0)
        {
            try
            {
                return new Reader(what, data).Read(width, height);
            }
            catch (Exception error) when (error is InvalidDataException || error is IOException || error is IndexOutOfRangeException)
            {
                throw new BrokenStreamException($"{what} is no PNG that can be read", error);
            }
        }

        sealed class Reader
        {
            readonly string _what;
            readonly byte[] _data;
            readonly MemoryStream _packed = new MemoryStream();
            int _width;
            int _height;
            int _bits;
            int _channels;

            public Reader(string what, byte[] data)
            {
                _what = what;
                _data = data;
            }

            public Pixels Read(int width, int height)
            {
                for (int index = 0; index < Signature.Length; index++)
                    if (index >= _data.Length || _data[index] != Signature[index])
                        throw Broken("it has another signature");
                Chunks();
                if (_width < 1 || width != 0 && (width != _width || height != _height))
                    throw Broken($"it has {_width} x {_height} pixels, {width} x {height} were due");
                byte[] rows = Unfiltered();
                if (_bits == 8)
                    return new Pixels(_width, _height, _channels, rows, null);
                var words = new ushort[rows.Length / 2];
                for (int index = 0; index < words.Length; index++)
                    words[index] = (ushort)(rows[2 * index] << 8 | rows[2 * index + 1]);
                return new Pixels(_width, _height, _channels, null, words);
            }

            void Chunks()
            {
                for (int at = Signature.Length; at + 12 <= _data.Length;)
                {
                    uint length = Number(at);
                    if (length > _data.Length - at - 12)
                        throw Broken("it is cut short");
                    int content = at + 8;
                    switch (Number(at + 4))
                    {
                        case 0x49484452: // IHDR
                            Header(content, length);
                            break;
                        case 0x49444154: // IDAT
                            _packed.Write(_data, content, (int)length);
                            break;
                        case 0x49454e44: // IEND
                            return;
                    }
                    at = content + (int)length + 4;
                }
                throw Broken("it is cut short");
            }

            void Header(int at, uint length)
            {
                if (length != 13)
                    throw Broken("its header has another size");
                uint width = Number(at), height = Number(at + 4);
                int[] channels = { 1, 0, 3, 0, 2, 0, 4 };
                _bits = _data[at + 8];
                _channels = _data[at + 9] < channels.Length ? channels[_data[at + 9]] : 0;
                bool plain = _data[at + 10] == 0 && _data[at + 11] == 0 && _data[at + 12] == 0;
                if (width < 1 || width > EdgeMax || height < 1 || height > EdgeMax || !plain || _channels == 0
                    || _bits != 8 && _bits != 16)
                    throw Broken("it is of a kind that Morphogen does not write");
                _width = (int)width;
                _height = (int)height;
            }

            /// <summary>The rows without their filters. What is allocated grows with the rows that are there.</summary>
            byte[] Unfiltered()
            {
                int pixel = _channels * _bits / 8, stride = checked(_width * pixel);
                if (_packed.Length < 2)
                    throw Broken("it is empty");
                _packed.Position = 2; // zlib's header; the checksums are left to SHA-256
                var rows = new byte[Math.Min((long)stride * _height, 1 << 20)];
                var line = new byte[1 + stride];
                using (var inflated = new DeflateStream(_packed, CompressionMode.Decompress))
                    for (int row = 0; row < _height; row++)
                    {
                        Fill(inflated, line);
                        long needed = (long)stride * (row + 1), all = (long)stride * _height;
                        if (rows.Length < needed)
                            Array.Resize(ref rows, checked((int)Math.Min(all, Math.Max(needed, 2L * rows.Length))));
                        Unfilter(line, rows, row, stride, pixel);
                    }
                return rows;
            }

            void Fill(Stream stream, byte[] line)
            {
                for (int filled = 0; filled < line.Length;)
                {
                    int read = stream.Read(line, filled, line.Length - filled);
                    if (read == 0)
                        throw Broken("it is cut short");
                    filled += read;
                }
            }

            void Unfilter(byte[] line, byte[] rows, int row, int stride, int pixel)
            {
                int at = row * stride, above = at - stride;
                for (int index = 0; index < stride; index++)
                {
                    int left = index >= pixel ? rows[at + index - pixel] : 0;
                    int up = row > 0 ? rows[above + index] : 0;
                    int corner = row > 0 && index >= pixel ? rows[above + index - pixel] : 0;
                    int guess;
                    switch (line[0])
                    {
                        case 0:
                            guess = 0;
                            break;
                        case 1:
                            guess = left;
                            break;
                        case 2:
                            guess = up;
                            break;
                        case 3:
                            guess = (left + up) / 2;
                            break;
                        case 4:
                            guess = Paeth(left, up, corner);
                            break;
                        default:
                            throw Broken("it has an unknown filter");
                    }
                    rows[at + index] = (byte)(line[1 + index] + guess);
                }
            }

            static int Paeth(int left, int up, int corner)
            {
                int estimate = left + up - corner;
                int a = Math.Abs(estimate - left), b = Math.Abs(estimate - up), c = Math.Abs(estimate - corner);
                return a <= b && a <= c ? left : b <= c ? up : corner;
            }

            uint Number(int at)
            {
                return (uint)(_data[at] << 24 | _data[at + 1] << 16 | _data[at + 2] << 8 | _data[at + 3]);
            }

            BrokenStreamException Broken(string why)
            {
                return new BrokenStreamException($"{_what} is no PNG that can be read: {why}");
            }
        }
    }
}
