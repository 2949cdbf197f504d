using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Morphogen.Client.Tests")]
[assembly: InternalsVisibleTo("Morphogen.Editor")]
