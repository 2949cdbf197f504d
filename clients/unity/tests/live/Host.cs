using System;
using System.Diagnostics;
using System.Linq;
using System.Threading;
using Morphogen.Unity;
using NUnit.Framework;
using UnityEngine;

namespace Morphogen.LiveTests
{
    /// <summary>The game around the components: frames at 60 Hz, and what is left at the end.</summary>
    sealed class Host : IDisposable
    {
        const int FrameMs = 16;

        readonly int _objects = UnityEngine.Object.Alive.Count;
        readonly GameObject _object = new GameObject("tested");

        public static string Url { get { return Environment.GetEnvironmentVariable("MORPHOGEN_URL"); } }

        public Host()
        {
            Server = ScriptableObject.CreateInstance<MorphogenServer>();
            Server.Url = Url;
        }

        public MorphogenServer Server { get; }

        public GameObject Object { get { return _object; } }

        public T Add<T>() where T : StreamComponent, new()
        {
            T component = _object.AddComponent<T>();
            component.Server = Server;
            component.Failed += error => Failure = error;
            return component;
        }

        /// <summary>What a component failed with.</summary>
        public MorphogenException Failure { get; private set; }

        /// <summary>Run frames until something is so.</summary>
        public void Until(Func<bool> condition, double seconds, bool failureIsFine = false)
        {
            var clock = Stopwatch.StartNew();
            while (!condition())
            {
                Assert.IsTrue(clock.Elapsed.TotalSeconds < seconds, $"not so after {seconds} s; {Failure}");
                Assert.IsTrue(failureIsFine || Failure == null, $"{Failure}");
                Engine.Frame();
                Thread.Sleep(FrameMs);
            }
        }

        /// <summary>Destroy it; nothing may be left, neither objects nor connections.</summary>
        public void Dispose()
        {
            UnityEngine.Object.Destroy(_object);
            Engine.Send(Server, "OnDisable");
            UnityEngine.Object.Destroy(Server);
            string[] left = UnityEngine.Object.Alive.Skip(_objects).Select(each => $"{each.GetType().Name} {each.name}").ToArray();
            Assert.AreEqual(_objects, UnityEngine.Object.Alive.Count, string.Join(", ", left));
            Assert.AreEqual(new string[0], Leaks.Found());
        }
    }
}
