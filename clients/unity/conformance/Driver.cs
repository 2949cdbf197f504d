using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Morphogen;
using Morphogen.Formats;
using Morphogen.Streams;
using Morphogen.V1;

/// <summary>The conformance driver of the Unity SDK: ../../conformance/README.md says what it is asked and answers.</summary>
static class Driver
{
    static int Main(string[] arguments)
    {
        foreach (Json each in Json.Parse("cases", File.ReadAllBytes(arguments[0]))["cases"].Items)
            new Case(each).Run();
        return 0;
    }
}

/// <summary>One case: what is asked, and what came of it.</summary>
sealed class Case
{
    readonly Json _case;
    readonly Dictionary<string, object> _result = new Dictionary<string, object>();
    readonly List<string> _names = new List<string>();
    readonly List<double> _arrivals = new List<double>();
    readonly Stopwatch _clock = new Stopwatch();
    readonly Queue<Json> _steps;
    MorphogenClient _client;
    bool _left;
    int _attempts;
    byte[] _digest = new byte[32];
    bool _handsFiles = true;
    int _parts;
    long _bytes;
    int _settled;
    double _firstPartMs = -1;

    public Case(Json @case)
    {
        _case = @case;
        _steps = new Queue<Json>(Has("steps") ? @case["steps"].Items : new Json[0]);
    }

    public void Run()
    {
        _result["case"] = _case["name"].Text;
        try
        {
            _clock.Start();
            _client = Client();
            Call().GetAwaiter().GetResult();
            if (!_result.ContainsKey("outcome"))
                _result["outcome"] = "ok";
        }
        catch (Exception error)
        {
            Failed(error);
        }
        _result["elapsedMs"] = _clock.Elapsed.TotalMilliseconds;
        _result["parts"] = _parts;
        _result["bytes"] = _bytes;
        if (_names.Count > 0)
            _result["names"] = _names;
        if (_firstPartMs >= 0)
            _result["firstPartMs"] = _firstPartMs;
        if (TimesArrivals)
            _result["arrivalsMs"] = _arrivals;
        if (_parts > 0 && _handsFiles && !TimesArrivals && !_result.ContainsKey("healthy"))
            _result["handedSha256"] = Hex(_digest);
        int lingerMs = Has("lingerMs") ? _case["lingerMs"].Whole : 0;
        if (lingerMs == 0)
        {
            _client?.Dispose();
            _result["leaks"] = Leaks.Found();
        }
        Console.Out.WriteLine("RESULT " + JsonText.Of(_result));
        Console.Out.Flush();
        if (lingerMs > 0)
        {
            Thread.Sleep(lingerMs);
            _client?.Dispose();
        }
    }

    bool Has(string name)
    {
        return _case.Members.ContainsKey(name);
    }

    MorphogenClient Client()
    {
        var options = new MorphogenOptions { Token = Has("token") ? _case["token"].Text : null };
        if (Has("timeoutMs"))
            options.Timeout = TimeSpan.FromMilliseconds(_case["timeoutMs"].Number);
        if (Has("retry"))
        {
            Json retry = _case["retry"];
            options.Retry = new RetryPolicy
            {
                Attempts = retry["attempts"].Whole,
                FirstDelay = TimeSpan.FromMilliseconds(retry["firstDelayMs"].Number),
                LongestDelay = TimeSpan.FromMilliseconds(retry["longestDelayMs"].Number),
            };
        }
        return new MorphogenClient(_case["url"].Text, options);
    }

    CallOptions Options()
    {
        return new CallOptions
        {
            Timeout = Has("timeoutMs") ? TimeSpan.FromMilliseconds(_case["timeoutMs"].Number) : (TimeSpan?)null,
        };
    }

