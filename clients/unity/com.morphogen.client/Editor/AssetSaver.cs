using System;
using System.Collections.Generic;
using System.IO;
using Morphogen.Unity;
using UnityEditor;
using UnityEngine;

namespace Morphogen.Editor
{
    /// <summary>Puts results into the project, with where they come from: what Unity imports is marked with its request.</summary>
    public static class AssetSaver
    {
        static readonly Dictionary<string, string> Endings = new Dictionary<string, string>
        {
            { "image/png", ".png" }, { "model/gltf-binary", ".glb" }, { "application/json", ".json" },
            { "image/vnd.radiance", ".hdr" },
        };

        /// <summary>
        /// Save a material into a folder below Assets: its maps as they came, a packed mask, and a Material that uses them.
        /// Returns the path of the Material.
        /// </summary>
        public static string SaveMaterial(AssetResult result, string folder, string name, Shader shader)
        {
            var material = new Material(shader) { name = name };
            MaterialProperties properties = MaterialProperties.Of(material);
            int edge = result.Header.LodsPx.Count == 0 ? 0 : (int)result.Header.LodsPx[result.Header.LodsPx.Count - 1];
            MaterialMaps maps = MaterialMaps.Decode(new TextureUpdate(edge, true, result.Files));
            foreach (string map in SaveFiles(result, folder, name))
            {
                string of = Path.GetFileNameWithoutExtension(map).Substring(name.Length + 1);
                Texture2D texture = Import(map, of != "albedo", of == "normal", result);
                string property = of == "albedo" ? properties.Albedo : of == "normal" ? properties.Normal : null;
                if (property != null)
                    material.SetTexture(property, texture);
            }
            if (maps.Mask != null)
                properties.SetMask(material, SaveMask(maps.Mask, $"{folder}/{name}_mask.png", result));
            properties.Enable(material, false);
            string path = $"{folder}/{name}.mat";
            AssetDatabase.CreateAsset(material, path);
            AssetDatabase.SaveAssets();
            return path;
        }

        /// <summary>
        /// Save a result's files into a folder below Assets, and beside them what they are made of. Returns the files' paths.
        /// </summary>
        public static IReadOnlyList<string> SaveFiles(AssetResult result, string folder, string name)
        {
            if (!folder.StartsWith("Assets", StringComparison.Ordinal) || folder.Contains(".."))
                throw new InvalidRequestException($"folder: {folder} is not below Assets", "folder", folder, "a folder below Assets");
            if (name.Length == 0 || name.IndexOfAny(Path.GetInvalidFileNameChars()) >= 0)
                throw new InvalidRequestException($"name: {name} is no file name", "name", name, "a file name without an ending");
            Directory.CreateDirectory(folder);
            var paths = new List<string>();
            foreach (KeyValuePair<string, AssetFile> file in result.Files)
            {
                string ending;
                if (!Endings.TryGetValue(file.Value.MediaType.Split(';')[0], out ending))
                    ending = ".bytes";
                string path = $"{folder}/{name}_{file.Key}{ending}";
                Write(path, file.Value.Data);
                paths.Add(path);
            }
            string provenance = $"{folder}/{name}_provenance.json";
            Write(provenance, System.Text.Encoding.UTF8.GetBytes(Provenance(result)));
            AssetDatabase.ImportAsset(provenance);
            return paths;
        }

        /// <summary>Who made it, from which request.</summary>
        public static string Provenance(AssetResult result)
        {
            V1.GeneratorRef by = result.Header.Generator ?? new V1.GeneratorRef();
            return $"{{\"generator\": {Quoted(by.Name)}, \"version\": {Quoted(by.Version)}, \"tier\": {Quoted(by.Tier)}, "
                + $"\"weights_sha256\": {Quoted(by.WeightsSha256)}, \"kernel_class\": {Quoted(by.KernelClass)}, "
                + $"\"asset_id\": {Quoted(result.Header.AssetId)}, \"sha256\": {Quoted(result.Sha256)}, "
                + $"\"digital_source_type\": \"trainedAlgorithmicMedia\", \"request\": {result.Header.CanonicalRequest}}}\n";
        }

        static string Quoted(string text)
        {
            return "\"" + text.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n") + "\"";
        }

        static Texture2D Import(string path, bool linear, bool normal, AssetResult result)
        {
            AssetDatabase.ImportAsset(path);
            var importer = (TextureImporter)AssetImporter.GetAtPath(path);
            importer.sRGBTexture = !linear;
            importer.textureType = normal ? TextureImporterType.NormalMap : TextureImporterType.Default;
            importer.wrapMode = TextureWrapMode.Repeat;
            importer.userData = Provenance(result).Trim();
            importer.SaveAndReimport();
            return AssetDatabase.LoadAssetAtPath<Texture2D>(path);
        }

        static Texture2D SaveMask(Rgba mask, string path, AssetResult result)
        {
            Texture2D packed = Pictures.Show(mask, null, true, false, "mask");
            Write(path, packed.EncodeToPNG());
            UnityEngine.Object.DestroyImmediate(packed);
            return Import(path, true, false, result);
        }

        /// <summary>A file is there whole, or as it was.</summary>
        static void Write(string path, byte[] data)
        {
            string waiting = path + ".tmp~"; // Unity does not look at such names
            File.WriteAllBytes(waiting, data);
            if (File.Exists(path))
                File.Replace(waiting, path, null);
            else
                File.Move(waiting, path);
        }
    }
}
