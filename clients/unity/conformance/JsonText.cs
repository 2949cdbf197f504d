using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;

/// <summary>Results as JSON.</summary>
static class JsonText
{
    public static string Of(object value)
    {
        if (value == null)
            return "null";
        if (value is string text)
            return Quoted(text);
        if (value is bool flag)
            return flag ? "true" : "false";
        if (value is IDictionary<string, object> members)
            return "{" + string.Join(", ", members.Select(each => Quoted(each.Key) + ": " + Of(each.Value))) + "}";
        if (value is IEnumerable items)
            return "[" + string.Join(", ", items.Cast<object>().Select(Of)) + "]";
        return Convert.ToString(value, CultureInfo.InvariantCulture);
    }

    static string Quoted(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (char letter in text)
            if (letter == '"' || letter == '\\')
                quoted.Append('\\').Append(letter);
            else if (letter < 32 || letter > 126)
                quoted.Append("\\u").Append(((int)letter).ToString("x4"));
            else
                quoted.Append(letter);
        return quoted.Append('"').ToString();
    }
}
