using System;

namespace Morphogen.Wire
{
    /// <summary>
    /// Bytes within an array that others may share. What a message was decoded from is not copied: it has to stay as it
    /// is as long as the message's bytes are looked at, and <see cref="ToArray"/> makes a copy that is one's own.
    /// </summary>
    public readonly struct Bytes
    {
        readonly byte[] _array;

        /// <summary>All of an array.</summary>
        public Bytes(byte[] array) : this(array, 0, array == null ? 0 : array.Length)
        {
        }

        /// <summary>A slice of an array.</summary>
        public Bytes(byte[] array, int offset, int length)
        {
            int size = array == null ? 0 : array.Length;
            if (offset < 0 || length < 0 || offset > size - length)
                throw new ArgumentOutOfRangeException(nameof(length), $"{offset} + {length} is outside of {size} bytes");
            _array = array;
            Offset = offset;
            Length = length;
        }

        /// <summary>What the bytes are a slice of.</summary>
        public byte[] Array { get { return _array ?? System.Array.Empty<byte>(); } }

        /// <summary>Where in <see cref="Array"/> they begin.</summary>
        public int Offset { get; }

        /// <summary>How many they are.</summary>
        public int Length { get; }

        /// <summary>The byte at a place.</summary>
        public byte this[int index]
        {
            get
            {
                if ((uint)index >= (uint)Length)
                    throw new ArgumentOutOfRangeException(nameof(index), $"{index} is outside of {Length} bytes");
                return _array[Offset + index];
            }
        }

        /// <summary>A copy.</summary>
        public byte[] ToArray()
        {
            if (Length == 0)
                return System.Array.Empty<byte>();
            var copy = new byte[Length];
            CopyTo(copy, 0);
            return copy;
        }

        /// <summary>Copy all of them into another array.</summary>
        public void CopyTo(byte[] target, int offset)
        {
            Buffer.BlockCopy(Array, Offset, target, offset, Length);
        }

        /// <summary>Whether the bytes are the same.</summary>
        public bool SameAs(Bytes other)
        {
            if (Length != other.Length)
                return false;
            for (int index = 0; index < Length; index++)
                if (_array[Offset + index] != other._array[other.Offset + index])
                    return false;
            return true;
        }

        /// <summary>All of an array, without a copy; null is empty.</summary>
        public static implicit operator Bytes(byte[] array)
        {
            return new Bytes(array);
        }
    }
}
