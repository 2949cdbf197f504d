using System;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Morphogen.Unity;
using Morphogen.V1;
using UnityEditor;
using UnityEngine;

namespace Morphogen.Editor
{
    /// <summary>For designers: make a material, see it sharpen, keep it in the project.</summary>
    public sealed class MorphogenWindow : EditorWindow
    {
        const int PreviewPx = 256;
        const double BudgetMs = 8;

        static readonly string[] SizeNames = { "256", "512", "1024", "2048" };
        static readonly int[] Sizes = { 256, 512, 1024, 2048 };

        string _url = "http://127.0.0.1:8080";
        string _token = "";
        string _folder = "Assets/Morphogen";
        string[] _classes = new string[0];
        int _class;
        int _seed;
        int _sizePx = 512;
        string _told = "Connect to a server first.";
        Texture2D _preview;
        AssetResult _result;
        FrameWork _work = new FrameWork();
        CancellationTokenSource _running;

        /// <summary>Open it.</summary>
        [MenuItem("Window/Morphogen")]
        public static void Open()
        {
            GetWindow<MorphogenWindow>("Morphogen");
        }

        void OnEnable()
        {
            _work = new FrameWork();
            EditorApplication.update += Pump;
        }

        void OnDisable()
        {
            EditorApplication.update -= Pump;
            Cancel();
            _work.Close();
            if (_preview != null)
                DestroyImmediate(_preview);
        }

        void OnGUI()
        {
            _url = EditorGUILayout.TextField("Server", _url);
            _token = EditorGUILayout.PasswordField("Token", _token);
            if (GUILayout.Button("Connect"))
                Begin(Connect);
            if (_classes.Length > 0)
            {
                _class = EditorGUILayout.Popup("Class", _class, _classes);
                _seed = EditorGUILayout.IntField("Seed", _seed);
                _sizePx = EditorGUILayout.IntPopup("Size", _sizePx, SizeNames, Sizes);
                if (GUILayout.Button("Generate"))
                    Begin(Generate);
            }
            if (_running != null && GUILayout.Button("Cancel"))
                Cancel();
            if (_preview != null)
                GUILayout.Label(_preview, GUILayout.Width(PreviewPx), GUILayout.Height(PreviewPx));
            EditorGUILayout.LabelField(_told);
            if (_result == null)
                return;
            _folder = EditorGUILayout.TextField("Folder", _folder);
            if (GUILayout.Button("Save"))
                Save();
        }

        void Pump()
        {
            _work.Pump(BudgetMs);
        }

        void Begin(Func<MorphogenClient, CancellationToken, Task> verb)
        {
            Cancel();
            var running = new CancellationTokenSource();
            _running = running;
            _told = "Working ...";
            string url = _url, token = _token;
            Task.Run(async () =>
            {
                string told = "";
                try
                {
                    var options = new MorphogenOptions { Token = token.Length == 0 ? null : token };
                    using (var client = new MorphogenClient(url, options))
                        await verb(client, running.Token).ConfigureAwait(false);
                }
                catch (Exception error)
                {
                    told = running.IsCancellationRequested ? "Cancelled." : error.Message;
                }
                _ = _work.Run(() => Ended(running, told)).ContinueWith(done => done.Exception);
            });
        }

        void Ended(CancellationTokenSource running, string told)
        {
            if (_running == running)
                _running = null;
            if (told.Length > 0)
                _told = told;
            Repaint();
        }

        void Cancel()
        {
            CancellationTokenSource running = _running;
            _running = null;
            if (running != null)
                Task.Run(() => running.Cancel());
        }

        async Task Connect(MorphogenClient client, CancellationToken ended)
        {
            var catalog = await client.CatalogAsync("texture", new CallOptions { Cancellation = ended }).ConfigureAwait(false);
            string[] classes = catalog.SelectMany(generator => generator.Classes).Distinct().ToArray();
            await _work.Run(() =>
            {
                _classes = classes;
                _told = $"{classes.Length} classes";
            }).ConfigureAwait(false);
        }

        async Task Generate(MorphogenClient client, CancellationToken ended)
        {
            var request = new GenerateTextureRequest
            {
                TextureClass = _classes[_class], Seed = unchecked((uint)_seed), SizePx = (uint)_sizePx,
            };
            using (AssetStream<TextureUpdate> stream = client.GenerateTexture(request, new CallOptions { Cancellation = ended }))
            {
                while (await stream.MoveNextAsync().ConfigureAwait(false))
                {
                    MaterialMaps maps = MaterialMaps.Decode(stream.Current);
                    await _work.Run(() => Preview(maps)).ConfigureAwait(false);
                }
                AssetResult result = await stream.ResultAsync().ConfigureAwait(false);
                await _work.Run(() => _result = result).ConfigureAwait(false);
            }
        }

        void Preview(MaterialMaps maps)
        {
            _preview = Pictures.Show(maps.Albedo, _preview, false, false, "preview");
            _told = $"{maps.LodPx} px";
            Repaint();
        }

        void Save()
        {
            try
            {
                string name = $"{_classes[_class]}_{_seed}";
                _told = "Saved " + AssetSaver.SaveMaterial(_result, _folder, name, Shaders.Lit());
            }
            catch (Exception error) when (error is MorphogenException || error is System.IO.IOException || error is UnauthorizedAccessException)
            {
                _told = error.Message;
            }
        }
    }

    /// <summary>The standard lit shader of the project's pipeline.</summary>
    static class Shaders
    {
        public static Shader Lit()
        {
            UnityEngine.Rendering.RenderPipelineAsset pipeline = UnityEngine.Rendering.GraphicsSettings.currentRenderPipeline;
            string type = pipeline == null ? "" : pipeline.GetType().Name;
            return Shader.Find(type.StartsWith("HD", StringComparison.Ordinal) ? "HDRP/Lit"
                : type.StartsWith("Universal", StringComparison.Ordinal) ? "Universal Render Pipeline/Lit" : "Standard");
        }
    }
}
