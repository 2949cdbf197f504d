using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Morphogen.Calls;
using Morphogen.Streams;
using Morphogen.V1;

namespace Morphogen
{
    /// <summary>
    /// A viewer's way through an endless world: pull its events, and <see cref="Move"/> the viewer meanwhile. Chunks come
    /// before the viewer sees them, and are told off when it has left them. A chunk counts as received when the next event
    /// is pulled, so a game that cannot keep up gets no more than its credit. After a break the stream opens again with the
    /// chunks that it holds, and none comes twice. It lasts until it is disposed of, or finished.
    /// </summary>
    public sealed class WorldStream : IDisposable
    {
        readonly Channel _channel;
        readonly ExploreStart _start;
        readonly Attempts _attempts;
        readonly object _lock = new object();
        readonly Dictionary<long, ChunkPlace> _held = new Dictionary<long, ChunkPlace>();
        ServerCall<WatchWorldResponse> _call;
        ChunkAssembler _chunk;
        Steering _steering;
        Viewer _viewer;
        WorldOpened _world;
        string _sessionId = "";
        ulong _number;
        uint _received;
        bool _news;
        bool _finishing;
        bool _entered;
        bool _ended;
        int _pulling;

        internal WorldStream(Channel channel, ExploreStart start, Attempts attempts)
        {
            _channel = channel;
            _attempts = attempts;
            _start = new ExploreStart();
            _start.MergeFrom(start.ToBytes());
            _viewer = _start.Viewer;
            foreach (HeldChunk held in _start.Held)
            {
                var place = new ChunkPlace(held.Row, held.Column, (int)held.Vertices);
                _held[place.Key] = place;
            }
        }

        /// <summary>What has been pulled last.</summary>
        public WorldEvent Current { get; private set; }

        /// <summary>Attempts that were made so far.</summary>
        public int AttemptCount { get; private set; }

        /// <summary>Chunks that have come and not been told off.</summary>
        public IReadOnlyList<ChunkPlace> Held
        {
            get
            {
                lock (_lock)
                    return _held.Values.ToArray();
            }
        }

        /// <summary>
        /// The viewer is there now, in meters and meters per second in the server's axes. From any thread, as often as you
        /// like: only the newest place is sent.
        /// </summary>
        public void Move(double xM, double zM, double velocityX = 0, double velocityZ = 0)
        {
            lock (_lock)
            {
                _viewer = new Viewer { XM = xM, ZM = zM, VelocityX = velocityX, VelocityZ = velocityZ };
                _news = true;
            }
            Volatile.Read(ref _steering)?.Wake();
        }

        /// <summary>The viewer moves no more: the stream ends when all that it sees has come.</summary>
        public void Finish()
        {
            lock (_lock)
                _finishing = _news = true;
            Volatile.Read(ref _steering)?.Wake();
        }

        /// <summary>
        /// Pull the next event into <see cref="Current"/>; false at the end of a finished stream. Throws a MorphogenException.
        /// </summary>
        public async Task<bool> MoveNextAsync()
        {
            if (Interlocked.Exchange(ref _pulling, 1) != 0)
                throw new InvalidOperationException("a stream is pulled by one caller at a time");
            try
            {
                Taken();
                while (!_ended)
                {
                    Exception failure;
                    try
                    {
                        if (await Attempt().ConfigureAwait(false))
                            return true;
                        _ended = true;
                        Dispose();
                        break;
                    }
                    catch (Exception error)
                    {
                        failure = error;
                    }
                    Leave();
                    await _attempts.After(Reason(failure)).ConfigureAwait(false);
                }
                return false;
            }
            catch
            {
                Dispose();
                throw;
            }
            finally
            {
                Volatile.Write(ref _pulling, 0);
            }
        }

        /// <summary>End it at once. Harmless when repeated.</summary>
        public void Dispose()
        {
            if (Volatile.Read(ref _pulling) == 0 || _ended)
                Leave();
            _attempts.Dispose();
        }

        void Taken()
        {
            if (!(Current is ChunkArrived))
                return;
            Current = null;
            lock (_lock)
            {
                _received++;
                _news = true;
            }
            _steering.Wake();
        }

        async Task<bool> Attempt()
        {
            if (_call == null)
                await Open().ConfigureAwait(false);
            for (;;)
            {
                WatchWorldResponse message = await _call.Next().ConfigureAwait(false);
                if (message == null)
                {
                    if (!_finishing || !_entered || _chunk.Begun)
                        throw new UnavailableException("the server ended the exploration, although the client did not");
                    return false;
                }
                WorldEvent happened = Take(message);
                if (happened == null)
                    continue;
                _attempts.Progress();
                Current = happened;
                return true;
            }
        }

