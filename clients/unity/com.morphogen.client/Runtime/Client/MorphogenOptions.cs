using System;
using System.Net.Http;
using System.Threading;

namespace Morphogen
{
    /// <summary>How a client reaches its server.</summary>
    public sealed class MorphogenOptions
    {
        /// <summary>Sent as a bearer token with every call; null: none. Beyond this machine it takes https.</summary>
        public string Token { get; set; }

        /// <summary>Time that a call may take with its retries, unless it says otherwise. Explorations have no limit.</summary>
        public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(5);

        /// <summary>When failed calls are tried again.</summary>
        public RetryPolicy Retry { get; set; } = new RetryPolicy();

        /// <summary>
        /// What carries requests; null: a new HttpClientHandler. It stays the caller's, and is not disposed of.
        /// </summary>
        public HttpMessageHandler Handler { get; set; }
    }

    /// <summary>What one call is given.</summary>
    public struct CallOptions
    {
        /// <summary>Cancels the call; the server stops within a step.</summary>
        public CancellationToken Cancellation { get; set; }

        /// <summary>Time that the call may take, its retries included; null: the client's. The server knows it.</summary>
        public TimeSpan? Timeout { get; set; }
    }

    /// <summary>
    /// When a failed call is tried again: after UnavailableException, and after OverloadedException as the server suggests.
    /// </summary>
    public sealed class RetryPolicy
    {
        /// <summary>Attempts without anything received in between; 1: none is repeated.</summary>
        public int Attempts { get; set; } = 6;

        /// <summary>The first wait; each further one is twice as long.</summary>
        public TimeSpan FirstDelay { get; set; } = TimeSpan.FromMilliseconds(100);

        /// <summary>The longest wait.</summary>
        public TimeSpan LongestDelay { get; set; } = TimeSpan.FromSeconds(3);
    }
}
