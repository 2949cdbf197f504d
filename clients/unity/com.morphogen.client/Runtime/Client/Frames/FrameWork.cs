using System;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;

namespace Morphogen
{
    /// <summary>
    /// What other threads want done in the main one. It is done a little in every frame, in order, and who asks waits for it:
    /// so a stream that is faster than the game waits too, and nothing piles up.
    /// </summary>
    public sealed class FrameWork
    {
        readonly ConcurrentQueue<Piece> _waiting = new ConcurrentQueue<Piece>();
        int _closed;

        /// <summary>Pieces that wait.</summary>
        public int Count { get { return _waiting.Count; } }

        /// <summary>
        /// Have something done in the main thread. The task ends when it has been; with what it threw, if it did, and with
        /// CancelledException if nobody does it any more.
        /// </summary>
        public Task Run(Action action)
        {
            var piece = new Piece(action);
            _waiting.Enqueue(piece);
            if (Volatile.Read(ref _closed) != 0)
                Drop();
            return piece.Done.Task;
        }

        /// <summary>In the main thread, once in every frame: do what waits, one piece at least, until the time is used up.</summary>
        public void Pump(double budgetMs)
        {
            var clock = Stopwatch.StartNew();
            Piece piece;
            do
            {
                if (!_waiting.TryDequeue(out piece))
                    return;
                try
                {
                    piece.Action();
                    piece.Done.TrySetResult(true);
                }
                catch (Exception error)
                {
                    piece.Done.TrySetException(error);
                }
            }
            while (clock.Elapsed.TotalMilliseconds < budgetMs);
        }

        /// <summary>Nothing is done any more. Harmless when repeated.</summary>
        public void Close()
        {
            Volatile.Write(ref _closed, 1);
            Drop();
        }

        void Drop()
        {
            Piece piece;
            while (_waiting.TryDequeue(out piece))
                piece.Done.TrySetException(new CancelledException("the component is gone"));
        }

        sealed class Piece
        {
            public Piece(Action action)
            {
                Action = action;
            }

            public Action Action { get; }

            public TaskCompletionSource<bool> Done { get; } =
                new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }
}
