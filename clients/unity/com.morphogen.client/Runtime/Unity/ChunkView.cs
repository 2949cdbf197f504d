using System.Collections.Generic;
using Morphogen.Formats;
using UnityEngine;
using UnityEngine.Rendering;

namespace Morphogen.Unity
{
    /// <summary>What another thread has made of a chunk: all that showing it takes.</summary>
    sealed class PreparedChunk
    {
        public ChunkPlace Place;
        public float[] Heights;
        public ChunkMesh Mesh;
        public int Stride;
        public Rgba Ground;
        public IReadOnlyDictionary<string, Placement[]> Props;
    }

    /// <summary>A chunk in the scene. Chunks that go out of view are kept for those that come.</summary>
    sealed class ChunkView
    {
        /// <summary>Most instances that Unity draws at once.</summary>
        const int BatchMax = 1023;

        readonly GameObject _object;
        readonly MeshRenderer _renderer;
        readonly MeshCollider _collider;
        readonly Mesh _mesh = new Mesh();
        readonly Material _material;
        readonly List<Batch> _batches = new List<Batch>();
        Texture2D _ground;

        public ChunkView(Transform parent, Material like, bool collides)
        {
            _object = new GameObject("chunk");
            _object.transform.SetParent(parent, false);
            _object.AddComponent<MeshFilter>().sharedMesh = _mesh;
            _renderer = _object.AddComponent<MeshRenderer>();
            _collider = collides ? _object.AddComponent<MeshCollider>() : null;
            _material = new Material(like) { name = "ground" };
            _renderer.sharedMaterial = _material;
        }

        public ChunkPlace Place { get; private set; }

        /// <summary>Heights at all the vertices that have come.</summary>
        public float[] Heights { get; private set; }

        /// <summary>Every which vertex the mesh has.</summary>
        public int Stride { get; private set; }

        /// <summary>Whether another thread makes a mesh for it.</summary>
        public bool Remaking { get; set; }

        public void Show(PreparedChunk chunk, Vector3 corner, PropMeshes props, Matrix4x4 world)
        {
            Place = chunk.Place;
            Heights = chunk.Heights;
            Remaking = false;
            _object.name = $"chunk {chunk.Place.Row} {chunk.Place.Column}";
            _object.transform.localPosition = corner;
            _object.SetActive(true);
            Shape(chunk.Mesh, chunk.Stride);
            if (chunk.Ground != null)
            {
                _ground = Pictures.Show(chunk.Ground, _ground, false, true, "ground");
                _ground.wrapMode = TextureWrapMode.Clamp;
                _material.SetTexture(MaterialProperties.Of(_material).Albedo, _ground);
            }
            _batches.Clear();
            if (props != null)
                foreach (KeyValuePair<string, Placement[]> model in chunk.Props)
                    Stand(model.Value, props.Lods(model.Key), world * Matrix4x4.Translate(corner));
        }

        public void Shape(ChunkMesh shape, int stride)
        {
            Stride = stride;
            int count = shape.Positions.Length / 3;
            var positions = new Vector3[count];
            var normals = new Vector3[count];
            var uvs = new Vector2[count];
            for (int vertex = 0; vertex < count; vertex++)
            {
                int at = 3 * vertex;
                positions[vertex] = new Vector3(shape.Positions[at], shape.Positions[at + 1], shape.Positions[at + 2]);
                normals[vertex] = new Vector3(shape.Normals[at], shape.Normals[at + 1], shape.Normals[at + 2]);
                uvs[vertex] = new Vector2(shape.Uvs[2 * vertex], shape.Uvs[2 * vertex + 1]);
            }
            _mesh.Clear();
            _mesh.indexFormat = count > 65535 ? IndexFormat.UInt32 : IndexFormat.UInt16;
            _mesh.SetVertices(positions);
            _mesh.SetNormals(normals);
            _mesh.SetUVs(0, uvs);
            _mesh.SetTriangles(shape.Indices, 0);
            _mesh.RecalculateBounds();
            if (_collider == null)
                return;
            _collider.sharedMesh = null; // it looks at a mesh once
            _collider.sharedMesh = _mesh;
        }

        /// <summary>Draw what stands here; coarser models from further away.</summary>
        public void DrawProps(PropMeshes props, int lod)
        {
            foreach (Batch batch in _batches)
                props.Draw(batch.Lods[Mathf.Min(lod, batch.Lods.Count - 1)], batch.Places, batch.Places.Length);
        }

        /// <summary>Out of view, until it shows another chunk.</summary>
        public void Hide()
        {
            _object.SetActive(false);
            _batches.Clear();
            Heights = null;
        }

        public void Destroy()
        {
            Object.Destroy(_object);
            Object.Destroy(_mesh);
            Object.Destroy(_material);
            if (_ground != null)
                Object.Destroy(_ground);
        }

        void Stand(Placement[] placements, IReadOnlyList<PropSurface[]> lods, Matrix4x4 corner)
        {
            if (lods == null)
                return;
            for (int from = 0; from < placements.Length; from += BatchMax)
            {
                var places = new Matrix4x4[Mathf.Min(BatchMax, placements.Length - from)];
                for (int index = 0; index < places.Length; index++)
                {
                    Placement at = placements[from + index];
                    places[index] = corner * Matrix4x4.TRS(new Vector3(Spaces.Axes.X(at.X), at.Y, at.Z),
                        Quaternion.Euler(0, Spaces.Axes.TurnDeg(at.TurnDeg), 0), Vector3.one * at.Scale);
                }
                _batches.Add(new Batch { Lods = lods, Places = places });
            }
        }

        sealed class Batch
        {
            public IReadOnlyList<PropSurface[]> Lods;
            public Matrix4x4[] Places;
        }
    }
}
