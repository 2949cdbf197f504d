using System;
using System.Text;

namespace Morphogen.Wire
{
    /// <summary>
    /// Writes the binary form of messages from its end to its beginning: a length stands before what it counts, so going
    /// backwards every length is known when it is due. A value comes first, then its tag.
    /// </summary>
    public sealed class WireWriter
    {
        static readonly UTF8Encoding Utf8 = new UTF8Encoding(false, true);

        byte[] _buffer = new byte[64];
        int _start = 64;

        /// <summary>Bytes so far.</summary>
        public int Length { get { return _buffer.Length - _start; } }

        /// <summary>What has been written.</summary>
        public byte[] ToArray()
        {
            return new Bytes(_buffer, _start, Length).ToArray();
        }

        /// <summary>Whether a number is the default one: 0, and not -0.</summary>
        public static bool IsZero(double value)
        {
            return BitConverter.DoubleToInt64Bits(value) == 0;
        }

        /// <summary>Whether a number is the default one: 0, and not -0.</summary>
        public static bool IsZero(float value)
        {
            return new FloatBits { Value = value }.Bits == 0;
        }

        /// <summary>Number and type of the field whose value has just been written.</summary>
        public void Tag(uint tag)
        {
            UInt64(tag);
        }

        /// <summary>The number of bytes since <see cref="Length"/> was <paramref name="end"/>.</summary>
        public void LengthSince(int end)
        {
            UInt64((ulong)(Length - end));
        }

        /// <summary>A message within this one.</summary>
        public void Message(Message message)
        {
            if (message == null)
                throw new WireException("a list of messages holds null");
            int end = Length;
            message.WriteTo(this);
            LengthSince(end);
        }

        /// <summary>A varint.</summary>
        public void UInt64(ulong value)
        {
            int count = 1;
            for (ulong rest = value >> 7; rest != 0; rest >>= 7)
                count++;
            int at = Room(count);
            for (; value > 0x7f; value >>= 7)
                _buffer[at++] = (byte)(value | 0x80);
            _buffer[at] = (byte)value;
        }

        /// <summary>A varint.</summary>
        public void UInt32(uint value)
        {
            UInt64(value);
        }

        /// <summary>A varint; ten bytes if it is negative.</summary>
        public void Int32(int value)
        {
            UInt64((ulong)(long)value);
        }

        /// <summary>A varint; ten bytes if it is negative.</summary>
        public void Int64(long value)
        {
            UInt64((ulong)value);
        }

        /// <summary>A zigzag varint.</summary>
        public void SInt32(int value)
        {
            UInt64((uint)(value << 1 ^ value >> 31));
        }

        /// <summary>A zigzag varint.</summary>
        public void SInt64(long value)
        {
            UInt64((ulong)(value << 1 ^ value >> 63));
        }

        /// <summary>A varint.</summary>
        public void Bool(bool value)
        {
            UInt64(value ? 1u : 0u);
        }

        /// <summary>Four bytes.</summary>
        public void Fixed32(uint value)
        {
            int at = Room(4);
            for (int index = 0; index < 4; index++)
                _buffer[at + index] = (byte)(value >> 8 * index);
        }

        /// <summary>Eight bytes.</summary>
        public void Fixed64(ulong value)
        {
            Fixed32((uint)(value >> 32));
            Fixed32((uint)value);
        }

        /// <summary>Four bytes.</summary>
        public void SFixed32(int value)
        {
            Fixed32((uint)value);
        }

        /// <summary>Eight bytes.</summary>
        public void SFixed64(long value)
        {
            Fixed64((ulong)value);
        }

        /// <summary>Four bytes.</summary>
        public void Float(float value)
        {
            Fixed32(new FloatBits { Value = value }.Bits);
        }

        /// <summary>Eight bytes.</summary>
        public void Double(double value)
        {
            Fixed64((ulong)BitConverter.DoubleToInt64Bits(value));
        }

        /// <summary>UTF-8.</summary>
        public void String(string value)
        {
            if (value == null)
                throw new WireException("a list of texts holds null");
            try
            {
                int length = Utf8.GetByteCount(value);
                int at = Room(length); // which may replace the buffer
                Utf8.GetBytes(value, 0, value.Length, _buffer, at);
                UInt64((ulong)length);
            }
            catch (ArgumentException error)
            {
                throw new WireException("a text has half a character (a lone surrogate)", error);
            }
        }

        /// <summary>Bytes as they are.</summary>
        public void Bytes(Bytes value)
        {
            int at = Room(value.Length); // which may replace the buffer
            value.CopyTo(_buffer, at);
            UInt64((ulong)value.Length);
        }

        /// <summary>The same of an optional field.</summary>
        public void Bytes(Bytes? value)
        {
            Bytes(value.GetValueOrDefault());
        }

        /// <summary>Place for so many bytes before what there is; where it begins.</summary>
        int Room(int count)
        {
            if (count > _start)
            {
                int length = Length;
                var larger = new byte[checked(Math.Max(2 * _buffer.Length, length + count))];
                Buffer.BlockCopy(_buffer, _start, larger, larger.Length - length, length);
                _start = larger.Length - length;
                _buffer = larger;
            }
            _start -= count;
            return _start;
        }
    }
}
