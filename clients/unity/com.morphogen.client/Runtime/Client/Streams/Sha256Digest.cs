using System;
using System.Collections.Generic;
using System.Security.Cryptography;
using Morphogen.Wire;

namespace Morphogen.Streams
{
    /// <summary>
    /// SHA-256. A runtime that computes it in managed code, as Mono does, takes longer for that than for all else that
    /// receiving costs; there the operating system computes it, if its digest of known bytes is right.
    /// </summary>
    static class Sha256Digest
    {
        const int KnownBytes = 1000;

        static readonly Func<byte[], byte[]> Digest = Choose();

        /// <summary>The digest of all bytes. Any thread may ask.</summary>
        public static byte[] Of(byte[] data)
        {
            return Digest(data);
        }

        /// <summary>The same, by the runtime.</summary>
        internal static byte[] ByRuntime(byte[] data)
        {
            using (SHA256 sha256 = SHA256.Create())
                return sha256.ComputeHash(data);
        }

        /// <summary>The same, by the first candidate that is right; null if none is.</summary>
        internal static Func<byte[], byte[]> ByFirstRight(IEnumerable<SystemDigest> candidates)
        {
            foreach (SystemDigest write in candidates)
                if (IsRight(write))
                    return data => Written(write, data) ?? ByRuntime(data);
            return null;
        }

        static Func<byte[], byte[]> Choose()
        {
            using (SHA256 sha256 = SHA256.Create())
                if (sha256 is SHA256Managed)
                    return ByFirstRight(SystemSha256.Candidates()) ?? ByRuntime;
            return ByRuntime;
        }

        static bool IsRight(SystemDigest write)
        {
            var known = new byte[KnownBytes];
            for (int index = 0; index < known.Length; index++)
                known[index] = (byte)(index * index);
            try
            {
                byte[] digest = Written(write, known);
                return digest != null && new Bytes(digest).SameAs(ByRuntime(known));
            }
            catch (TypeLoadException) // DllNotFoundException, EntryPointNotFoundException
            {
                return false;
            }
            catch (BadImageFormatException)
            {
                return false;
            }
            catch (NotSupportedException)
            {
                return false;
            }
        }

        static byte[] Written(SystemDigest write, byte[] data)
        {
            var digest = new byte[SystemSha256.DigestBytes];
            return write(data, digest) ? digest : null;
        }
    }
}
