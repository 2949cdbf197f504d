using System.IO;
using System.Linq;
using Morphogen.Editor;
using Morphogen.Formats;
using NUnit.Framework;
using UnityEditor;
using UnityEngine;

namespace Morphogen.LiveTests
{
    public class EditorTests
    {
        [Test]
        public void ADesignerMakesAMaterialAndKeepsIt()
        {
            string folder = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()), before = Directory.GetCurrentDirectory();
            Directory.CreateDirectory(folder);
            Directory.SetCurrentDirectory(folder);
            try
            {
                EditorGUILayout.Texts["Server"] = Host.Url;
                EditorGUILayout.Texts["Class"] = "tiles";
                EditorGUILayout.Numbers["Size"] = 256;
                MorphogenWindow.Open();
                MorphogenWindow window = UnityEngine.Object.Alive.OfType<MorphogenWindow>().Single();
                Press(window, "Connect", "20 classes");
                Press(window, "Generate", "256 px");
                Wait(window, () => Pressed(window, "Save").StartsWith("Saved"));
                Engine.Send(window, "OnDisable");
                var material = (Material)AssetDatabase.Assets["Assets/Morphogen/tiles_0.mat"];
                Assert.IsTrue(material.Textures.ContainsKey("_MainTex"));
                Assert.IsTrue(material.Textures.ContainsKey("_OcclusionMap"));
                byte[] albedo = File.ReadAllBytes("Assets/Morphogen/tiles_0_albedo.png");
                Assert.AreEqual(256, PngReader.Read("albedo", albedo).Width);
                Json provenance = Json.Parse("provenance", File.ReadAllBytes("Assets/Morphogen/tiles_0_provenance.json"));
                Assert.AreEqual("tiles", provenance["request"]["texture_class"].Text);
                Assert.AreEqual(0, Directory.GetFiles("Assets/Morphogen", "*~").Length);
                var importer = (TextureImporter)AssetImporter.Importers["Assets/Morphogen/tiles_0_normal.png"];
                Assert.AreEqual(TextureImporterType.NormalMap, importer.textureType);
                Assert.AreEqual(new string[0], Leaks.Found());
            }
            finally
            {
                Directory.SetCurrentDirectory(before);
                Directory.Delete(folder, true);
            }
        }

        static void Press(MorphogenWindow window, string button, string told)
        {
            Pressed(window, button);
            Wait(window, () => Pressed(window, "").Contains(told));
        }

        static string Pressed(MorphogenWindow window, string button)
        {
            GUILayout.Pressed = button;
            Engine.Send(window, "OnGUI");
            return EditorGUILayout.Told;
        }

        static void Wait(MorphogenWindow window, System.Func<bool> condition)
        {
            for (int frame = 0; frame < 3000 && !condition(); frame++)
            {
                EditorApplication.update();
                System.Threading.Thread.Sleep(10);
            }
            Assert.IsTrue(condition(), EditorGUILayout.Told);
        }
    }
}
