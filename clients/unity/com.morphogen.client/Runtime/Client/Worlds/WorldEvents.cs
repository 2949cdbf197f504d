using System.Collections.Generic;
using Morphogen.V1;

namespace Morphogen
{
    /// <summary>What happens while a world is explored.</summary>
    public abstract class WorldEvent
    {
        internal WorldEvent()
        {
        }
    }

    /// <summary>The first event, and again after a reconnection.</summary>
    public sealed class WorldEntered : WorldEvent
    {
        internal WorldEntered(WorldOpened world)
        {
            World = world;
        }

        /// <summary>Where the viewer begins, how large chunks are, and the world's description.</summary>
        public WorldOpened World { get; }
    }

    /// <summary>A chunk has come, perhaps with more vertices than it had before.</summary>
    public sealed class ChunkArrived : WorldEvent
    {
        internal ChunkArrived(Chunk chunk, bool refines)
        {
            Chunk = chunk;
            Refines = refines;
        }

        /// <summary>The chunk.</summary>
        public Chunk Chunk { get; }

        /// <summary>Whether it replaces a coarser one.</summary>
        public bool Refines { get; }
    }

    /// <summary>Chunks have gone out of view; the server takes them for dropped.</summary>
    public sealed class ChunksEvicted : WorldEvent
    {
        internal ChunksEvicted(IReadOnlyList<ChunkPlace> places)
        {
            Places = places;
        }

        /// <summary>Which.</summary>
        public IReadOnlyList<ChunkPlace> Places { get; }
    }

    /// <summary>Everything that the viewer sees now has come.</summary>
    public sealed class WorldSettled : WorldEvent
    {
        internal WorldSettled(int chunkCount)
        {
            ChunkCount = chunkCount;
        }

        /// <summary>Chunks that are held now.</summary>
        public int ChunkCount { get; }
    }
}
