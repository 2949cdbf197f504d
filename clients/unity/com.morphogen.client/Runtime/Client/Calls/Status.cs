using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Text;
using Morphogen.Rpc;
using Morphogen.Wire;

namespace Morphogen.Calls
{
    /// <summary>
    /// How a call ended, as gRPC-Web says it. Only this class knows which code and which google.rpc detail stands for what.
    /// </summary>
    static class Status
    {
        static readonly string[] Codes =
        {
            "ok", "cancelled", "unknown", "invalid_argument", "deadline_exceeded", "not_found", "already_exists",
            "permission_denied", "resource_exhausted", "failed_precondition", "aborted", "out_of_range", "unimplemented",
            "internal", "unavailable", "data_loss", "unauthenticated",
        };

        /// <summary>The lines of a frame with trailers.</summary>
        public static Dictionary<string, string> Trailers(byte[] data, int length)
        {
            var trailers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
            foreach (string line in Encoding.UTF8.GetString(data, 0, length).Split('\n'))
            {
                int colon = line.IndexOf(':');
                if (colon > 0)
                    trailers[line.Substring(0, colon).Trim()] = line.Substring(colon + 1).Trim();
            }
            return trailers;
        }

        /// <summary>A response's headers, which hold the trailers of a call that sends no message.</summary>
        public static Dictionary<string, string> Headers(HttpResponseHeaders headers)
        {
            return headers.ToDictionary(header => header.Key, header => header.Value.First(), StringComparer.OrdinalIgnoreCase);
        }

        /// <summary>The error that trailers tell of; null if the call went well.</summary>
        public static MorphogenException Error(Dictionary<string, string> trailers)
        {
            string number;
            int code;
            if (!trailers.TryGetValue("grpc-status", out number))
                return new UnavailableException("the connection broke: the response ended without its status");
            if (!int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out code) || code >= Codes.Length)
                code = 2;
            if (code == 0)
                return null;
            string text;
            trailers.TryGetValue("grpc-message", out text);
            text = string.IsNullOrEmpty(text) ? Codes[code].Replace('_', ' ') : Uri.UnescapeDataString(text);
            string details;
            trailers.TryGetValue("grpc-status-details-bin", out details);
            return Error(Codes[code], text, Details(details));
        }

        /// <summary>The error of a response that is none of gRPC-Web; null if it is one.</summary>
        public static MorphogenException Error(HttpResponseMessage response)
        {
            int status = (int)response.StatusCode;
            string type = response.Content?.Headers.ContentType?.MediaType ?? "";
            if (status == 200 && type.StartsWith("application/grpc-web", StringComparison.OrdinalIgnoreCase))
                return null;
            string text = $"the server answered with HTTP status {status}";
            switch (status)
            {
                case 200:
                    return new ServerException($"the server answered with {type}, which is not gRPC-Web", "unknown");
                case 401:
                    return new UnauthenticatedException(text);
                case 403:
                    return new PermissionDeniedException(text);
                case 404:
                case 405:
                    return new UnsupportedException($"{text}: is this the web port of a Morphogen server?");
                case 408:
                case 429:
                case 500:
                case 502:
                case 503:
                case 504:
                    return new UnavailableException(text);
                default:
                    return new ServerException(text, "unknown");
            }
        }

        static MorphogenException Error(string code, string text, List<Message> details)
        {
            ErrorInfo info = details.OfType<ErrorInfo>().FirstOrDefault() ?? new ErrorInfo();
            switch (code)
            {
                case "invalid_argument":
                case "out_of_range":
                    return new InvalidRequestException(text, Told(info, "field"), Told(info, "value"), Told(info, "allowed"));
                case "not_found":
                    return new NotFoundException(text, Told(info, "field"), Told(info, "value"), Told(info, "allowed"));
                case "resource_exhausted":
                    return new OverloadedException(text, RetryAfter(details.OfType<RetryInfo>().FirstOrDefault()));
                case "unavailable":
                    return new UnavailableException(text);
                case "unauthenticated":
                    return new UnauthenticatedException(text);
                case "permission_denied":
                    return new PermissionDeniedException(text);
                case "deadline_exceeded":
                    return new DeadlineExceededException(text, info.Reason);
                case "cancelled":
                    return new CancelledException(text);
                case "internal":
                    return new GenerationException(text);
                case "unimplemented":
                    return new UnsupportedException(text);
                default:
                    return new ServerException(text, code);
            }
        }

        static string Told(ErrorInfo info, string name)
        {
            string value;
            return info.Metadata.TryGetValue(name, out value) ? value : "";
        }

        static TimeSpan? RetryAfter(RetryInfo retry)
        {
            if (retry?.RetryDelay == null)
                return null;
            double seconds = retry.RetryDelay.Seconds + retry.RetryDelay.Nanos / 1e9;
            return TimeSpan.FromSeconds(Math.Min(Math.Max(seconds, 0), 86400));
        }

        /// <summary>What of the details is understood; none, if they cannot be read: the code and the text count.</summary>
        static List<Message> Details(string encoded)
        {
            var details = new List<Message>();
            if (string.IsNullOrEmpty(encoded))
                return details;
            try
            {
                var status = new Rpc.Status();
                status.MergeFrom(Convert.FromBase64String(encoded.PadRight((encoded.Length + 3) / 4 * 4, '=')));
                foreach (Protobuf.Any packed in status.Details)
                {
                    Message detail = packed.TypeUrl.EndsWith("/google.rpc.ErrorInfo", StringComparison.Ordinal) ? new ErrorInfo()
                        : packed.TypeUrl.EndsWith("/google.rpc.RetryInfo", StringComparison.Ordinal) ? new RetryInfo()
                        : (Message)null;
                    detail?.MergeFrom(packed.Value);
                    if (detail != null)
                        details.Add(detail);
                }
            }
            catch (Exception error) when (error is FormatException || error is WireException)
            {
                details.Clear();
            }
            return details;
        }
    }
}