    async Task Call()
    {
        switch (_case["call"].Text)
        {
            case "probe":
                await Stream(token => _client.Probe(Resumed(Request<StreamProbeRequest>(), token), Options()), Took);
                break;
            case "generateTexture":
                await Stream(token => _client.GenerateTexture(Resumed(Request<GenerateTextureRequest>(), token), Options()), Took);
                break;
            case "generateLevel":
                await Stream(token => _client.GenerateLevel(Resumed(Request<GenerateLevelRequest>(), token), Options()), Took);
                break;
            case "generateScene":
                await Stream(token => _client.GenerateScene(Resumed(Request<GenerateSceneRequest>(), token), Options()), Took);
                break;
            case "generateWorld":
                await Stream(token => _client.GenerateWorld(Resumed(Request<GenerateWorldRequest>(), token), Options()), Took);
                break;
            case "generateChunk":
                await Stream(token => _client.GenerateChunk(Resumed(Request<GenerateChunkRequest>(), token), Options()), Took);
                break;
            case "generateCharacter":
                await Stream(token => _client.GenerateCharacter(Resumed(Request<GenerateCharacterRequest>(), token), Options()), Took);
                break;
            case "playFrames":
                _handsFiles = false;
                await Stream(token => _client.PlayFrames(Resumed(Request<PlayFramesRequest>(), token), Options()), Took);
                break;
            case "exploreWorld":
                _handsFiles = false;
                await Explore();
                break;
            case "catalog":
                _handsFiles = false;
                foreach (Generator each in await _client.CatalogAsync(Request<ListGeneratorsRequest>().AssetKind, Options()))
                    Part(each.Ref.Name, 0);
                break;
            case "generator":
                _handsFiles = false;
                Part((await _client.GeneratorAsync(Request<GetGeneratorRequest>().Name, Options())).Ref.Name, 0);
                break;
            case "healthy":
                _result["healthy"] = await _client.HealthyAsync();
                break;
            default:
                _result["outcome"] = "skipped";
                _result["message"] = "streams both ways take native gRPC";
                break;
        }
    }

    /// <summary>Pull a stream to its end, or as far as the steps say; continued where a step says so.</summary>
    async Task Stream<TUpdate>(Func<byte[], AssetStream<TUpdate>> open, Action<TUpdate> took) where TUpdate : class
    {
        byte[] token = null;
        for (bool again = true; again;)
        {
            again = false;
            using (AssetStream<TUpdate> stream = open(token))
            {
                using (Timer(stream.Dispose))
                    while (await stream.MoveNextAsync())
                    {
                        if (!_result.ContainsKey("firstSequence"))
                            _result["firstSequence"] = (int)stream.Header.FirstSequence;
                        took(stream.Current);
                        foreach (Json step in Due())
                        {
                            if (step.Members.ContainsKey("control"))
                                ((CharacterStream)(object)stream).Steer(
                                    (CharacterControl)ProtoJson.Read(typeof(CharacterControl), step["control"]));
                            again |= step.Members.ContainsKey("reopen");
                        }
                        if (_left || again)
                            break;
                    }
                _attempts += stream.AttemptCount;
                _result["attempts"] = _attempts;
                if (stream is CharacterStream frames)
                    _result["dropped"] = frames.DroppedCount;
                token = stream.ResumeToken;
                if (!again && !_left)
                    _result["sha256"] = (await stream.ResultAsync()).Sha256;
            }
            if (again)
            {
                _client.Dispose();
                _client = Client();
            }
        }
        if (_left)
            _result["outcome"] = "cancelled";
    }

    async Task Explore()
    {
        int evicted = 0;
        using (WorldStream world = _client.ExploreWorld(Request<ExploreStart>(), Options()))
        using (Timer(world.Dispose))
        {
            while (!_left && await world.MoveNextAsync())
            {
                if (world.Current is ChunkArrived arrived)
                    foreach (KeyValuePair<string, AssetFile> file in arrived.Chunk.Files)
                        _bytes += file.Value.Data.Length;
                if (world.Current is ChunkArrived)
                    Part(null, 0);
                if (world.Current is ChunksEvicted gone)
                    evicted += gone.Places.Count;
                if (world.Current is WorldSettled)
                    _settled++;
                foreach (Json step in Due())
                {
                    if (step.Members.ContainsKey("viewer"))
                    {
                        var viewer = (Viewer)ProtoJson.Read(typeof(Viewer), step["viewer"]);
                        world.Move(viewer.XM, viewer.ZM, viewer.VelocityX, viewer.VelocityZ);
                    }
                    if (step.Members.ContainsKey("finish"))
                        world.Finish();
                }
            }
            _result["settled"] = _settled;
            _result["evicted"] = evicted;
            _result["held"] = world.Held.Count;
            _result["attempts"] = world.AttemptCount;
        }
        if (_left)
            _result["outcome"] = "cancelled";
    }

