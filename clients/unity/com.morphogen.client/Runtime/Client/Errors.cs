using System;

namespace Morphogen
{
    /// <summary>Root of every error that this package throws on purpose. The message is one line for a person.</summary>
    public class MorphogenException : Exception
    {
        /// <summary>With what caused it, if something did.</summary>
        public MorphogenException(string message, Exception cause = null) : base(message, cause)
        {
        }
    }

    /// <summary>
    /// The request names something that does not exist or lies outside its range; sending it again is pointless.
    /// </summary>
    public class InvalidRequestException : MorphogenException
    {
        /// <summary>What is wrong with which field.</summary>
        public InvalidRequestException(string message, string field, string value, string allowed, Exception cause = null)
            : base(message, cause)
        {
            Field = field;
            Value = value;
            Allowed = allowed;
        }

        /// <summary>The dotted field of the request, as in the protos.</summary>
        public string Field { get; }

        /// <summary>What was given.</summary>
        public string Value { get; }

        /// <summary>The accepted values in words.</summary>
        public string Allowed { get; }
    }

    /// <summary>There is no generator, or no running session, of that name.</summary>
    public sealed class NotFoundException : InvalidRequestException
    {
        /// <summary>What is wrong with which field.</summary>
        public NotFoundException(string message, string field, string value, string allowed, Exception cause = null)
            : base(message, field, value, allowed, cause)
        {
        }
    }

    /// <summary>
    /// The server is full, or cannot make this within the call's time beside what it has promised to others.
    /// </summary>
    public sealed class OverloadedException : MorphogenException
    {
        /// <summary>With the wait that the server suggests, if it does.</summary>
        public OverloadedException(string message, TimeSpan? retryAfter, Exception cause = null) : base(message, cause)
        {
            RetryAfter = retryAfter;
        }

        /// <summary>The wait that the server suggests; null if trying again is pointless.</summary>
        public TimeSpan? RetryAfter { get; }
    }

    /// <summary>
    /// The server cannot be reached, is starting or is draining, or the connection broke; another attempt may succeed.
    /// </summary>
    public sealed class UnavailableException : MorphogenException
    {
        /// <summary>With what the transport threw.</summary>
        public UnavailableException(string message, Exception cause = null) : base(message, cause)
        {
        }
    }

    /// <summary>The server wants a token, or refused the one it was given.</summary>
    public sealed class UnauthenticatedException : MorphogenException
    {
        /// <summary>What the server said.</summary>
        public UnauthenticatedException(string message) : base(message)
        {
        }
    }

    /// <summary>The caller is known and may not do this.</summary>
    public sealed class PermissionDeniedException : MorphogenException
    {
        /// <summary>What the server said.</summary>
        public PermissionDeniedException(string message) : base(message)
        {
        }
    }

    /// <summary>The call's time was up before its last message.</summary>
    public sealed class DeadlineExceededException : MorphogenException
    {
        /// <summary>With the server's reason.</summary>
        public DeadlineExceededException(string message, string reason = "", Exception cause = null) : base(message, cause)
        {
            Reason = reason;
        }

        /// <summary>
        /// Why, if the server said so: "DEADLINE_EXCEEDED", or "IDLE_TIMEOUT" where it was the client that took nothing.
        /// </summary>
        public string Reason { get; }
    }

    /// <summary>The call was cancelled: by its token, by disposing of its stream, or by the server.</summary>
    public sealed class CancelledException : MorphogenException
    {
        /// <summary>With what the cancelled call threw.</summary>
        public CancelledException(string message, Exception cause = null) : base(message, cause)
        {
        }
    }

    /// <summary>The generator failed on the server.</summary>
    public sealed class GenerationException : MorphogenException
    {
        /// <summary>What the server said.</summary>
        public GenerationException(string message) : base(message)
        {
        }
    }

    /// <summary>Any other failed call.</summary>
    public class ServerException : MorphogenException
    {
        /// <summary>With the code's canonical name.</summary>
        public ServerException(string message, string code) : base(message)
        {
            Code = code;
        }

        /// <summary>The code's canonical name, "data_loss" for example.</summary>
        public string Code { get; }
    }

    /// <summary>This server does not have that call, or not the way it runs now.</summary>
    public sealed class UnsupportedException : ServerException
    {
        /// <summary>What the server said.</summary>
        public UnsupportedException(string message) : base(message, "unimplemented")
        {
        }
    }

    /// <summary>The messages of a stream do not fit together. What was received before must not be used.</summary>
    public class BrokenStreamException : MorphogenException
    {
        /// <summary>What does not fit.</summary>
        public BrokenStreamException(string message, Exception cause = null) : base(message, cause)
        {
        }
    }

    /// <summary>Received bytes do not have the SHA-256 that was announced, or changed between two attempts.</summary>
    public sealed class ChecksumMismatchException : BrokenStreamException
    {
        /// <summary>Which bytes.</summary>
        public ChecksumMismatchException(string message) : base(message)
        {
        }
    }
}
