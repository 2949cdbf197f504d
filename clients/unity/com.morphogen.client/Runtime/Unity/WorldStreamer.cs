using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using Morphogen.Formats;
using Morphogen.Spaces;
using Morphogen.V1;
using UnityEngine;

namespace Morphogen.Unity
{
    /// <summary>
    /// An endless world around a transform: chunks come before it sees them, coarse ones first, and go when it has left them.
    /// This transform stands for a corner of a chunk near the world's spawn, so that coordinates are small there.
    /// </summary>
    [AddComponentMenu("Morphogen/World Streamer")]
    public sealed class WorldStreamer : StreamComponent
    {
        [SerializeField, Tooltip("Whose surroundings are shown, the camera for example.")]
        Transform viewer;

        [SerializeField, Tooltip("Put the viewer on the ground where the world begins.")]
        bool placeViewer = true;

        [SerializeField, Tooltip("Identity of the world.")]
        int seed;

        [SerializeField, Tooltip("How far the viewer sees, in meters.")]
        float viewDistanceM = 600;

        [SerializeField, Tooltip("A lit material; each chunk gets a copy with its own picture of the ground.")]
        Material groundMaterial;

        [SerializeField, Tooltip("A lit material that allows instancing; props get copies with their colors. Without: no props.")]
        Material propMaterial;

        [SerializeField, Tooltip("Edge length of a chunk's picture of the ground, in pixels.")]
        int groundPx = 256;

        [SerializeField, Tooltip("Whether chunks get mesh colliders.")]
        bool colliders;

        [SerializeField, Tooltip("Begin with the scene.")]
        bool exploreOnStart = true;

        /// <summary>Chunks out of view that are kept for others.</summary>
        const int PoolMax = 16;

        const double MoveEveryS = 0.1;

        readonly Dictionary<long, ChunkView> _views = new Dictionary<long, ChunkView>();
        readonly Stack<ChunkView> _pool = new Stack<ChunkView>();
        WorldStream _stream;
        PropMeshes _props;
        double _chunkM;
        double _originXM;
        double _originZM;
        double _movedAtS;
        Vector3 _movedFrom;
        bool _placed;
        bool _moving;
        double _viewerXM;
        double _viewerZM;

        /// <summary>The world has been entered. In the main thread.</summary>
        public event Action<WorldOpened> Entered;

        /// <summary>Everything that the viewer sees now is shown. In the main thread.</summary>
        public event Action Settled;

        /// <summary>Chunks that are shown.</summary>
        public int ChunkCount { get { return _views.Count; } }

        /// <summary>Chunks that are kept for others.</summary>
        public int PooledCount { get { return _pool.Count; } }

        /// <summary>Whose surroundings are shown.</summary>
        public Transform Viewer
        {
            get { return viewer; }
            set { viewer = value; }
        }

        /// <summary>A lit material; each chunk gets a copy.</summary>
        public Material GroundMaterial
        {
            get { return groundMaterial; }
            set { groundMaterial = value; }
        }

        /// <summary>A lit material; props get copies. Without one there are no props.</summary>
        public Material PropMaterial
        {
            get { return propMaterial; }
            set { propMaterial = value; }
        }

        /// <summary>Whether chunks get mesh colliders; for chunks that come from now on.</summary>
        public bool Colliders
        {
            get { return colliders; }
            set { colliders = value; }
        }

        /// <summary>Whether the world that the inspector names is explored from the scene's start.</summary>
        public bool ExploreOnStart
        {
            get { return exploreOnStart; }
            set { exploreOnStart = value; }
        }

        /// <summary>Explore a world. What has been shown of another one goes.</summary>
        public void Explore(ExploreStart start)
        {
            MorphogenClient client = Server.Client;
            Stop();
            Clear();
            _placed = false;
            start.Maps = new List<string> { "height", "ground" };
            if (propMaterial != null)
                start.Maps.Add("props");
            Run((work, ended) => Stream(client, start, work, ended));
        }

