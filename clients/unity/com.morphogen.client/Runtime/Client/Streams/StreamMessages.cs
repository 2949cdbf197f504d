namespace Morphogen.V1
{
    /// <summary>Any message of a generating stream: a header, a piece of a part, or the trailer.</summary>
    public interface IStreamMessage
    {
        /// <summary>The first message; null if this is another one.</summary>
        StreamHeader Header { get; }

        /// <summary>A piece of a part; null if this is another message.</summary>
        PartChunk Part { get; }

        /// <summary>The last message; null if this is another one.</summary>
        StreamTrailer Trailer { get; }
    }

    public sealed partial class GenerateTextureResponse : IStreamMessage { }

    public sealed partial class GenerateLevelResponse : IStreamMessage { }

    public sealed partial class GenerateSceneResponse : IStreamMessage { }

    public sealed partial class GenerateWorldResponse : IStreamMessage { }

    public sealed partial class GenerateChunkResponse : IStreamMessage { }

    public sealed partial class GenerateCharacterResponse : IStreamMessage { }

    public sealed partial class PlayFramesResponse : IStreamMessage { }

    public sealed partial class StreamProbeResponse : IStreamMessage { }
}
