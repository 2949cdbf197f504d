using System;
using System.Diagnostics;
using System.IO;
using System.Net;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;

namespace Morphogen.Calls
{
    /// <summary>The attempts at one call: how long it may take in all, and when it is tried again.</summary>
    sealed class Attempts : IDisposable
    {
        static readonly Random Jitter = new Random();

        readonly RetryPolicy _policy;
        readonly TimeSpan? _timeout;
        readonly Stopwatch _clock = Stopwatch.StartNew();
        readonly CancellationTokenSource _ended;
        int _failures;
        int _disposed;

        /// <summary>A call begins. Without a timeout it may take as long as it wants.</summary>
        public Attempts(RetryPolicy policy, TimeSpan? timeout, CancellationToken cancellation)
        {
            _policy = policy ?? new RetryPolicy();
            _timeout = timeout == Timeout.InfiniteTimeSpan ? null : timeout;
            _ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            Ended = _ended.Token;
            if (_timeout.HasValue) // a timer takes no more
                _ended.CancelAfter((int)Math.Min(Math.Max(_timeout.Value.TotalMilliseconds, 0), int.MaxValue));
        }

        /// <summary>Fires when the call is cancelled, or its time is up.</summary>
        public CancellationToken Ended { get; }

        /// <summary>Whether a failed call may be repeated at all.</summary>
        public bool Repeats { get { return _policy.Attempts > 1; } }

        /// <summary>What is left of the call's time; null: it has no limit. Throws DeadlineExceededException if nothing is.</summary>
        public TimeSpan? Remaining
        {
            get
            {
                if (!_timeout.HasValue)
                    return null;
                TimeSpan remaining = _timeout.Value - _clock.Elapsed;
                if (remaining <= TimeSpan.Zero)
                    throw new DeadlineExceededException("the call's time is up");
                return remaining;
            }
        }

        bool TimeIsUp { get { return _timeout.HasValue && _clock.Elapsed >= _timeout.Value - TimeSpan.FromMilliseconds(1); } }

        /// <summary>Something came: the next failure is the first one again.</summary>
        public void Progress()
        {
            _failures = 0;
        }

        /// <summary>Cancel what runs. Harmless when repeated.</summary>
        public void Dispose()
        {
            if (Interlocked.Exchange(ref _disposed, 1) != 0)
                return;
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

        /// <summary>The member of the error tree that stands for what a call threw.</summary>
        public MorphogenException ErrorFrom(Exception reason)
        {
            if (Ended.IsCancellationRequested || _disposed != 0)
            {
                if (_disposed == 0 && TimeIsUp)
                    return reason as DeadlineExceededException
                        ?? new DeadlineExceededException("the call's time is up", "", reason);
                return new CancelledException("the call was cancelled", reason);
            }
            if (reason is MorphogenException known)
                return known;
            bool transport = reason is HttpRequestException || reason is IOException || reason is WebException
                || reason is ObjectDisposedException || reason is OperationCanceledException
                || reason is InvalidOperationException;
            return transport
                ? (MorphogenException)new UnavailableException($"the connection broke: {Innermost(reason)}", reason)
                : new ServerException($"{reason.GetType().Name}: {reason.Message}", "unknown");
        }

        /// <summary>
        /// Wait until the next attempt may begin; throws what <paramref name="reason"/> stands for if there is none.
        /// </summary>
        public async Task After(Exception reason)
        {
            MorphogenException error = ErrorFrom(reason);
            TimeSpan? delay = Delay(error);
            if (!delay.HasValue || _timeout.HasValue && _clock.Elapsed + delay.Value >= _timeout.Value)
                throw error;
            try
            {
                await Task.Delay(delay.Value, Ended).ConfigureAwait(false);
            }
            catch (OperationCanceledException cancelled)
            {
                throw ErrorFrom(cancelled);
            }
        }

        TimeSpan? Delay(MorphogenException error)
        {
            _failures++;
            if (_failures >= _policy.Attempts)
                return null;
            double doubled = _policy.FirstDelay.TotalMilliseconds * Math.Pow(2, _failures - 1);
            double share;
            lock (Jitter) // clients that lost one server must not come back as one
                share = 0.5 + Jitter.NextDouble() / 2;
            TimeSpan own = TimeSpan.FromMilliseconds(Math.Min(doubled, _policy.LongestDelay.TotalMilliseconds) * share);
            if (error is OverloadedException overloaded)
                return overloaded.RetryAfter > own ? overloaded.RetryAfter : overloaded.RetryAfter.HasValue ? own : (TimeSpan?)null;
            return error is UnavailableException ? own : (TimeSpan?)null;
        }

        static string Innermost(Exception reason)
        {
            while (reason.InnerException != null)
                reason = reason.InnerException;
            return reason.Message;
        }
    }
}
