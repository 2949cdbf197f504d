using System;
using System.Threading;
using System.Threading.Tasks;
using UnityEngine;

namespace Morphogen.Unity
{
    /// <summary>
    /// A component that streams: pulls in a background thread, shows in the main one with a budget for each frame, and ends
    /// what runs when it is stopped or destroyed.
    /// </summary>
    public abstract class StreamComponent : MonoBehaviour
    {
        [SerializeField, Tooltip("Where assets come from.")]
        MorphogenServer server;

        [SerializeField, Tooltip("Milliseconds of each frame for taking over what has come; one piece is taken at least.")]
        float budgetMs = 2;

        FrameWork _work;
        CancellationTokenSource _running;

        /// <summary>The stream has failed, or could not begin. In the main thread.</summary>
        public event Action<MorphogenException> Failed;

        /// <summary>Where assets come from.</summary>
        public MorphogenServer Server
        {
            get { return server; }
            set { server = value; }
        }

        /// <summary>Milliseconds of each frame for taking over what has come.</summary>
        public float BudgetMs
        {
            get { return budgetMs; }
            set { budgetMs = value; }
        }

        /// <summary>Whether a stream runs.</summary>
        public bool Running { get { return _running != null; } }

        /// <summary>End what runs; what has been shown stays. Harmless when repeated.</summary>
        public void Stop()
        {
            CancellationTokenSource running = _running;
            _running = null;
            _work?.Close();
            _work = null;
            if (running == null)
                return;
            // Closing a connection may take a moment, and what waits for its end continues in the thread that cancels.
            Task.Run(() => running.Cancel());
        }

        /// <summary>
        /// Run a stream in the background; its steps in the main thread go through what it is given. A stream that runs is
        /// stopped.
        /// </summary>
        protected void Run(Func<FrameWork, CancellationToken, Task> stream)
        {
            Stop();
            var work = new FrameWork();
            var running = new CancellationTokenSource();
            _work = work;
            _running = running;
            Task.Run(() => Guarded(stream, work, running));
        }

        /// <summary>
        /// Make something in the background and take it over in the main thread. False, and nothing is made, after the stream's
        /// end.
        /// </summary>
        protected bool Background<T>(Func<T> make, Action<T> take)
        {
            FrameWork work = _work;
            if (work == null)
                return false;
            Task.Run(() =>
            {
                T made = make();
                work.Run(() => take(made)).ContinueWith(done => done.Exception);
            });
            return true;
        }

        /// <summary>Once in every frame, before the component shows anything.</summary>
        protected virtual void Update()
        {
            _work?.Pump(budgetMs);
        }

        /// <summary>The component goes: end what runs.</summary>
        protected virtual void OnDestroy()
        {
            Stop();
        }

        async Task Guarded(Func<FrameWork, CancellationToken, Task> stream, FrameWork work, CancellationTokenSource running)
        {
            MorphogenException failure = null;
            try
            {
                await stream(work, running.Token).ConfigureAwait(false);
            }
            catch (Exception error)
            {
                if (!running.IsCancellationRequested)
                    failure = error as MorphogenException ?? new MorphogenException(error.Message, error);
            }
            try
            {
                await work.Run(() => Ended(running, failure)).ConfigureAwait(false);
            }
            catch (CancelledException)
            {
                // stopped, or another stream has begun
            }
        }

        void Ended(CancellationTokenSource running, MorphogenException failure)
        {
            if (_running != running)
                return;
            _running = null;
            running.Dispose();
            if (failure == null)
                return;
            if (Failed == null)
                Debug.LogException(failure, this);
            else
                Failed(failure);
        }
    }
}
