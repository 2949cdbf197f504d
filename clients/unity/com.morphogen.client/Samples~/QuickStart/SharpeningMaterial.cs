using Morphogen.Unity;
using Morphogen.V1;
using UnityEngine;

/// <summary>On an object with a renderer: its material becomes weathered bricks, 64 pixels at once, 1024 a little later.</summary>
public sealed class SharpeningMaterial : MonoBehaviour
{
    [SerializeField] MorphogenServer server;

    void Start()
    {
        var streamer = gameObject.AddComponent<TextureStreamer>();
        streamer.GenerateOnStart = false;
        streamer.Server = server;
        streamer.Material = GetComponent<Renderer>().material;
        streamer.Sharpened += maps => Debug.Log($"{maps.LodPx} px");
        streamer.Failed += error => Debug.LogWarning(error.Message);
        streamer.Generate(new GenerateTextureRequest
        {
            TextureClass = "brick", Seed = 3, SizePx = 1024, Attributes = { { "roughness", 0.8 } },
        });
    }
}
