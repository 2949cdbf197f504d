using System;
using System.Collections;
using System.Linq;
using System.Reflection;

// As much of NUnit as the tests use, so that the package's own tests run under Mono alone. Unity runs them with its own.
namespace NUnit.Framework
{
    [AttributeUsage(AttributeTargets.Method)]
    public sealed class TestAttribute : Attribute
    {
    }

    [AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
    public sealed class TestCaseAttribute : Attribute
    {
        public readonly object[] Arguments;

        public TestCaseAttribute(params object[] arguments)
        {
            Arguments = arguments;
        }
    }

    public sealed class AssertionException : Exception
    {
        public AssertionException(string message) : base(message)
        {
        }
    }

    public static class Assert
    {
        public static void AreEqual(object expected, object actual, string message = "")
        {
            if (!Same(expected, actual))
                throw new AssertionException($"expected {Text(expected)}, was {Text(actual)} {message}");
        }

        public static void AreEqual(double expected, double actual, double delta)
        {
            if (!(Math.Abs(expected - actual) <= delta))
                throw new AssertionException($"expected {expected} +- {delta}, was {actual}");
        }

        public static void IsTrue(bool condition, string message = "")
        {
            if (!condition)
                throw new AssertionException("expected true: " + message);
        }

        public static void IsFalse(bool condition, string message = "")
        {
            if (condition)
                throw new AssertionException("expected false: " + message);
        }

        public static void IsNull(object value)
        {
            if (value != null)
                throw new AssertionException($"expected null, was {Text(value)}");
        }

        public static T Throws<T>(Action code) where T : Exception
        {
            try
            {
                code();
            }
            catch (T error) when (error.GetType() == typeof(T))
            {
                return error;
            }
            catch (Exception error)
            {
                throw new AssertionException($"expected {typeof(T).Name}, was {error}");
            }
            throw new AssertionException($"expected {typeof(T).Name}, nothing was thrown");
        }

        static bool Same(object expected, object actual)
        {
            if (expected is string || !(expected is IEnumerable) || !(actual is IEnumerable))
                return Equals(expected, actual) || expected is IConvertible && actual is IConvertible && !(expected is string)
                    && !(actual is string) && Convert.ToDouble(expected) == Convert.ToDouble(actual);
            object[] one = ((IEnumerable)expected).Cast<object>().ToArray(), other = ((IEnumerable)actual).Cast<object>().ToArray();
            return one.Length == other.Length && one.Zip(other, Same).All(same => same);
        }

        static string Text(object value)
        {
            if (value == null)
                return "null";
            return value is string || !(value is IEnumerable) ? value.ToString() : "[" + string.Join(", ", ((IEnumerable)value).Cast<object>().Select(Text)) + "]";
        }
    }

    /// <summary>Runs all tests of the program; arguments are parts of the names of those to run.</summary>
    static class Runner
    {
        static int Main(string[] parts)
        {
            int failed = 0, passed = 0;
            foreach (Type type in typeof(Runner).Assembly.GetTypes().Where(type => type.IsPublic && !type.IsAbstract).OrderBy(type => type.Name))
                foreach (MethodInfo method in type.GetMethods().Where(method => method.GetParameters().Length > 0 || method.IsDefined(typeof(TestAttribute), false)))
                    foreach (object[] arguments in Cases(method))
                    {
                        string name = $"{type.Name}.{method.Name}({string.Join(", ", arguments)})";
                        if (parts.Length > 0 && !parts.Any(name.Contains))
                            continue;
                        var clock = System.Diagnostics.Stopwatch.StartNew();
                        try
                        {
                            method.Invoke(Activator.CreateInstance(type), arguments);
                            passed++;
                            Console.WriteLine($"passed {name} {clock.ElapsedMilliseconds} ms");
                        }
                        catch (TargetInvocationException error)
                        {
                            failed++;
                            Console.WriteLine($"FAILED {name}: {error.InnerException}");
                        }
                    }
            Console.WriteLine($"{passed} passed, {failed} failed");
            return failed == 0 && passed > 0 ? 0 : 1;
        }

        static object[][] Cases(MethodInfo method)
        {
            if (method.IsDefined(typeof(TestAttribute), false))
                return new[] { new object[0] };
            return method.GetCustomAttributes(typeof(TestCaseAttribute), false).Cast<TestCaseAttribute>().Select(each => each.Arguments).ToArray();
        }
    }
}
