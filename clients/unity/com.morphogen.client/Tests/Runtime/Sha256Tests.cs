using System;
using System.Linq;
using System.Runtime.InteropServices;
using System.Threading.Tasks;
using Morphogen.Streams;
using NUnit.Framework;

namespace Morphogen.Tests
{
    public class Sha256Tests
    {
        static byte[] Data(int size)
        {
            return Enumerable.Range(0, size).Select(index => (byte)(index % 251)).ToArray();
        }

        static string Hex(byte[] data)
        {
            return BitConverter.ToString(data).Replace("-", "").ToLowerInvariant();
        }

        [TestCase(0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
        [TestCase(1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d")]
        [TestCase(55, "463eb28e72f82e0a96c0a4cc53690c571281131f672aa229e0d45ae59b598b59")]
        [TestCase(56, "da2ae4d6b36748f2a318f23e7ab1dfdf45acdc9d049bd80e59de82a60895f562")]
        [TestCase(63, "29af2686fd53374a36b0846694cc342177e428d1647515f078784d69cdb9e488")]
        [TestCase(64, "fdeab9acf3710362bd2658cdc9a29e8f9c757fcf9811603a8c447cd1d9151108")]
        [TestCase(65, "4bfd2c8b6f1eec7a2afeb48b934ee4b2694182027e6d0fc075074f2fabb31781")]
        [TestCase(119, "da18797ed7c3a777f0847f429724a2d8cd5138e6ed2895c3fa1a6d39d18f7ec6")]
        [TestCase(120, "f52b23db1fbb6ded89ef42a23ce0c8922c45f25c50b568a93bf1c075420bbb7c")]
        [TestCase(1000, "4e4c294b331f7a2099a379bec34b9f9fc03dc46ab465d998f4d683da53487e6d")]
        [TestCase(1048576, "631b84027d6b9e52b539c4e8373622d23032dfadc64d60af87339c9037e4f769")]
        public void EveryWayGivesTheKnownDigest(int size, string digest)
        {
            byte[] data = Data(size);
            Assert.AreEqual(digest, Hex(Sha256Digest.Of(data)));
            Assert.AreEqual(digest, Hex(Sha256Digest.ByRuntime(data)));
#if !UNITY_5_3_OR_NEWER || UNITY_EDITOR || UNITY_STANDALONE
            Func<byte[], byte[]> system = Sha256Digest.ByFirstRight(SystemSha256.Candidates());
            Assert.IsTrue(system != null, "no library of this system computes SHA-256");
            Assert.AreEqual(digest, Hex(system(data)));
#endif
        }

        [Test]
        public void ManyThreadsAskAtOnce()
        {
            byte[][] data = Enumerable.Range(1, 64).Select(size => Data(size * 100)).ToArray();
            string[] digests = data.Select(each => Hex(Sha256Digest.ByRuntime(each))).ToArray();
            Parallel.For(0, 2000, round => Assert.AreEqual(digests[round % 64], Hex(Sha256Digest.Of(data[round % 64]))));
        }

        [Test]
        public void ALibraryThatIsWrongIsPassedOver()
        {
            SystemDigest wrong = (data, digest) => true, refusing = (data, digest) => false;
            Assert.IsNull(Sha256Digest.ByFirstRight(new[] { wrong, refusing }));
            SystemDigest right = (data, digest) => Write(Sha256Digest.ByRuntime(data), digest);
            Assert.AreEqual(Sha256Digest.ByRuntime(Data(3)), Sha256Digest.ByFirstRight(new[] { wrong, right })(Data(3)));
        }

        [Test]
        public void WhereTheLibraryFailsLaterTheRuntimeComputes()
        {
            int asked = 0;
            SystemDigest once = (data, digest) => asked++ == 0 && Write(Sha256Digest.ByRuntime(data), digest);
            Assert.AreEqual(Sha256Digest.ByRuntime(Data(3)), Sha256Digest.ByFirstRight(new[] { once })(Data(3)));
            Assert.AreEqual(2, asked);
        }

        static bool Write(byte[] from, byte[] to)
        {
            from.CopyTo(to, 0);
            return true;
        }

#if !UNITY_5_3_OR_NEWER || UNITY_EDITOR || UNITY_STANDALONE
        [Test]
        public void ALibraryThatIsMissingIsPassedOver()
        {
            SystemDigest nowhere = (data, digest) => NoLibrary(data, digest) != 0;
            SystemDigest other = (data, digest) => NoFunction(data, digest) != 0;
            Assert.Throws<DllNotFoundException>(() => nowhere(new byte[1], new byte[32]));
            Assert.IsNull(Sha256Digest.ByFirstRight(new[] { nowhere, other }));
        }

        [DllImport("libmorphogen-nowhere")]
        static extern int NoLibrary(byte[] data, byte[] digest);

        [DllImport("libcrypto.so.3", EntryPoint = "morphogen_nowhere")]
        static extern int NoFunction(byte[] data, byte[] digest);
#endif
    }
}
