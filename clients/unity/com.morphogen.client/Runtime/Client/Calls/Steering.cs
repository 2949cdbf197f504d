using System;
using System.Threading;
using System.Threading.Tasks;

namespace Morphogen.Calls
{
    /// <summary>
    /// The client's side of a stream that is steered by calls of their own: sends what is news as soon as nothing else is
    /// on its way. A call that is refused stops the stream: <see cref="Ended"/> fires, and <see cref="Failure"/> tells why.
    /// </summary>
    sealed class Steering : IDisposable
    {
        public static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(10);
        static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
        static readonly TimeSpan Ending = TimeSpan.FromSeconds(2);

        readonly CancellationTokenSource _ended;
        readonly Func<CancellationToken, Task> _sendNews;
        readonly Action _repeat;
        readonly Func<Exception, MorphogenException> _errorFrom;
        readonly object _lock = new object();
        bool _opened;
        bool _sending;
        bool _woken;
        bool _disposed;

        /// <summary>
        /// <paramref name="sendNews"/> sends one message that says all that is news, or returns null;
        /// <paramref name="repeat"/> makes a message that may have been lost news again, without it that stops the stream.
        /// </summary>
        public Steering(CancellationToken ended, Func<CancellationToken, Task> sendNews, Action repeat,
            Func<Exception, MorphogenException> errorFrom)
        {
            _ended = CancellationTokenSource.CreateLinkedTokenSource(ended);
            Ended = _ended.Token;
            _sendNews = sendNews;
            _repeat = repeat;
            _errorFrom = errorFrom;
        }

        /// <summary>Why a call was refused; null if none was.</summary>
        public MorphogenException Failure { get; private set; }

        /// <summary>Fires when the stream is over, or a call was refused.</summary>
        public CancellationToken Ended { get; }

        /// <summary>The session has been named: from now on something can be sent.</summary>
        public void Open()
        {
            lock (_lock)
                _opened = true;
            Wake();
        }

        /// <summary>There is news. From any thread.</summary>
        public void Wake()
        {
            lock (_lock)
            {
                _woken = true;
                if (!_opened || _sending || _disposed)
                    return;
                _sending = true;
            }
            Task.Run(Send);
        }

        /// <summary>The stream is over, one way or the other.</summary>
        public void Dispose()
        {
            Stop();
        }

        async Task Send()
        {
            for (;;)
            {
                lock (_lock)
                {
                    if (!_woken || _disposed || Ended.IsCancellationRequested)
                    {
                        _sending = false;
                        return;
                    }
                    _woken = false;
                }
                try
                {
                    Task sent = _sendNews(Ended);
                    if (sent == null)
                        continue;
                    await sent.ConfigureAwait(false);
                    lock (_lock)
                        _woken = true; // there may be more
                }
                catch (Exception reason)
                {
                    await Failed(_errorFrom(reason)).ConfigureAwait(false);
                }
            }
        }

        async Task Failed(MorphogenException error)
        {
            if (Ended.IsCancellationRequested)
                return;
            bool lost = error is UnavailableException || error is DeadlineExceededException;
            try
            {
                if (lost && _repeat != null)
                {
                    _repeat();
                    lock (_lock)
                        _woken = true;
                    await Task.Delay(Pause, Ended).ConfigureAwait(false);
                    return;
                }
                if (error is NotFoundException) // where the session has just ended, its stream tells why
                    await Task.Delay(Ending, Ended).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            Failure = lost ? new UnavailableException(error.Message, error) : error;
            Stop();
        }

        void Stop()
        {
            lock (_lock)
            {
                if (_disposed)
                    return;
                _disposed = true;
            }
            try
            {
                _ended.Cancel();
            }
            catch (AggregateException)
            {
                // a transport that cannot be closed is left alone
            }
            _ended.Dispose();
        }
    }
}
