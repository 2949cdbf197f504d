using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Morphogen.Formats
{
    /// <summary>
    /// A value of a JSON document (RFC 8259): what the documents of assets are read with, in an assembly that knows no engine.
    /// Looking at a value as something that it is not throws BrokenStreamException.
    /// </summary>
    public sealed class Json
    {
        static readonly UTF8Encoding Utf8 = new UTF8Encoding(false, true);

        readonly string _what;
        readonly object _value;

        Json(string what, object value)
        {
            _what = what;
            _value = value;
        }

        /// <summary>The document in a file; <paramref name="what"/> names it in errors.</summary>
        public static Json Parse(string what, byte[] data)
        {
            try
            {
                return Parse(what, Utf8.GetString(data));
            }
            catch (ArgumentException error)
            {
                throw new BrokenStreamException($"{what} is no UTF-8", error);
            }
        }

        /// <summary>The document in a text; <paramref name="what"/> names it in errors.</summary>
        public static Json Parse(string what, string text)
        {
            return new Json(what, new Parser(what, text).Document());
        }

        /// <summary>Whether it is null.</summary>
        public bool IsNull { get { return _value == null; } }

        /// <summary>A number.</summary>
        public double Number { get { return Value<double?>("a number").Value; } }

        /// <summary>A number as float.</summary>
        public float Single { get { return (float)Number; } }

        /// <summary>A whole number.</summary>
        public int Whole
        {
            get
            {
                double number = Number;
                if (number != Math.Floor(number) || Math.Abs(number) > int.MaxValue)
                    throw new BrokenStreamException($"{_what}: {number} is no whole number");
                return (int)number;
            }
        }

        /// <summary>A text.</summary>
        public string Text { get { return Value<string>("a text"); } }

        /// <summary>true or false.</summary>
        public bool Flag { get { return Value<bool?>("true or false").Value; } }

        /// <summary>The items of a list.</summary>
        public IReadOnlyList<Json> Items { get { return Value<List<Json>>("a list"); } }

        /// <summary>The members of an object.</summary>
        public IReadOnlyDictionary<string, Json> Members { get { return Value<Dictionary<string, Json>>("an object"); } }

        /// <summary>A member of an object.</summary>
        public Json this[string name]
        {
            get
            {
                Json member;
                if (!Members.TryGetValue(name, out member))
                    throw new BrokenStreamException($"{_what} has no {name}");
                return member;
            }
        }

        /// <summary>An item of a list.</summary>
        public Json this[int index]
        {
            get
            {
                IReadOnlyList<Json> items = Items;
                if ((uint)index >= (uint)items.Count)
                    throw new BrokenStreamException($"{_what} has {items.Count} items, and none at {index}");
                return items[index];
            }
        }

        T Value<T>(string expected)
        {
            if (_value is T)
                return (T)_value;
            throw new BrokenStreamException($"{_what} is not {expected}");
        }

        /// <summary>Reads one document.</summary>
        sealed class Parser
        {
            const int DepthMax = 64;

            readonly string _what;
            readonly string _text;
            int _at;
            int _depth;

            public Parser(string what, string text)
            {
                _what = what;
                _text = text;
            }

            public object Document()
            {
                object value = Any();
                if (Peek() != '\0' || _at < _text.Length)
                    throw Broken();
                return value;
            }

            object Any()
            {
                switch (Peek())
                {
                    case '{':
                        return Object();
                    case '[':
                        return List();
                    case '"':
                        return String();
                    case 't':
                        return Word("true", true);
                    case 'f':
                        return Word("false", false);
                    case 'n':
                        return Word("null", null);
                    default:
                        return Number();
                }
            }

            object Object()
            {
                var members = new Dictionary<string, Json>();
                Open();
                if (!Taken('}'))
                {
                    do
                    {
                        if (Peek() != '"')
                            throw Broken();
                        string name = String();
                        Take(':');
                        members[name] = new Json($"{_what}: {name}", Any());
                    }
                    while (Taken(','));
                    Take('}');
                }
                _depth--;
                return members;
            }

            object List()
            {
                var items = new List<Json>();
                Open();
                if (!Taken(']'))
                {
                    do
                        items.Add(new Json(_what, Any()));
                    while (Taken(','));
                    Take(']');
                }
                _depth--;
                return items;
            }

            string String()
            {
                _at++;
                int from = _at;
                int end = _text.IndexOfAny(Stops, from);
                if (end >= 0 && _text[end] == '"')
                {
                    _at = end + 1;
                    return _text.Substring(from, end - from);
                }
                var text = new StringBuilder();
                for (;;)
                {
                    char letter = Next();
                    if (letter == '"')
                        return text.ToString();
                    text.Append(letter == '\\' ? Escaped() : letter);
                }
            }

            static readonly char[] Stops = { '"', '\\' };

            char Escaped()
            {
                char letter = Next();
                if (letter == 'u')
                {
                    int code;
                    if (_at + 4 > _text.Length || !int.TryParse(
                        _text.Substring(_at, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out code))
                        throw Broken();
                    _at += 4;
                    return (char)code;
                }
                int known = "\"\\/bfnrt".IndexOf(letter);
                if (known < 0)
                    throw Broken();
                return "\"\\/\b\f\n\r\t"[known];
            }

            object Number()
            {
                int from = _at;
                while (_at < _text.Length && "+-.0123456789eE".IndexOf(_text[_at]) >= 0)
                    _at++;
                double number;
                if (!double.TryParse(_text.Substring(from, _at - from), NumberStyles.Float, CultureInfo.InvariantCulture, out number))
                    throw Broken();
                return number;
            }

            object Word(string word, object value)
            {
                if (string.CompareOrdinal(_text, _at, word, 0, word.Length) != 0)
                    throw Broken();
                _at += word.Length;
                return value;
            }

            void Open()
            {
                _at++;
                if (++_depth > DepthMax)
                    throw Broken();
            }

            void Take(char letter)
            {
                if (!Taken(letter))
                    throw Broken();
            }

            bool Taken(char letter)
            {
                if (Peek() != letter)
                    return false;
                _at++;
                return true;
            }

            char Next()
            {
                if (_at >= _text.Length)
                    throw Broken();
                return _text[_at++];
            }

            /// <summary>The next letter that is no space.</summary>
            char Peek()
            {
                while (_at < _text.Length && " \t\r\n".IndexOf(_text[_at]) >= 0)
                    _at++;
                return _at < _text.Length ? _text[_at] : '\0';
            }

            BrokenStreamException Broken()
            {
                return new BrokenStreamException($"{_what} cannot be read as JSON at character {_at}");
            }
        }
    }
}
