using Morphogen.Unity;
using Morphogen.V1;
using UnityEngine;

/// <summary>A character that the arrow keys steer: poses on bones that are made for it, or on a Humanoid.</summary>
public sealed class WalkingCharacter : MonoBehaviour
{
    [SerializeField] MorphogenServer server;
    [SerializeField] Animator humanoid;

    CharacterPlayer _player;
    float _headingDeg;

    void Start()
    {
        _player = gameObject.AddComponent<CharacterPlayer>();
        _player.PlayOnStart = false;
        _player.Server = server;
        _player.Animator = humanoid;
        _player.Play(new PlayFramesRequest
        {
            Stream = new FrameStream
            {
                Identity = new CharacterIdentity { Seed = 3 }, RateHz = 60, Poses = true, Delivery = Delivery.Live,
            },
            Options = new StreamOptions { Credit = 2 },
        });
    }

    void Update()
    {
        if (!Input.anyKey)
            return;
        _headingDeg -= 90 * Time.deltaTime * Input.GetAxis("Horizontal"); // the server counts the other way round
        _player.Steer(new CharacterControl
        {
            HeadingDeg = _headingDeg, SpeedMps = 3 * Mathf.Clamp01(Input.GetAxis("Vertical")),
        });
    }
}
