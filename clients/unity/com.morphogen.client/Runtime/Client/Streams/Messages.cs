using System.Threading.Tasks;
using Morphogen.Calls;
using Morphogen.V1;
using Morphogen.Wire;

namespace Morphogen.Streams
{
    /// <summary>The messages of a call, seen as those of any generating stream.</summary>
    sealed class Messages<TResponse> : IMessages where TResponse : Message, IStreamMessage
    {
        readonly ServerCall<TResponse> _call;

        public Messages(ServerCall<TResponse> call)
        {
            _call = call;
        }

        public async Task<IStreamMessage> Next()
        {
            return await _call.Next().ConfigureAwait(false);
        }

        public void Dispose()
        {
            _call.Dispose();
        }
    }
}