    /// <summary>The steps whose time has come; pauses and leaving are done here.</summary>
    IEnumerable<Json> Due()
    {
        while (_steps.Count > 0 && !_left)
        {
            Json step = _steps.Peek();
            bool due = step.Members.ContainsKey("afterParts") && _parts >= step["afterParts"].Whole
                || step.Members.ContainsKey("afterSettled") && _settled >= step["afterSettled"].Whole;
            if (!due)
                yield break;
            _steps.Dequeue();
            if (step.Members.ContainsKey("pauseMs"))
                Thread.Sleep(step["pauseMs"].Whole);
            _left |= step.Members.ContainsKey("cancel");
            yield return step;
        }
    }

    /// <summary>Leaves the stream after a while, if a step says so.</summary>
    IDisposable Timer(Action leave)
    {
        if (_steps.Count == 0 || !_steps.Peek().Members.ContainsKey("afterMs"))
            return null;
        int dueMs = Math.Max(0, _steps.Dequeue()["afterMs"].Whole - (int)_clock.ElapsedMilliseconds);
        return new Timer(_ => leave(), null, dueMs, Timeout.Infinite);
    }

    void Took(TextureUpdate update)
    {
        foreach (KeyValuePair<string, AssetFile> map in update.Maps)
            Part(map.Key, map.Value.Data.Length, map.Value.Data);
    }

    void Took(LevelUpdate update)
    {
        Part(update.Name, update.File.Data.Length, update.File.Data);
    }

    void Took(FileUpdate update)
    {
        Part(update.Name, update.File.Data.Length, update.File.Data);
    }

    void Took(CharacterFrame frame)
    {
        int poseBytes = frame.Pose == null ? 0 : CharacterPose.SizeBytes;
        Part(frame.Format == "" ? "pose" : "frame", frame.Picture.Count + frame.Alpha.Count + poseBytes);
        _result["controls"] = frame.ControlCount;
    }

    bool TimesArrivals => Has("arrivals") && _case["arrivals"].Flag;

    void Part(string name, int bytes, byte[] data = null)
    {
        double nowMs = _clock.Elapsed.TotalMilliseconds;
        if (_parts++ == 0)
            _firstPartMs = nowMs;
        _arrivals.Add(nowMs);
        _bytes += bytes;
        if (name != null && !_names.Contains(name))
            _names.Add(name);
        if (data != null && !TimesArrivals)  // speed is measured then, and the client has looked at every sum already
            _digest = Sha256Digest.Of(_digest.Concat(Sha256Digest.Of(data)).ToArray());
    }

    static TRequest Resumed<TRequest>(TRequest request, byte[] token)
    {
        if (token == null)
            return request;
        var property = typeof(TRequest).GetProperty("Options");
        var options = (StreamOptions)property.GetValue(request) ?? new StreamOptions();
        options.ResumeToken = token;
        property.SetValue(request, options);
        return request;
    }

    TRequest Request<TRequest>() where TRequest : class, new()
    {
        return (TRequest)ProtoJson.Read(typeof(TRequest), Has("request") ? _case["request"] : Json.Parse("request", "{}"));
    }

    void Failed(Exception error)
    {
        var outcomes = new Dictionary<Type, string>
        {
            { typeof(NotFoundException), "not_found" }, { typeof(InvalidRequestException), "invalid_request" },
            { typeof(OverloadedException), "overloaded" }, { typeof(UnavailableException), "unavailable" },
            { typeof(UnauthenticatedException), "unauthenticated" }, { typeof(PermissionDeniedException), "permission_denied" },
            { typeof(DeadlineExceededException), "deadline_exceeded" }, { typeof(CancelledException), "cancelled" },
            { typeof(GenerationException), "generation" }, { typeof(UnsupportedException), "unsupported" },
            { typeof(ServerException), "server" }, { typeof(ChecksumMismatchException), "checksum_mismatch" },
            { typeof(BrokenStreamException), "broken_stream" },
        };
        _result["outcome"] = outcomes.FirstOrDefault(each => each.Key.IsInstanceOfType(error)).Value ?? "untyped";
        _result["message"] = error is MorphogenException ? error.Message : error.ToString();
        if (error is InvalidRequestException invalid)
        {
            _result["field"] = invalid.Field;
            _result["value"] = invalid.Value;
            _result["allowed"] = invalid.Allowed;
        }
        if (error is OverloadedException overloaded && overloaded.RetryAfter.HasValue)
            _result["retryAfterMs"] = overloaded.RetryAfter.Value.TotalMilliseconds;
        if (error is ServerException server)
            _result["code"] = server.Code;
    }

    static string Hex(byte[] data)
    {
        return BitConverter.ToString(data).Replace("-", "").ToLowerInvariant();
    }
}