        /// <summary>Height of the ground below a place in Unity's world, at the nearest vertex; null where no chunk is shown.</summary>
        public float? GroundAt(Vector3 position)
        {
            Vector3 local = transform.InverseTransformPoint(position);
            double x = _originXM + Axes.X((double)local.x), z = _originZM + local.z;
            ChunkView view;
            if (_chunkM <= 0 || !_views.TryGetValue(PlaceOf(x, z).Key, out view))
                return null;
            int vertices = view.Place.Vertices;
            int column = (int)Math.Round((x / _chunkM - view.Place.Column) * (vertices - 1));
            int row = (int)Math.Round((z / _chunkM - view.Place.Row) * (vertices - 1));
            return transform.TransformPoint(new Vector3(local.x, view.Heights[row * vertices + column], local.z)).y;
        }

        void Start()
        {
            if (exploreOnStart)
                Explore(new ExploreStart
                {
                    Landscape = new Landscape { Seed = unchecked((uint)seed) }, ViewDistanceM = viewDistanceM,
                });
        }

        /// <inheritdoc/>
        protected override void Update()
        {
            base.Update();
            if (_chunkM <= 0)
                return;
            Follow();
            foreach (ChunkView view in _views.Values)
            {
                double distanceM = ChunkLod.DistanceM(view.Place, _chunkM, _viewerXM, _viewerZM);
                if (_props != null)
                    view.DrawProps(_props, distanceM < _chunkM / 4 ? 0 : distanceM < _chunkM ? 1 : 2);
                int stride = ChunkLod.Stride(view.Place.Vertices, distanceM, _chunkM);
                if (stride != view.Stride && !view.Remaking)
                    Remake(view, stride);
            }
        }

        /// <inheritdoc/>
        protected override void OnDestroy()
        {
            base.OnDestroy();
            Clear();
        }

        async Task Stream(MorphogenClient client, ExploreStart start, FrameWork work, CancellationToken ended)
        {
            var options = new CallOptions { Cancellation = ended };
            IReadOnlyDictionary<string, AssetFile> files;
            var request = new GenerateWorldRequest { Landscape = start.Landscape };
            using (AssetStream<FileUpdate> world = client.GenerateWorld(request, options))
                files = (await world.ResultAsync().ConfigureAwait(false)).Files;
            var painter = new GroundPainter(files);
            PropModels models = start.Maps.Contains("props") ? PropModels.Read(files["models"].Data) : null;
            if (models != null)
                await work.Run(() => _props = new PropMeshes(models, propMaterial)).ConfigureAwait(false);
            using (WorldStream stream = client.ExploreWorld(start, options))
                while (await stream.MoveNextAsync().ConfigureAwait(false))
                    await Happened(stream, stream.Current, painter, work).ConfigureAwait(false);
        }

        Task Happened(WorldStream stream, WorldEvent happened, GroundPainter painter, FrameWork work)
        {
            if (happened is WorldEntered entered)
                return work.Run(() => Enter(stream, entered.World));
            if (happened is ChunkArrived arrived)
            {
                PreparedChunk chunk = Prepare(arrived.Chunk, painter);
                return work.Run(() => Show(chunk));
            }
            if (happened is ChunksEvicted evicted)
                return work.Run(() => Evict(evicted.Places));
            return work.Run(() => Settled?.Invoke());
        }

        /// <summary>In the background: all that takes time.</summary>
        PreparedChunk Prepare(Chunk chunk, GroundPainter painter)
        {
            float[] heights = chunk.Heights();
            double distanceM = ChunkLod.DistanceM(chunk.Place, _chunkM, Volatile.Read(ref _viewerXM), Volatile.Read(ref _viewerZM));
            int stride = ChunkLod.Stride(chunk.Place.Vertices, distanceM, _chunkM);
            return new PreparedChunk
            {
                Place = chunk.Place,
                Heights = heights,
                Stride = stride,
                Mesh = ChunkMesh.Build(heights, chunk.Place.Vertices, (float)_chunkM, stride),
                Ground = painter.Paint(chunk.Picture("ground"), (float)_chunkM, groundPx),
                Props = chunk.Placements(),
            };
        }

