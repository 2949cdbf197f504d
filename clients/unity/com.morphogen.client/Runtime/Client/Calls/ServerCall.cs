using System;
using System.IO;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;
using Morphogen.Wire;

namespace Morphogen.Calls
{
    /// <summary>
    /// The messages of one response. Bytes of a message are slices of a buffer that the next message overwrites.
    /// </summary>
    sealed class ServerCall<TResponse> : IDisposable where TResponse : Message
    {
        const int MessageMaxBytes = 64 << 20;
        const int GrowthBytes = 1 << 20;
        const int AbortReads = 64;

        readonly HttpResponseMessage _response;
        readonly Stream _stream;
        readonly Func<TResponse> _newResponse;
        readonly CancellationTokenRegistration _registration;
        readonly CancellationToken _cancellation;
        readonly byte[] _head = new byte[5];
        byte[] _buffer = new byte[1 << 16];
        bool _complete;
        int _reading;
        int _closed;

        /// <summary>Takes over the response.</summary>
        public ServerCall(
            HttpResponseMessage response, Stream stream, Func<TResponse> newResponse, CancellationToken cancellation)
        {
            _response = response;
            _stream = stream;
            _newResponse = newResponse;
            _cancellation = cancellation;
            _registration = cancellation.Register(Close);
        }

        /// <summary>The next message; null when all have come and the call went well. Throws what the status tells.</summary>
        public async Task<TResponse> Next()
        {
            if (_complete)
                return null;
            if (!await Read(_head, 0, 5).ConfigureAwait(false))
                throw new UnavailableException("the connection broke: the response ended without its status");
            uint size = (uint)(_head[1] << 24 | _head[2] << 16 | _head[3] << 8 | _head[4]);
            bool trailers = (_head[0] & 0x80) != 0;
            if ((_head[0] & 0x7f) != 0)
                throw new BrokenStreamException("the server sent a compressed message, which nobody asked for");
            if (size > MessageMaxBytes)
                throw new BrokenStreamException($"the server announced a message of {size} bytes, more than is accepted");
            await Body((int)size).ConfigureAwait(false);
            if (trailers)
            {
                _complete = true;
                MorphogenException error = Status.Error(Status.Trailers(_buffer, (int)size));
                if (error != null)
                    throw error;
                return null;
            }
            TResponse message = _newResponse();
            try
            {
                message.MergeFrom(new Bytes(_buffer, 0, (int)size));
            }
            catch (WireException error)
            {
                throw new BrokenStreamException(error.Message, error);
            }
            return message;
        }

        /// <summary>Leaves the call; if it has not ended, the server is told by closing the connection.</summary>
        public void Dispose()
        {
            _registration.Dispose();
            Close();
        }

        void Close()
        {
            if (Interlocked.Exchange(ref _closed, 1) != 0)
                return;
            if (!_complete && Volatile.Read(ref _reading) == 0)
                Abort();
            _response.Dispose(); // a read that waits does not always look at its token
        }

        /// <summary>
        /// Handlers that are told to dispose of a response read on for a while, to use the connection again, and the server
        /// goes on sending. A read that is cancelled while it waits closes the connection at once.
        /// </summary>
        void Abort()
        {
            try
            {
                using (var leaving = new CancellationTokenSource())
                    for (int reads = 0; reads < AbortReads; reads++)
                    {
                        Task<int> read = _stream.ReadAsync(_buffer, 0, _buffer.Length, leaving.Token);
                        if (read.IsCompleted && read.Status == TaskStatus.RanToCompletion && read.Result > 0)
                            continue;
                        leaving.Cancel();
                        read.ContinueWith(done => done.Exception, TaskContinuationOptions.ExecuteSynchronously);
                        return;
                    }
            }
            catch (Exception error) when (!(error is OutOfMemoryException))
            {
                // it is closed already
            }
        }

        /// <summary>Fill the buffer. It grows with what arrives, not with what is announced.</summary>
        async Task Body(int size)
        {
            for (int filled = 0; filled < size;)
            {
                int piece = Math.Min(size - filled, Math.Max(GrowthBytes, filled));
                if (_buffer.Length < filled + piece)
                    Array.Resize(ref _buffer, filled + piece);
                if (!await Read(_buffer, filled, piece).ConfigureAwait(false))
                    throw new UnavailableException("the connection broke in the middle of a message");
                filled += piece;
            }
        }

        /// <summary>Read exactly so many bytes; false if the response ended instead.</summary>
        async Task<bool> Read(byte[] target, int offset, int count)
        {
            Volatile.Write(ref _reading, 1);
            try
            {
                for (int end = offset + count; offset < end;)
                {
                    int read = await _stream.ReadAsync(target, offset, end - offset, _cancellation).ConfigureAwait(false);
                    if (read == 0)
                        return false;
                    offset += read;
                }
                return true;
            }
            finally
            {
                Volatile.Write(ref _reading, 0);
            }
        }
    }
}
