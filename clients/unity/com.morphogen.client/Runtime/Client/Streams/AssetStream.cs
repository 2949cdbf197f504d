using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using Morphogen.Calls;
using Morphogen.Streams;
using Morphogen.V1;
using Morphogen.Wire;

namespace Morphogen
{
    /// <summary>A finished asset.</summary>
    public sealed class AssetResult
    {
        internal AssetResult(StreamHeader header, StreamTrailer trailer, IReadOnlyDictionary<string, AssetFile> files)
        {
            Header = header;
            Sha256 = Hex(trailer.Sha256);
            Timings = trailer.Timings ?? new Timings();
            Files = files;
        }

        /// <summary>Who made it, and from which request.</summary>
        public StreamHeader Header { get; }

        /// <summary>Digest over all parts in order, in hex; names the result.</summary>
        public string Sha256 { get; }

        /// <summary>Where the time went on the server.</summary>
        public Timings Timings { get; }

        /// <summary>Its files by name; of a texture the maps of the last level of detail.</summary>
        public IReadOnlyDictionary<string, AssetFile> Files { get; }

        static string Hex(Bytes data)
        {
            return BitConverter.ToString(data.ToArray()).Replace("-", "").ToLowerInvariant();
        }
    }

    /// <summary>
    /// A generating call. Pull its updates with <see cref="MoveNextAsync"/>, have them handed to a method by
    /// <see cref="ForEachAsync"/>, or wait for <see cref="ResultAsync"/>. It continues by itself where it was cut.
    /// Disposing of it cancels the call: the server stops within a step. One caller at a time may pull; anybody may dispose.
    /// </summary>
    public class AssetStream<TUpdate> : IDisposable where TUpdate : class
    {
        readonly Func<byte[], Task<IMessages>> _open;
        readonly IPartReader<TUpdate> _reader;
        readonly Attempts _attempts;
        readonly Session _session;
        IMessages _call;
        int _pulling;
        bool _ended;

        internal AssetStream(
            Func<byte[], Task<IMessages>> open, IPartReader<TUpdate> reader, Attempts attempts, byte[] resumeToken, bool gaps)
        {
            _open = open;
            _reader = reader;
            _attempts = attempts;
            _session = new Session(resumeToken, gaps);
            ResumeToken = resumeToken;
        }

        /// <summary>What has been pulled last.</summary>
        public TUpdate Current { get; private set; }

        /// <summary>Who answers; null before the first update.</summary>
        public StreamHeader Header { get { return _session.Header; } }

        /// <summary>
        /// Continues the stream behind what has been pulled, in another call or another process; empty before the first
        /// update.
        /// </summary>
        public byte[] ResumeToken { get; private set; }

        /// <summary>Attempts that were made so far.</summary>
        public int AttemptCount { get; private set; }

        /// <summary>
        /// Pull the next update into <see cref="Current"/>; false at the stream's end. Throws a MorphogenException. What
        /// there is to do on arrival (putting parts together, checksums) is done by the thread that pulls.
        /// </summary>
        public async Task<bool> MoveNextAsync()
        {
            if (Interlocked.Exchange(ref _pulling, 1) != 0)
                throw new InvalidOperationException("a stream is pulled by one caller at a time");
            try
            {
                if (Current != null)
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
                    failure = Reason(failure);
                    if (_attempts.Repeats && _session.StartsAnewAfter(failure))
                        continue;
                    await _attempts.After(failure).ConfigureAwait(false);
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

        /// <summary>Pull what is left, and hand each update to a method.</summary>
        public async Task ForEachAsync(Action<TUpdate> arrived)
        {
            while (await MoveNextAsync().ConfigureAwait(false))
                arrived(Current);
        }

        /// <summary>Pull what is left, and give the whole.</summary>
        public async Task<AssetResult> ResultAsync()
        {
            while (await MoveNextAsync().ConfigureAwait(false))
            {
            }
            if (_session.Trailer == null)
                throw new CancelledException("the stream was left before its end");
            return new AssetResult(_session.Header, _session.Trailer, _reader.Files);
        }

        /// <summary>Cancel it. Harmless when repeated.</summary>
        public virtual void Dispose()
        {
            if (Volatile.Read(ref _pulling) == 0 || _ended)
                Leave();
            _attempts.Dispose();
        }

        /// <summary>An attempt's header has come.</summary>
        internal virtual Task Opened(StreamHeader header)
        {
            return Task.CompletedTask;
        }

        /// <summary>The caller is done with <see cref="Current"/>, or a part came again.</summary>
        internal virtual void Taken()
        {
        }

        /// <summary>What an attempt's failure is judged by.</summary>
        internal virtual Exception Reason(Exception failure)
        {
            return failure;
        }

        /// <summary>Go on with the attempt that runs, or begin one: true with an update, false behind the trailer.</summary>
        async Task<bool> Attempt()
        {
            if (_call == null)
            {
                _session.Begin();
                AttemptCount++;
                _call = await _open(_session.Token).ConfigureAwait(false);
            }
            for (;;)
            {
                IStreamMessage message = await _call.Next().ConfigureAwait(false);
                if (message == null)
                {
                    if (_session.Trailer == null)
                        throw new UnavailableException("the stream ended without its trailer");
                    return false;
                }
                Part part = _session.Receive(message);
                if (message.Header != null)
                    await Opened(message.Header).ConfigureAwait(false);
                if (_session.SkippedPart)
                    Taken();
                if (part == null)
                    continue;
                _attempts.Progress();
                TUpdate update = _reader.Read(_session.Header, part);
                if (update == null)
                    continue;
                ResumeToken = part.ResumeToken;
                Current = update;
                return true;
            }
        }

        internal virtual void Leave()
        {
            IMessages call = Interlocked.Exchange(ref _call, null);
            call?.Dispose();
        }
    }

    /// <summary>The messages of an attempt.</summary>
    interface IMessages : IDisposable
    {
        /// <summary>The next one; null when all have come.</summary>
        Task<IStreamMessage> Next();
    }

    /// <summary>What parts mean, kind by kind.</summary>
    interface IPartReader<TUpdate>
    {
        /// <summary>All files so far.</summary>
        IReadOnlyDictionary<string, AssetFile> Files { get; }

        /// <summary>The update that a part completes, or null.</summary>
        TUpdate Read(StreamHeader header, Part part);
    }
}