        void Enter(WorldStream stream, WorldOpened world)
        {
            _stream = stream;
            if (_chunkM > 0)
                return; // after a reconnection
            _chunkM = world.ChunkM;
            _viewerXM = world.Viewer == null ? 0 : world.Viewer.XM;
            _viewerZM = world.Viewer == null ? 0 : world.Viewer.ZM;
            _originXM = Math.Floor(_viewerXM / _chunkM) * _chunkM;
            _originZM = Math.Floor(_viewerZM / _chunkM) * _chunkM;
            if (placeViewer && viewer != null)
                viewer.position = transform.TransformPoint(Local(_viewerXM, _viewerZM));
            _movedFrom = viewer == null ? Vector3.zero : transform.InverseTransformPoint(viewer.position);
            Entered?.Invoke(world);
        }

        void Show(PreparedChunk chunk)
        {
            ChunkView view;
            if (!_views.TryGetValue(chunk.Place.Key, out view))
            {
                view = _pool.Count > 0 ? _pool.Pop() : new ChunkView(transform, groundMaterial, colliders);
                _views[chunk.Place.Key] = view;
            }
            Vector3 corner = Local(chunk.Place.Column * _chunkM, chunk.Place.Row * _chunkM);
            view.Show(chunk, corner, _props, transform.localToWorldMatrix);
            if (_placed || viewer == null || !chunk.Place.Equals(new ChunkPlace(PlaceOf(_viewerXM, _viewerZM).Row,
                PlaceOf(_viewerXM, _viewerZM).Column, chunk.Place.Vertices)))
                return;
            _placed = true;
            float? ground = placeViewer ? GroundAt(viewer.position) : null;
            if (ground.HasValue)
                viewer.position = new Vector3(viewer.position.x, ground.Value + 2, viewer.position.z);
        }

        void Evict(IReadOnlyList<ChunkPlace> places)
        {
            foreach (ChunkPlace place in places)
            {
                ChunkView view;
                if (!_views.TryGetValue(place.Key, out view))
                    continue;
                _views.Remove(place.Key);
                view.Hide();
                if (_pool.Count < PoolMax)
                    _pool.Push(view);
                else
                    view.Destroy();
            }
        }

        /// <summary>Tell the server where the viewer is and how fast it moves.</summary>
        void Follow()
        {
            double nowS = Time.realtimeSinceStartupAsDouble;
            double passedS = nowS - _movedAtS;
            if (viewer == null || passedS < MoveEveryS)
                return;
            Vector3 local = transform.InverseTransformPoint(viewer.position);
            Vector3 way = local - _movedFrom;
            Volatile.Write(ref _viewerXM, _originXM + Axes.X((double)local.x));
            Volatile.Write(ref _viewerZM, _originZM + local.z);
            bool moves = way.x != 0 || way.z != 0 || _moving;
            _moving = way.x != 0 || way.z != 0;
            _movedAtS = nowS;
            _movedFrom = local;
            if (moves)
                _stream.Move(_viewerXM, _viewerZM, Speed(Axes.X((double)way.x) / passedS), Speed(way.z / passedS));
        }

        /// <summary>A jump is no speed.</summary>
        static double Speed(double metersPerSecond)
        {
            return Math.Abs(metersPerSecond) > 1000 ? 0 : metersPerSecond;
        }

        /// <summary>A mesh with more or fewer of the vertices that have come.</summary>
        void Remake(ChunkView view, int stride)
        {
            float[] heights = view.Heights;
            int vertices = view.Place.Vertices;
            float edgeM = (float)_chunkM;
            view.Remaking = Background(() => ChunkMesh.Build(heights, vertices, edgeM, stride), mesh =>
            {
                view.Remaking = false;
                if (view.Heights == heights) // and not another chunk's by now
                    view.Shape(mesh, stride);
            });
        }

        ChunkPlace PlaceOf(double xM, double zM)
        {
            return new ChunkPlace((int)Math.Floor(zM / _chunkM), (int)Math.Floor(xM / _chunkM), 0);
        }

        Vector3 Local(double xM, double zM)
        {
            return new Vector3((float)Axes.X(xM - _originXM), 0, (float)(zM - _originZM));
        }

        void Clear()
        {
            foreach (ChunkView view in _views.Values)
                view.Destroy();
            while (_pool.Count > 0)
                _pool.Pop().Destroy();
            _views.Clear();
            _props?.Destroy();
            _props = null;
            _stream = null;
            _chunkM = 0;
        }
    }
}
