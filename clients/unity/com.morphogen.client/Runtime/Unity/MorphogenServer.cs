using System;
using UnityEngine;

namespace Morphogen.Unity
{
    /// <summary>
    /// Where assets come from: one asset of the project that components share. A token is stored in the asset as text, and
    /// ships with the game: set it by code where players must not have it.
    /// </summary>
    [CreateAssetMenu(menuName = "Morphogen/Server", fileName = "MorphogenServer")]
    public sealed class MorphogenServer : ScriptableObject
    {
        [SerializeField, Tooltip("URL of the server's web port.")]
        string url = "http://127.0.0.1:8080";

        [SerializeField, Tooltip("Bearer token; empty: none. Beyond this machine it takes https.")]
        string token = "";

        MorphogenClient _client;

        /// <summary>URL of the server's web port. A change holds for streams that begin after it.</summary>
        public string Url
        {
            get { return url; }
            set
            {
                url = value;
                Close();
            }
        }

        /// <summary>Bearer token; empty: none.</summary>
        public string Token
        {
            get { return token; }
            set
            {
                token = value;
                Close();
            }
        }

        /// <summary>Further options, a handler for example; url and token are those of this asset.</summary>
        public Func<MorphogenOptions> MakeOptions { get; set; }

        /// <summary>The client, for verbs that no component has.</summary>
        public MorphogenClient Client
        {
            get
            {
                if (_client == null)
                {
                    MorphogenOptions options = MakeOptions == null ? new MorphogenOptions() : MakeOptions();
                    options.Token = string.IsNullOrEmpty(token) ? null : token;
                    _client = new MorphogenClient(url, options);
                }
                return _client;
            }
        }

        void OnDisable()
        {
            Close();
        }

        void Close()
        {
            _client?.Dispose();
            _client = null;
        }
    }
}
