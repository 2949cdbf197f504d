using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using Morphogen.Calls;
using Morphogen.Formats;
using Morphogen.Streams;
using Morphogen.V1;

namespace Morphogen
{
    /// <summary>
    /// A character that moves: pull its frames, and <see cref="Steer"/> it meanwhile. A frame counts as taken when the next
    /// one is pulled, so a game that cannot keep up has no more than its credit waiting. A broken connection is continued at
    /// the exact frame, with the controls that no frame had shown.
    /// </summary>
    public sealed class CharacterStream : AssetStream<CharacterFrame>
    {
        readonly Channel _channel;
        readonly Attempts _attempts;
        readonly CharacterReader _reader;
        readonly int _credit;
        readonly object _lock = new object();

        internal static CharacterStream Open(Channel channel, PlayFramesRequest request, Attempts attempts)
        {
            var sent = new PlayFramesRequest();
            sent.MergeFrom(request.ToBytes());
            sent.GrantsCredit = true;
            sent.Stream = sent.Stream ?? new FrameStream();
            sent.Stream.Poses |= sent.Stream.Format == FrameFormat.Unspecified;
            sent.Options = sent.Options ?? new StreamOptions();
            sent.Options.ResumeTokens = true;
            uint credit = sent.Options.Credit == 0 ? CreditDefault : sent.Options.Credit;
            if (credit > CreditMax)
                throw new InvalidRequestException($"options.credit: {credit} is not 1 to {CreditMax} frames",
                    "options.credit", credit.ToString(), $"1 to {CreditMax} frames");
            var task = new StreamTask(channel, sent, attempts, credit);
            byte[] token = sent.Options.ResumeToken.ToArray();
            return new CharacterStream(channel, attempts, new CharacterReader(token.Length == 0), task, token);
        }

        const uint CreditDefault = 4;
        const uint CreditMax = 63; // of 64 parts: the description is one of them

        CharacterStream(Channel channel, Attempts attempts, CharacterReader reader, StreamTask task, byte[] token)
            : base(task.Open, reader, attempts, token, task.Live)
        {
            _channel = channel;
            _attempts = attempts;
            _reader = reader;
            _credit = (int)task.Credit;
            task.Begun = Begin;
        }

        /// <summary>Who moves; there from the first frame on. Null in streams that began with a token.</summary>
        public Skeleton Skeleton { get { return _reader.Skeleton; } }

        /// <summary>Frames that the server left out between the first and the newest one; live delivery only.</summary>
        public int DroppedCount { get { return _reader.DroppedCount; } }

        /// <summary>
        /// Tell the character something; it shows in the next frame that is made. The control's number: frames with at least
        /// this ControlCount show it. From any thread, as often as you like: what has not been sent yet becomes one control.
        /// Values that the server refuses end the stream with InvalidRequestException.
        /// </summary>
        public int Steer(CharacterControl control)
        {
            int number;
            lock (_reader.Controls)
                number = _reader.Controls.Add(control);
            Volatile.Read(ref _steering)?.Wake();
            return number;
        }

        /// <summary>The next frame of a video shall stand for itself.</summary>
        public void WantKeyframe()
        {
            lock (_lock)
                _keyframe = true;
            Volatile.Read(ref _steering)?.Wake();
        }

        Steering _steering;
        bool _keyframe;
        int _room;
        string _sessionId = "";

        /// <summary>An attempt begins; what ends its call.</summary>
        CancellationToken Begin()
        {
            var steering = new Steering(_attempts.Ended, SendNews, null, _attempts.ErrorFrom);
            lock (_lock)
                _room = 0;
            lock (_reader.Controls)
                _reader.Controls.Restart();
            Volatile.Write(ref _steering, steering);
            return steering.Ended;
        }

        internal override async Task Opened(StreamHeader header)
        {
            _sessionId = header.SessionId;
            _reader.FirstFrame = Json.Parse("the request", header.CanonicalRequest)["first_frame"].Whole;
            Steering steering = _steering;
            if (!_reader.Controls.Before.HasValue) // with a stored token: how many controls lie before it
            {
                var asked = new ControlSessionRequest { SessionId = _sessionId };
                ControlSessionResponse told = await Control(asked, steering.Ended).ConfigureAwait(false);
                lock (_reader.Controls)
                    _reader.Controls.Before = (int)told.ControlCount;
            }
            steering.Open();
        }

        internal override void Taken()
        {
            lock (_lock)
                _room++;
            _steering.Wake();
        }

        internal override Exception Reason(Exception failure)
        {
            failure = _steering?.Failure ?? failure;
            // The server ends long calls, and those of a game that slept: now that it asks again, it goes on.
            return failure is DeadlineExceededException late && late.Reason.Length != 0
                ? new UnavailableException(late.Message, late)
                : failure;
        }

        internal override void Leave()
        {
            base.Leave();
            Volatile.Read(ref _steering)?.Dispose();
        }

