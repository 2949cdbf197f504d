using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using Morphogen.V1;
using UnityEngine;

namespace Morphogen.Unity
{
    /// <summary>
    /// A character that a server moves, frame by frame: poses on a rig, pictures in a texture, or both. Steer it from game code.
    /// </summary>
    [AddComponentMenu("Morphogen/Character Player")]
    public sealed class CharacterPlayer : StreamComponent
    {
        [SerializeField, Tooltip("A Humanoid in its T-pose that takes the poses.")]
        Animator animator;

        [SerializeField, Tooltip("Without an animator: parent of bones named as the joints; bones are made if it has none.")]
        Transform skeletonRoot;

        [SerializeField, Tooltip("Identity of the character.")]
        int seed;

        [SerializeField, Tooltip("Frames per second: 24, 30, 60, 72 or 90.")]
        int rateHz = 30;

        [SerializeField, Tooltip("Begin with the scene, with poses.")]
        bool playOnStart = true;

        /// <summary>
        /// Frames that wait for their turn. When all places are taken by a live stream's, the game was late, and old ones are
        /// skipped; others come as fast as they are taken.
        /// </summary>
        const int WaitingMax = 3;

        readonly ConcurrentQueue<Shown> _waiting = new ConcurrentQueue<Shown>();
        SemaphoreSlim _room;
        CharacterStream _stream;
        Rig _rig;
        double _dueAtS;
        double _frameS;
        bool _live;

        /// <summary>A frame has been shown. In the main thread.</summary>
        public event Action<CharacterFrame> FrameShown;

        /// <summary>All frames have come. In the main thread.</summary>
        public event Action Finished;

        /// <summary>The newest picture; null before one has come, or if none were asked for.</summary>
        public Texture2D Picture { get; private set; }

        /// <summary>The bones; null before the first frame.</summary>
        public Rig Rig { get { return _rig; } }

        /// <summary>Frames that were shown.</summary>
        public int ShownCount { get; private set; }

        /// <summary>Frames that came and were not shown, because the game was late.</summary>
        public int SkippedCount { get; private set; }

        /// <summary>Frames that the server left out, because the game was late.</summary>
        public int DroppedCount { get { return _stream == null ? 0 : _stream.DroppedCount; } }

        /// <summary>A Humanoid in its T-pose that takes the poses.</summary>
        public Animator Animator
        {
            get { return animator; }
            set { animator = value; }
        }

        /// <summary>Without an animator: parent of bones named as the joints; bones are made if it has none.</summary>
        public Transform SkeletonRoot
        {
            get { return skeletonRoot; }
            set { skeletonRoot = value; }
        }

        /// <summary>Whether the character that the inspector names moves from the scene's start.</summary>
        public bool PlayOnStart
        {
            get { return playOnStart; }
            set { playOnStart = value; }
        }

        /// <summary>
        /// Play a character. Of pictures, raw, PNG and JPEG are shown; others, encoded video for example, are yours to decode in
        /// <see cref="FrameShown"/>. A stream that runs is stopped.
        /// </summary>
        public void Play(PlayFramesRequest request)
        {
            MorphogenClient client = Server.Client;
            Stop();
            Clear();
            CharacterStream stream = client.PlayFrames(request);
            uint rate = request.Stream == null || request.Stream.RateHz == 0 ? 30 : request.Stream.RateHz;
            _frameS = 1.0 / rate;
            _live = request.Stream != null && request.Stream.Delivery == Delivery.Live;
            _dueAtS = 0;
            ShownCount = SkippedCount = 0;
            _stream = stream;
            var room = _room = new SemaphoreSlim(WaitingMax);
            Run((work, ended) => Stream(stream, room, work, ended));
        }

        /// <summary>Tell the character something; it shows in the next frame that is made. The control's number, 0 if none plays.</summary>
        public int Steer(CharacterControl control)
        {
            return _stream == null ? 0 : _stream.Steer(control);
        }

