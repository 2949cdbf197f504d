using System.Collections.Generic;
using System.Linq;
using Morphogen.Formats;
using UnityEngine;
using UnityEngine.Rendering;

namespace Morphogen.Unity
{
    /// <summary>The models of a world as meshes and materials, each made when it is first drawn. In the main thread.</summary>
    sealed class PropMeshes
    {
        readonly PropModels _models;
        readonly Material[] _materials;
        readonly Dictionary<PropSurface[], Mesh> _meshes = new Dictionary<PropSurface[], Mesh>();

        public PropMeshes(PropModels models, Material like)
        {
            _models = models;
            _materials = models.Materials.Select(each => Colored(like, each)).ToArray();
        }

        /// <summary>Levels of detail of a model, the finest first; null if the world has no such model.</summary>
        public IReadOnlyList<PropSurface[]> Lods(string name)
        {
            PropModel model;
            return _models.Models.TryGetValue(name, out model) ? model.Lods : null;
        }

        /// <summary>Draw many of one model.</summary>
        public void Draw(PropSurface[] surfaces, Matrix4x4[] places, int count)
        {
            Mesh mesh;
            if (!_meshes.TryGetValue(surfaces, out mesh))
                _meshes[surfaces] = mesh = Made(surfaces);
            for (int surface = 0; surface < surfaces.Length; surface++)
                Graphics.DrawMeshInstanced(mesh, surface, _materials[surfaces[surface].Material], places, count);
        }

        public void Destroy()
        {
            foreach (Mesh mesh in _meshes.Values)
                Object.Destroy(mesh);
            foreach (Material material in _materials)
                Object.Destroy(material);
            _meshes.Clear();
        }

        static Material Colored(Material like, PropMaterial surface)
        {
            var material = new Material(like) { name = surface.Name, enableInstancing = true };
            var color = new Color(surface.Color[0], surface.Color[1], surface.Color[2], 1).gamma;
            foreach (string name in new[] { "_BaseColor", "_Color" })
                if (material.HasProperty(name))
                    material.SetColor(name, color);
            foreach (string name in new[] { "_Smoothness", "_Glossiness" })
                if (material.HasProperty(name))
                    material.SetFloat(name, 1 - surface.Roughness);
            if (material.HasProperty("_Metallic"))
                material.SetFloat("_Metallic", surface.Metallic);
            return material;
        }

        static Mesh Made(PropSurface[] surfaces)
        {
            var positions = new List<Vector3>();
            var normals = new List<Vector3>();
            var colors = new List<Color32>();
            var first = new List<int>();
            foreach (PropSurface surface in surfaces)
            {
                first.Add(positions.Count);
                for (int at = 0; at < surface.Positions.Length; at += 3)
                {
                    positions.Add(new Vector3(surface.Positions[at], surface.Positions[at + 1], surface.Positions[at + 2]));
                    normals.Add(new Vector3(surface.Normals[at], surface.Normals[at + 1], surface.Normals[at + 2]));
                    int color = at / 3 * 4;
                    colors.Add(surface.Colors == null
                        ? new Color32(255, 255, 255, 255)
                        : new Color32(surface.Colors[color], surface.Colors[color + 1], surface.Colors[color + 2], surface.Colors[color + 3]));
                }
            }
            var mesh = new Mesh { indexFormat = positions.Count > 65535 ? IndexFormat.UInt32 : IndexFormat.UInt16 };
            mesh.SetVertices(positions);
            mesh.SetNormals(normals);
            mesh.SetColors(colors);
            mesh.subMeshCount = surfaces.Length;
            for (int surface = 0; surface < surfaces.Length; surface++)
                mesh.SetTriangles(surfaces[surface].Indices.Select(index => index + first[surface]).ToArray(), surface);
            mesh.RecalculateBounds();
            mesh.UploadMeshData(true);
            return mesh;
        }
    }
}
