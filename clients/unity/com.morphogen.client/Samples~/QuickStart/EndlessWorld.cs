using Morphogen.Unity;
using Morphogen.V1;
using UnityEngine;

/// <summary>On an empty object: an endless world around the camera.</summary>
public sealed class EndlessWorld : MonoBehaviour
{
    [SerializeField] MorphogenServer server;
    [SerializeField] Material ground;
    [SerializeField] Material props;

    void Start()
    {
        var world = gameObject.AddComponent<WorldStreamer>();
        world.ExploreOnStart = false;
        world.Server = server;
        world.Viewer = Camera.main.transform;
        world.GroundMaterial = ground;
        world.PropMaterial = props;
        world.Settled += () => Debug.Log($"{world.ChunkCount} chunks");
        world.Explore(new ExploreStart
        {
            Landscape = new Landscape { Seed = 7, Biomes = { { "forest", 1.0 }, { "alpine", 0.5 } } }, ViewDistanceM = 800,
        });
    }
}
