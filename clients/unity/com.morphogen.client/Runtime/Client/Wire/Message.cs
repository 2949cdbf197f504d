using System;

namespace Morphogen.Wire
{
    /// <summary>What every generated message is.</summary>
    public abstract class Message
    {
        /// <summary>Write the fields that are set.</summary>
        public abstract void WriteTo(WireWriter writer);

        /// <summary>Read the field behind a tag; false, and nothing read, if this message has no such field.</summary>
        public abstract bool ReadField(uint tag, ref WireReader reader);

        /// <summary>The message in its binary form.</summary>
        public byte[] ToBytes()
        {
            var writer = new WireWriter();
            WriteTo(writer);
            return writer.ToArray();
        }

        /// <summary>
        /// Take the fields of a message in its binary form: single ones replace, messages merge, lists grow. Bytes are
        /// slices of <paramref name="data"/>. Throws WireException for what is no such message.
        /// </summary>
        public void MergeFrom(Bytes data)
        {
            var reader = new WireReader(data);
            reader.Fields(this);
        }
    }

    /// <summary>Bytes are no message, or a message cannot be written.</summary>
    public sealed class WireException : Exception
    {
        /// <summary>One line for a person.</summary>
        public WireException(string message, Exception cause = null) : base(message, cause)
        {
        }
    }

    /// <summary>Who streams in a call.</summary>
    public enum MethodMode
    {
        /// <summary>One message each way.</summary>
        Unary,

        /// <summary>The server streams.</summary>
        ServerStream,

        /// <summary>The client streams.</summary>
        ClientStream,

        /// <summary>Both stream, which takes a transport that can.</summary>
        BothWays,
    }

    /// <summary>A call of a service.</summary>
    public sealed class Method<TRequest, TResponse> where TRequest : Message where TResponse : Message
    {
        /// <summary>Made by generated code.</summary>
        public Method(string path, MethodMode mode, Func<TResponse> newResponse)
        {
            Path = path;
            Mode = mode;
            NewResponse = newResponse;
        }

        /// <summary>Path of its URL, "/morphogen.v1.TextureService/GenerateTexture".</summary>
        public string Path { get; }

        /// <summary>Who streams.</summary>
        public MethodMode Mode { get; }

        /// <summary>An empty response.</summary>
        public Func<TResponse> NewResponse { get; }
    }
}
