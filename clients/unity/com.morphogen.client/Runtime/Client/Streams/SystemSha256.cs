using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace Morphogen.Streams
{
    /// <summary>Writes the digest of <paramref name="data"/>; false if it did not, or throws where it is missing.</summary>
    delegate bool SystemDigest(byte[] data, byte[] digest);

    /// <summary>SHA-256 in libraries of desktop systems. Other systems have none that every application may call.</summary>
    static class SystemSha256
    {
        /// <summary>Size of a digest.</summary>
        public const int DigestBytes = 32;

#if !UNITY_5_3_OR_NEWER || UNITY_EDITOR || UNITY_STANDALONE
        const int BcryptSha256 = 0x41; // a handle that needs no opening, from Windows 10 on

        /// <summary>What this system may have, best first.</summary>
        public static IEnumerable<SystemDigest> Candidates()
        {
            if (RuntimeInformation.IsOSPlatform(OSPlatform.Windows))
                return new SystemDigest[] { Bcrypt };
            if (RuntimeInformation.IsOSPlatform(OSPlatform.OSX))
                return new SystemDigest[] { CommonCrypto };
            return new SystemDigest[] { OpenSsl3, OpenSsl1 };
        }

        static bool OpenSsl3(byte[] data, byte[] digest)
        {
            return LibcryptoSo3(data, (UIntPtr)data.Length, digest) != IntPtr.Zero;
        }

        static bool OpenSsl1(byte[] data, byte[] digest)
        {
            return LibcryptoSo1(data, (UIntPtr)data.Length, digest) != IntPtr.Zero;
        }

        static bool Bcrypt(byte[] data, byte[] digest)
        {
            return BCryptHash((IntPtr)BcryptSha256, null, 0, data, data.Length, digest, DigestBytes) == 0;
        }

        static bool CommonCrypto(byte[] data, byte[] digest)
        {
            return CC_SHA256(data, (uint)data.Length, digest) != IntPtr.Zero;
        }

        [DllImport("libcrypto.so.3", EntryPoint = "SHA256")]
        static extern IntPtr LibcryptoSo3(byte[] data, UIntPtr size, [Out] byte[] digest);

        [DllImport("libcrypto.so.1.1", EntryPoint = "SHA256")]
        static extern IntPtr LibcryptoSo1(byte[] data, UIntPtr size, [Out] byte[] digest);

        [DllImport("bcrypt.dll")]
        static extern int BCryptHash(
            IntPtr algorithm, byte[] secret, int secretSize, byte[] data, int size, [Out] byte[] digest, int digestSize);

        [DllImport("/usr/lib/libSystem.dylib")]
        static extern IntPtr CC_SHA256(byte[] data, uint size, [Out] byte[] digest);
#else
        /// <summary>None.</summary>
        public static IEnumerable<SystemDigest> Candidates()
        {
            return new SystemDigest[0];
        }
#endif
    }
}
