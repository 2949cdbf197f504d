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
    /// <summary>
    /// A Morphogen server, by the URL of its web port. Nothing is connected before the first call. Used by any number of
    /// threads; disposing of it closes idle connections.
    /// </summary>
    public sealed class MorphogenClient : IDisposable
    {
        static readonly TimeSpan HealthTimeout = TimeSpan.FromSeconds(5);

        readonly Channel _channel;
        readonly MorphogenOptions _options;

        /// <summary>A server. Throws InvalidRequestException for a URL or a token that cannot be used.</summary>
        public MorphogenClient(string url, MorphogenOptions options = null)
        {
            _options = options ?? new MorphogenOptions();
            Uri server;
            bool web = Uri.TryCreate(url, UriKind.Absolute, out server) && (server.Scheme == "http" || server.Scheme == "https");
            if (!web)
                throw new InvalidRequestException($"url: {url} is not http://HOST:PORT or https://HOST:PORT", "url", url, "http or https");
            if (_options.Token != null && server.Scheme != "https" && !server.IsLoopback)
            {
                string allowed = $"https towards {server.Host}, or a server on this machine";
                throw new InvalidRequestException($"token: {allowed}", "token", "a token without https", allowed);
            }
            _channel = new Channel(server, _options);
        }

        /// <summary>Make a material: one update per level of detail, coarse to fine.</summary>
        public AssetStream<TextureUpdate> GenerateTexture(GenerateTextureRequest request, CallOptions options = default(CallOptions))
        {
            return Stream(TextureService.GenerateTexture, Copy(request, new GenerateTextureRequest()),
                each => each.Options, (each, wanted) => each.Options = wanted, new TextureReader(), options);
        }

        /// <summary>Make a level: its steps, then its files. A level that arrives can be won.</summary>
        public AssetStream<LevelUpdate> GenerateLevel(GenerateLevelRequest request = null, CallOptions options = default(CallOptions))
        {
            return Stream(SceneService.GenerateLevel, Copy(request, new GenerateLevelRequest()),
                each => each.Options, (each, wanted) => each.Options = wanted, new LevelReader(), options);
        }

        /// <summary>Make a scene: its files as they are made. "scene" is all of it, as binary glTF.</summary>
        public AssetStream<FileUpdate> GenerateScene(GenerateSceneRequest request = null, CallOptions options = default(CallOptions))
        {
            return Stream(SceneService.GenerateScene, Copy(request, new GenerateSceneRequest()),
                each => each.Options, (each, wanted) => each.Options = wanted, new FilesReader(), options);
        }

        /// <summary>What is needed once to show any part of a world: its description, the ground's tiles, its models.</summary>
        public AssetStream<FileUpdate> GenerateWorld(GenerateWorldRequest request = null, CallOptions options = default(CallOptions))
        {
            return Stream(WorldService.GenerateWorld, Copy(request, new GenerateWorldRequest()),
                each => each.Options, (each, wanted) => each.Options = wanted, new FilesReader(), options);
        }

        /// <summary>Make one chunk of a world; <see cref="Chunk.From"/> reads its files.</summary>
        public AssetStream<FileUpdate> GenerateChunk(GenerateChunkRequest request, CallOptions options = default(CallOptions))
        {
            return Stream(WorldService.GenerateChunk, Copy(request, new GenerateChunkRequest()),
                each => each.Options, (each, wanted) => each.Options = wanted, new FilesReader(), options);
        }

        /// <summary>Make a character: description, rigged model as binary glTF, preview.</summary>
        public AssetStream<FileUpdate> GenerateCharacter(
            GenerateCharacterRequest request = null, CallOptions options = default(CallOptions))
        {
            return Stream(CharacterService.GenerateCharacter, Copy(request, new GenerateCharacterRequest()),
                each => each.Options, (each, wanted) => each.Options = wanted, new FilesReader(), options);
        }

        /// <summary>Move a character: frames that you pull, while you steer it. Without a timeout of its own it has none.</summary>
        public CharacterStream PlayFrames(PlayFramesRequest request, CallOptions options = default(CallOptions))
        {
            var attempts = new Attempts(_options.Retry, options.Timeout, options.Cancellation);
            return CharacterStream.Open(_channel, request, attempts);
        }

        /// <summary>Walk through a world: chunks around a viewer that you move. Without a timeout of its own it has none.</summary>
        public WorldStream ExploreWorld(ExploreStart start = null, CallOptions options = default(CallOptions))
        {
            var attempts = new Attempts(_options.Retry, options.Timeout, options.Cancellation);
            return new WorldStream(_channel, start ?? new ExploreStart(), attempts);
        }

        /// <summary>Synthetic parts of a given size, count and step time: measures the path.</summary>
        public AssetStream<FileUpdate> Probe(StreamProbeRequest request, CallOptions options = default(CallOptions))
        {
            return Stream(DiagnosticsService.StreamProbe, Copy(request, new StreamProbeRequest()),
                each => each.Options, (each, wanted) => each.Options = wanted, new FilesReader(), options);
        }

        /// <summary>Make a material and wait for it.</summary>
        public async Task<AssetResult> TextureAsync(GenerateTextureRequest request, CallOptions options = default(CallOptions))
        {
            using (AssetStream<TextureUpdate> stream = GenerateTexture(request, options))
                return await stream.ResultAsync().ConfigureAwait(false);
        }

        /// <summary>
        /// Say which textures will probably be asked for, the most urgent one last; their asset ids. Does not wait for them.
        /// </summary>
        public async Task<IReadOnlyList<string>> PrefetchAsync(
            IEnumerable<GenerateTextureRequest> requests, CallOptions options = default(CallOptions))
        {
            var request = new PrefetchTexturesRequest { Requests = new List<GenerateTextureRequest>(requests) };
            return (await Unary(TextureService.PrefetchTextures, request, options).ConfigureAwait(false)).AssetIds;
        }

        /// <summary>What the server can make, with ranges; of one kind, or of all.</summary>
        public async Task<IReadOnlyList<Generator>> CatalogAsync(
            string assetKind = "", CallOptions options = default(CallOptions))
        {
            var request = new ListGeneratorsRequest { AssetKind = assetKind };
            return (await Unary(CatalogService.ListGenerators, request, options).ConfigureAwait(false)).Generators;
        }

        /// <summary>One generator with its model card. Throws NotFoundException.</summary>
        public async Task<Generator> GeneratorAsync(string name, CallOptions options = default(CallOptions))
        {
            var request = new GetGeneratorRequest { Name = name };
            return (await Unary(CatalogService.GetGenerator, request, options).ConfigureAwait(false)).Generator ?? new Generator();
        }

        /// <summary>Whether the server can be reached and can make assets now.</summary>
        public async Task<bool> HealthyAsync(CancellationToken cancellation = default(CancellationToken))
        {
            using (var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation))
            {
                timeout.CancelAfter(HealthTimeout);
                try
                {
                    return await _channel.Ready(timeout.Token).ConfigureAwait(false);
                }
                catch (Exception)
                {
                    cancellation.ThrowIfCancellationRequested();
                    return false;
                }
            }
        }

        /// <summary>Closes idle connections. Streams that still run are not ended by it.</summary>
        public void Dispose()
        {
            _channel.Dispose();
        }

        /// <summary>One's own copy: what the caller does with the request afterwards does not matter.</summary>
        static TRequest Copy<TRequest>(TRequest request, TRequest copy) where TRequest : Message
        {
            if (request != null)
                copy.MergeFrom(request.ToBytes());
            return copy;
        }

        AssetStream<TUpdate> Stream<TRequest, TResponse, TUpdate>(
            Method<TRequest, TResponse> method, TRequest request, Func<TRequest, StreamOptions> get,
            Action<TRequest, StreamOptions> set, IPartReader<TUpdate> reader, CallOptions options)
            where TRequest : Message where TResponse : Message, IStreamMessage where TUpdate : class
        {
            StreamOptions wanted = get(request) ?? new StreamOptions();
            wanted.ResumeTokens = true;
            set(request, wanted);
            var attempts = new Attempts(_options.Retry, options.Timeout ?? _options.Timeout, options.Cancellation);
            Func<byte[], Task<IMessages>> open = async token =>
            {
                wanted.ResumeToken = token;
                return new Messages<TResponse>(
                    await _channel.Open(method, request, attempts.Remaining, attempts.Ended).ConfigureAwait(false));
            };
            return new AssetStream<TUpdate>(open, reader, attempts, wanted.ResumeToken.ToArray(), false);
        }

        async Task<TResponse> Unary<TRequest, TResponse>(Method<TRequest, TResponse> method, TRequest request, CallOptions options)
            where TRequest : Message where TResponse : Message
        {
            using (var attempts = new Attempts(_options.Retry, options.Timeout ?? _options.Timeout, options.Cancellation))
                for (;;)
                {
                    Exception failure;
                    try
                    {
                        return await _channel.Call(method, request, attempts.Remaining, attempts.Ended).ConfigureAwait(false);
                    }
                    catch (Exception error)
                    {
                        failure = error;
                    }
                    await attempts.After(failure).ConfigureAwait(false);
                }
        }
    }
}