        Task Open()
        {
            var steering = new Steering(_attempts.Ended, SendNews, Repeat, _attempts.ErrorFrom);
            Volatile.Write(ref _steering, steering);
            _chunk = new ChunkAssembler();
            _entered = false;
            AttemptCount++;
            lock (_lock)
            {
                _start.Viewer = _viewer;
                _start.Held = _held.Values
                    .Select(place => new HeldChunk { Row = place.Row, Column = place.Column, Vertices = (uint)place.Vertices })
                    .ToList();
                _received = 0;
                _number = 0;
                _news = _finishing;
            }
            return Called(steering.Ended);
        }

        async Task Called(CancellationToken ended)
        {
            var request = new WatchWorldRequest { Start = _start };
            _call = await _channel.Open(WorldService.WatchWorld, request, _attempts.Remaining, ended).ConfigureAwait(false);
        }

        WorldEvent Take(WatchWorldResponse message)
        {
            bool opened = message.Opened != null;
            bool known = message.PayloadCase != WatchWorldResponse.PayloadOneofCase.None;
            if (opened == _entered && known || _chunk.Begun && message.Part == null)
                throw new BrokenStreamException($"the stream sent {message.PayloadCase} where something else was due");
            if (opened)
            {
                if (_world != null && _world.WorldJson != message.Opened.WorldJson)
                    throw new BrokenStreamException(
                        "the server makes another world of the same request than it did before the cut");
                _world = message.Opened;
                _entered = true;
                _sessionId = message.Opened.SessionId;
                _steering.Open();
                return new WorldEntered(message.Opened);
            }
            if (message.Part != null)
                return Arrived(_chunk.Take(message.Part));
            if (message.Evicted != null)
                return Evicted(message.Evicted.Chunks);
            if (message.Settled == null)
                return null; // a message of a later version
            lock (_lock)
                if (message.Settled.ChunkCount != _held.Count)
                    throw new BrokenStreamException(
                        $"{_held.Count} chunks are held, the server counts {message.Settled.ChunkCount}");
            return new WorldSettled((int)message.Settled.ChunkCount);
        }

        WorldEvent Arrived(Chunk chunk)
        {
            if (chunk == null)
                return null;
            ChunkPlace before;
            bool refines;
            lock (_lock)
            {
                refines = _held.TryGetValue(chunk.Place.Key, out before);
                if (refines && before.Vertices >= chunk.Place.Vertices)
                    throw new BrokenStreamException($"a chunk came at {chunk.Place}, and is held with {before.Vertices}");
                _held[chunk.Place.Key] = chunk.Place;
            }
            return new ChunkArrived(chunk, refines);
        }

        WorldEvent Evicted(List<HeldChunk> chunks)
        {
            var places = chunks.Select(each => new ChunkPlace(each.Row, each.Column, (int)each.Vertices)).ToArray();
            lock (_lock)
                foreach (ChunkPlace place in places)
                {
                    ChunkPlace held;
                    if (!_held.TryGetValue(place.Key, out held) || !held.Equals(place))
                        throw new BrokenStreamException($"a chunk is evicted, but not held: {place}");
                    _held.Remove(place.Key);
                }
            return new ChunksEvicted(places);
        }

        Exception Reason(Exception failure)
        {
            failure = _steering?.Failure ?? failure;
            // Servers end every call some time; the next one goes on.
            return failure is DeadlineExceededException late && late.Reason == "DEADLINE_EXCEEDED"
                ? new UnavailableException(late.Message, late)
                : failure;
        }

        Task SendNews(CancellationToken ended)
        {
            ControlWorldRequest message;
            lock (_lock)
            {
                if (!_news)
                    return null;
                _news = false;
                message = new ControlWorldRequest
                {
                    SessionId = _sessionId,
                    ControlNumber = ++_number,
                    Viewer = _viewer,
                    ReceivedCount = _received,
                    Finish = _finishing,
                };
            }
            return _channel.Call(WorldService.ControlWorld, message, Steering.CallTimeout, ended);
        }

        void Repeat()
        {
            lock (_lock)
                _news = true;
        }

        void Leave()
        {
            ServerCall<WatchWorldResponse> call = Interlocked.Exchange(ref _call, null);
            call?.Dispose();
            Volatile.Read(ref _steering)?.Dispose();
        }
    }
}