        Task SendNews(CancellationToken ended)
        {
            var message = new ControlSessionRequest { SessionId = _sessionId };
            lock (_reader.Controls)
            {
                int first;
                message.Controls = _reader.Controls.Unsent(out first);
                message.FirstNumber = (uint)first;
            }
            lock (_lock)
            {
                if (message.Controls.Count == 0 && !_keyframe && _room < Math.Max(1, _credit / 2))
                    return null; // half of the credit at a time: it takes half of the calls
                message.Credit = (uint)_room;
                message.Keyframe = _keyframe;
                _room = 0;
                _keyframe = false;
            }
            return Control(message, ended);
        }

        Task<ControlSessionResponse> Control(ControlSessionRequest message, CancellationToken ended)
        {
            return _channel.Call(CharacterService.ControlSession, message, Steering.CallTimeout, ended);
        }

        /// <summary>Opens the calls.</summary>
        sealed class StreamTask
        {
            readonly Channel _channel;
            readonly PlayFramesRequest _request;
            readonly Attempts _attempts;

            public StreamTask(Channel channel, PlayFramesRequest request, Attempts attempts, uint credit)
            {
                _channel = channel;
                _request = request;
                _attempts = attempts;
                Credit = credit;
            }

            public uint Credit { get; }

            public bool Live { get { return _request.Stream.Delivery == Delivery.Live; } }

            public Func<CancellationToken> Begun { get; set; }

            public async Task<IMessages> Open(byte[] token)
            {
                CancellationToken ended = Begun();
                _request.Options.ResumeToken = token;
                _request.Options.Credit = Credit + (token.Length == 0 ? 1u : 0u);
                return new Messages<PlayFramesResponse>(await _channel
                    .Open(CharacterService.PlayFrames, _request, _attempts.Remaining, ended).ConfigureAwait(false));
            }
        }
    }
}

namespace Morphogen.Streams
{
    /// <summary>Makes frames of parts.</summary>
    sealed class CharacterReader : IPartReader<CharacterFrame>
    {
        static readonly Dictionary<string, AssetFile> None = new Dictionary<string, AssetFile>();
        int _last = -1;

        public CharacterReader(bool fromTheStart)
        {
            Controls = new Controls(fromTheStart ? 0 : (int?)null);
        }

        public IReadOnlyDictionary<string, AssetFile> Files { get { return None; } }

        public Controls Controls { get; }

        public int FirstFrame { get; set; }

        public Skeleton Skeleton { get; private set; }

        public int DroppedCount { get; private set; }

        public CharacterFrame Read(StreamHeader header, Part part)
        {
            if (part.Map == "description")
            {
                Skeleton = Skeleton.Parse(part.Data);
                return null;
            }
            if (_last >= 0)
                DroppedCount += part.Sequence - _last - 1;
            _last = part.Sequence;
            int shown;
            lock (Controls)
                shown = Controls.Shown(part.ControlCount);
            return CharacterFrame.From(part, FirstFrame + part.Sequence - 1, shown);
        }
    }

    /// <summary>The controls that no frame has shown yet. At most one of them has not been sent.</summary>
    sealed class Controls
    {
        const int UnshownMax = 32;

        readonly List<CharacterControl> _kept = new List<CharacterControl>();
        int _firstNumber = 1;
        int _sentCount;

        public Controls(int? before)
        {
            Before = before;
        }

        /// <summary>Controls of earlier streams, which the server counts and this one does not; null: not known yet.</summary>
        public int? Before { get; set; }

        public int Add(CharacterControl control)
        {
            var both = new CharacterControl();
            if (_kept.Count > _sentCount)
            {
                both.MergeFrom(_kept[_kept.Count - 1].ToBytes());
                _kept.RemoveAt(_kept.Count - 1);
            }
            both.MergeFrom(control.ToBytes()); // what it says replaces what was said before, the rest stays
            _kept.Add(both);
            return _firstNumber + _kept.Count - 1;
        }

        /// <summary>Those to be sent next, and the number of the first; from here on they count as sent.</summary>
        public List<CharacterControl> Unsent(out int firstNumber)
        {
            List<CharacterControl> unsent = _sentCount < UnshownMax
                ? _kept.GetRange(_sentCount, _kept.Count - _sentCount)
                : new List<CharacterControl>();
            firstNumber = unsent.Count == 0 ? 0 : Before.GetValueOrDefault() + _firstNumber + _sentCount;
            _sentCount += unsent.Count;
            return unsent;
        }

        /// <summary>A frame shows so many, as the server counts; the same as this stream counts.</summary>
        public int Shown(int controlCount)
        {
            int count = controlCount - Before.GetValueOrDefault();
            int done = Math.Min(Math.Max(0, count - _firstNumber + 1), _kept.Count);
            _kept.RemoveRange(0, done);
            _firstNumber += done;
            _sentCount = Math.Max(0, _sentCount - done);
            return count;
        }

        /// <summary>A new session has had none of them.</summary>
        public void Restart()
        {
            _sentCount = 0;
        }
    }
}
