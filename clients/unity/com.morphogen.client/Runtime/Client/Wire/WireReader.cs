using System;
using System.Runtime.InteropServices;
using System.Text;

namespace Morphogen.Wire
{
    /// <summary>
    /// Reads the binary form of messages. Whatever it is given, it ends after at most one look at every byte, allocates
    /// no more than a multiple of what it was given, and throws WireException for what is no message.
    /// </summary>
    public struct WireReader
    {
        /// <summary>Messages within messages.</summary>
        public const int DepthMax = 100;

        static readonly UTF8Encoding Utf8 = new UTF8Encoding(false, true);

        readonly byte[] _buffer;
        int _position;
        int _end;
        int _depth;

        /// <summary>Reads <paramref name="data"/>.</summary>
        public WireReader(Bytes data)
        {
            _buffer = data.Array;
            _position = data.Offset;
            _end = data.Offset + data.Length;
            _depth = 0;
        }

        /// <summary>All fields up to the end.</summary>
        public void Fields(Message message)
        {
            for (uint tag = NextTag(); tag != 0; tag = NextTag())
                if (!message.ReadField(tag, ref this))
                    Skip(tag);
        }

        /// <summary>A message within this one.</summary>
        public void Message(Message message)
        {
            int outer = Begin();
            Fields(message);
            End(outer);
        }

        /// <summary>The next field's tag; 0 at the end.</summary>
        public uint NextTag()
        {
            if (_position >= _end)
                return 0;
            int before = _position;
            ulong tag = Varint();
            if (tag > uint.MaxValue || tag >> 3 == 0 || _position - before > 5)
                throw Broken("a field's number");
            return (uint)tag;
        }

        /// <summary>A message begins; what <see cref="End"/> wants to know.</summary>
        public int Begin()
        {
            int outer = _end;
            int length = Length();
            Deeper();
            _end = _position + length;
            return outer;
        }

        /// <summary>The message that began has been read.</summary>
        public void End(int outer)
        {
            _depth--;
            _end = outer;
        }

        /// <summary>Where packed values end.</summary>
        public int Packed()
        {
            int length = Length();
            return _position + length;
        }

        /// <summary>Whether there are more packed values.</summary>
        public bool Before(int end)
        {
            if (_position > end)
                throw Broken("packed values");
            return _position < end;
        }

        /// <summary>Read over a field that nobody knows.</summary>
        public void Skip(uint tag)
        {
            switch (tag & 7)
            {
                case 0:
                    Varint();
                    break;
                case 1:
                    Take(8);
                    break;
                case 2:
                    Take(Length());
                    break;
                case 3:
                    SkipGroup(tag >> 3);
                    break;
                case 5:
                    Take(4);
                    break;
                default:
                    throw Broken("a field's type");
            }
        }

        void SkipGroup(uint number)
        {
            Deeper();
            for (uint tag = NextTag(); tag != (number << 3 | 4); tag = NextTag())
            {
                if (tag == 0)
                    throw Broken("a group's end");
                Skip(tag);
            }
            _depth--;
        }

        /// <summary>A varint, cut to 32 bits.</summary>
        public int Int32()
        {
            return (int)Varint();
        }

        /// <summary>A varint.</summary>
        public long Int64()
        {
            return (long)Varint();
        }

        /// <summary>A varint, cut to 32 bits.</summary>
        public uint UInt32()
        {
            return (uint)Varint();
        }

        /// <summary>A varint.</summary>
        public ulong UInt64()
        {
            return Varint();
        }

        /// <summary>A zigzag varint.</summary>
        public int SInt32()
        {
            uint value = UInt32();
            return (int)(value >> 1) ^ -(int)(value & 1);
        }

        /// <summary>A zigzag varint.</summary>
        public long SInt64()
        {
            ulong value = Varint();
            return (long)(value >> 1) ^ -(long)(value & 1);
        }

        /// <summary>A varint: false if it is 0.</summary>
        public bool Bool()
        {
            return Varint() != 0;
        }

        /// <summary>Four bytes.</summary>
        public uint Fixed32()
        {
            int at = Take(4);
            return (uint)(_buffer[at] | _buffer[at + 1] << 8 | _buffer[at + 2] << 16 | _buffer[at + 3] << 24);
        }

        /// <summary>Eight bytes.</summary>
        public ulong Fixed64()
        {
            uint low = Fixed32();
            return low | (ulong)Fixed32() << 32;
        }

        /// <summary>Four bytes.</summary>
        public int SFixed32()
        {
            return (int)Fixed32();
        }

        /// <summary>Eight bytes.</summary>
        public long SFixed64()
        {
            return (long)Fixed64();
        }

        /// <summary>Four bytes.</summary>
        public float Float()
        {
            return new FloatBits { Bits = Fixed32() }.Value;
        }

        /// <summary>Eight bytes.</summary>
        public double Double()
        {
            return BitConverter.Int64BitsToDouble((long)Fixed64());
        }

        /// <summary>UTF-8.</summary>
        public string String()
        {
            int length = Length();
            int at = Take(length);
            try
            {
                return Utf8.GetString(_buffer, at, length);
            }
            catch (ArgumentException error)
            {
                throw new WireException("the message has text that is no UTF-8", error);
            }
        }

        /// <summary>A slice of what is read.</summary>
        public Bytes Bytes()
        {
            int length = Length();
            return new Bytes(_buffer, Take(length), length);
        }

        /// <summary>A varint of ten bytes at most; what does not fit into 64 bits is cut off, as protobuf does.</summary>
        ulong Varint()
        {
            ulong value = 0;
            for (int shift = 0; shift < 70; shift += 7)
            {
                byte next = _buffer[Take(1)];
                value |= (ulong)(next & 0x7f) << shift;
                if (next < 0x80)
                    return value;
            }
            throw Broken("a number");
        }

        /// <summary>A length that does not lead beyond the end.</summary>
        int Length()
        {
            ulong length = Varint();
            if (length > (ulong)(_end - _position))
                throw Broken("a length");
            return (int)length;
        }

        int Take(int count)
        {
            int at = _position;
            if (count > _end - at)
                throw new WireException("the message ends in the middle of a field");
            _position = at + count;
            return at;
        }

        void Deeper()
        {
            if (++_depth > DepthMax)
                throw new WireException($"the message has more than {DepthMax} messages within each other");
        }

        WireException Broken(string what)
        {
            return new WireException($"the message is broken: {what} cannot be read before byte {_position}");
        }
    }

    /// <summary>A float and its bits.</summary>
    [StructLayout(LayoutKind.Explicit)]
    struct FloatBits
    {
        [FieldOffset(0)] public float Value;
        [FieldOffset(0)] public uint Bits;
    }
}