        void Start()
        {
            if (playOnStart)
                Play(new PlayFramesRequest
                {
                    Stream = new FrameStream
                    {
                        Identity = new CharacterIdentity { Seed = unchecked((uint)seed) },
                        RateHz = (uint)rateHz, Poses = true, Delivery = Delivery.Live,
                    },
                });
        }

        /// <inheritdoc/>
        protected override void Update()
        {
            base.Update();
            double nowS = Time.realtimeSinceStartupAsDouble;
            Shown next;
            if (_live && _waiting.Count >= WaitingMax)
                while (_waiting.Count > 1 && _waiting.TryPeek(out next) && next.Alone && Take(out next))
                    SkippedCount++;
            if (_waiting.IsEmpty || nowS < _dueAtS)
                return;
            // In step with the server's rate; from now on, if the game or the network was late.
            _dueAtS = Math.Max(_dueAtS + _frameS, nowS - _frameS / 2);
            if (Take(out next))
                Show(next);
        }

        /// <inheritdoc/>
        protected override void OnDestroy()
        {
            base.OnDestroy();
            Clear();
            if (Picture != null)
                Destroy(Picture);
        }

        async Task Stream(CharacterStream stream, SemaphoreSlim room, FrameWork work, CancellationToken ended)
        {
            using (ended.Register(stream.Dispose))
            using (stream)
                while (await stream.MoveNextAsync().ConfigureAwait(false))
                {
                    CharacterFrame frame = stream.Current;
                    Rgba raw = frame.Format == "raw" ? Rgba.FromRaw(frame.Picture, frame.SizePx) : null;
                    await room.WaitAsync(ended).ConfigureAwait(false); // the server learns of room when the next one is pulled
                    _waiting.Enqueue(new Shown(frame, raw));
                }
            for (int place = 0; place < WaitingMax; place++)
                await room.WaitAsync(ended).ConfigureAwait(false); // until the last frame has been shown
            await work.Run(() => Finished?.Invoke()).ConfigureAwait(false);
        }

        bool Take(out Shown next)
        {
            if (!_waiting.TryDequeue(out next))
                return false;
            _room.Release();
            return true;
        }

        void Show(Shown next)
        {
            if (next.Frame.Pose != null)
            {
                _rig = _rig ?? MakeRig();
                _rig?.Apply(next.Frame.Pose);
            }
            if (next.Raw != null)
                Picture = Pictures.Show(next.Raw, Picture, false, false, "frame");
            else if (next.Frame.Format == "png" || next.Frame.Format == "jpeg")
                LoadImage(next.Frame.Picture);
            ShownCount++;
            FrameShown?.Invoke(next.Frame);
        }

        Rig MakeRig()
        {
            Skeleton skeleton = _stream.Skeleton;
            if (animator != null && skeleton != null)
                return Rig.Of(animator, skeleton);
            Transform root = skeletonRoot == null ? transform : skeletonRoot;
            return root.childCount > 0 || skeleton == null ? Rig.Named(root) : Rig.Made(root, skeleton);
        }

        void LoadImage(ArraySegment<byte> picture)
        {
            if (Picture == null)
                Picture = new Texture2D(2, 2, TextureFormat.RGBA32, false) { name = "frame" };
            var data = new byte[picture.Count];
            Buffer.BlockCopy(picture.Array, picture.Offset, data, 0, data.Length);
            Picture.LoadImage(data);
        }

        void Clear()
        {
            Shown dropped;
            while (_waiting.TryDequeue(out dropped))
            {
            }
            _stream?.Dispose();
            _stream = null;
        }

        /// <summary>A frame on its way from the thread that pulls to the main one.</summary>
        sealed class Shown
        {
            public Shown(CharacterFrame frame, Rgba raw)
            {
                Frame = frame;
                Raw = raw;
            }

            public CharacterFrame Frame { get; }

            public Rgba Raw { get; }

            /// <summary>Whether it can be left out: no later one is told by what differs from it.</summary>
            public bool Alone { get { return !VideoFormats.Contains(Frame.Format); } }

            static readonly HashSet<string> VideoFormats = new HashSet<string> { "h264", "vp9", "av1" };
        }
    }
}
