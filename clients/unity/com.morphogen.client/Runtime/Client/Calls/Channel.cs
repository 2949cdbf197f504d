using System;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Threading;
using System.Threading.Tasks;
using Morphogen.Wire;

namespace Morphogen.Calls
{
    /// <summary>gRPC-Web over an HttpMessageHandler: opens calls at one server.</summary>
    sealed class Channel : IDisposable
    {
        const int ConnectionsMax = 64;

        readonly HttpClient _http;
        readonly string _url;
        readonly string _token;

        /// <summary>Nothing is connected before the first call.</summary>
        public Channel(Uri url, MorphogenOptions options)
        {
            _url = url.AbsoluteUri.TrimEnd('/');
            _token = options.Token;
            HttpMessageHandler handler = options.Handler ?? new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false };
            _http = new HttpClient(handler, options.Handler == null) { Timeout = Timeout.InfiniteTimeSpan };
            if (options.Handler == null) // two for each server otherwise, and every stream takes one
                ServicePointManager.FindServicePoint(url).ConnectionLimit = ConnectionsMax;
        }

        /// <summary>Whether the server's readiness probe answers with 200.</summary>
        public async Task<bool> Ready(CancellationToken cancellation)
        {
            var request = new HttpRequestMessage(HttpMethod.Get, _url + "/readyz");
            using (HttpResponseMessage response = await _http.SendAsync(request, cancellation).ConfigureAwait(false))
                return response.IsSuccessStatusCode;
        }

        /// <summary>One message each way.</summary>
        public async Task<TResponse> Call<TRequest, TResponse>(
            Method<TRequest, TResponse> method, TRequest request, TimeSpan? timeout, CancellationToken cancellation)
            where TRequest : Message where TResponse : Message
        {
            using (ServerCall<TResponse> call = await Open(method, request, timeout, cancellation).ConfigureAwait(false))
            {
                TResponse response = await call.Next().ConfigureAwait(false);
                if (response == null)
                    throw new UnavailableException("the connection broke: the response is empty");
                if (await call.Next().ConfigureAwait(false) != null)
                    throw new BrokenStreamException($"{method.Path} answered twice");
                return response;
            }
        }

        /// <summary>Open a call; its messages are taken from what is returned, which has to be disposed of.</summary>
        public async Task<ServerCall<TResponse>> Open<TRequest, TResponse>(
            Method<TRequest, TResponse> method, TRequest request, TimeSpan? timeout, CancellationToken cancellation)
            where TRequest : Message where TResponse : Message
        {
            cancellation.ThrowIfCancellationRequested();
            HttpRequestMessage message = Request(method.Path, request.ToBytes(), timeout);
            HttpResponseMessage response = await _http
                .SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
            try
            {
                MorphogenException error = Status.Error(response);
                if (error == null && response.Headers.Contains("grpc-status"))
                    error = Status.Error(Status.Headers(response.Headers)) // of a call without a message
                        ?? new UnavailableException("the connection broke: the response is empty");
                if (error != null)
                    throw error;
                System.IO.Stream stream = await response.Content.ReadAsStreamAsync().ConfigureAwait(false);
                return new ServerCall<TResponse>(response, stream, method.NewResponse, cancellation);
            }
            catch
            {
                response.Dispose();
                throw;
            }
        }

        /// <summary>Closes connections that wait for a next call.</summary>
        public void Dispose()
        {
            _http.Dispose();
        }

        HttpRequestMessage Request(string path, byte[] data, TimeSpan? timeout)
        {
            var frame = new byte[5 + data.Length];
            for (int index = 0; index < 4; index++)
                frame[1 + index] = (byte)(data.Length >> 24 - 8 * index);
            Buffer.BlockCopy(data, 0, frame, 5, data.Length);
            var request = new HttpRequestMessage(HttpMethod.Post, _url + path) { Content = new ByteArrayContent(frame) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc-web+proto");
            request.Headers.ExpectContinue = false;
            request.Headers.TryAddWithoutValidation("X-Grpc-Web", "1");
            if (_token != null)
                request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + _token);
            if (timeout.HasValue) // eight digits at most
                request.Headers.TryAddWithoutValidation(
                    "Grpc-Timeout", Math.Min(Math.Ceiling(timeout.Value.TotalMilliseconds), 99999999) + "m");
            return request;
        }
    }
}
