using System;
using System.Collections.Generic;
using UnityEngine;

namespace UnityEngine.Rendering
{
    public class RenderPipelineAsset : Object
    {
    }

    public static class GraphicsSettings
    {
        public static RenderPipelineAsset currentRenderPipeline { get { return null; } }
    }
}

namespace UnityEngine
{
    public sealed class GUILayoutOption
    {
    }

    /// <summary>Buttons are pressed by their texts.</summary>
    public static class GUILayout
    {
        public static string Pressed = "";

        public static bool Button(string text)
        {
            if (Pressed != text)
                return false;
            Pressed = "";
            return true;
        }

        public static void Label(Texture image, params GUILayoutOption[] options)
        {
        }

        public static GUILayoutOption Width(float width)
        {
            return new GUILayoutOption();
        }

        public static GUILayoutOption Height(float height)
        {
            return new GUILayoutOption();
        }
    }
}

namespace UnityEditor
{
    [AttributeUsage(AttributeTargets.Method)]
    public sealed class MenuItem : Attribute
    {
        public MenuItem(string path)
        {
        }
    }

    public class EditorWindow : ScriptableObject
    {
        public static T GetWindow<T>(string title) where T : EditorWindow, new()
        {
            var window = new T();
            Engine.Send(window, "OnEnable");
            return window;
        }

        public void Repaint()
        {
        }
    }

    public static class EditorApplication
    {
        public static Action update;
    }

    /// <summary>Fields hold what Texts and Numbers say, by their labels.</summary>
    public static class EditorGUILayout
    {
        public static readonly Dictionary<string, string> Texts = new Dictionary<string, string>();
        public static readonly Dictionary<string, int> Numbers = new Dictionary<string, int>();
        public static string Told = "";

        public static string TextField(string label, string text)
        {
            string typed;
            return Texts.TryGetValue(label, out typed) ? typed : text;
        }

        public static string PasswordField(string label, string text)
        {
            return TextField(label, text);
        }

        public static int IntField(string label, int value)
        {
            int typed;
            return Numbers.TryGetValue(label, out typed) ? typed : value;
        }

        public static int Popup(string label, int selected, string[] names)
        {
            return Texts.ContainsKey(label) ? Array.IndexOf(names, Texts[label]) : selected;
        }

        public static int IntPopup(string label, int selected, string[] names, int[] values)
        {
            return IntField(label, selected);
        }

        public static void LabelField(string text)
        {
            Told = text;
        }
    }

    public static class AssetDatabase
    {
        public static readonly Dictionary<string, UnityEngine.Object> Assets = new Dictionary<string, UnityEngine.Object>();
        public static readonly HashSet<string> Imported = new HashSet<string>();

        public static void ImportAsset(string path)
        {
            if (!System.IO.File.Exists(path))
                throw new System.IO.FileNotFoundException(path);
            Imported.Add(path);
        }

        public static void CreateAsset(UnityEngine.Object asset, string path)
        {
            Assets[path] = asset;
        }

        public static void SaveAssets()
        {
        }

        public static T LoadAssetAtPath<T>(string path) where T : UnityEngine.Object
        {
            if (!Imported.Contains(path))
                return null;
            Assets[path] = new Texture2D(1, 1, TextureFormat.RGBA32, false);
            return (T)Assets[path];
        }
    }

    public class AssetImporter
    {
        public static readonly Dictionary<string, AssetImporter> Importers = new Dictionary<string, AssetImporter>();

        public string userData;

        public static AssetImporter GetAtPath(string path)
        {
            return Importers[path] = new TextureImporter();
        }

        public void SaveAndReimport()
        {
        }
    }

    public enum TextureImporterType
    {
        Default,
        NormalMap,
    }

    public sealed class TextureImporter : AssetImporter
    {
        public bool sRGBTexture;
        public TextureImporterType textureType;
        public TextureWrapMode wrapMode;
    }
}
