using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using Morphogen.Formats;
using Morphogen.Wire;

/// <summary>Requests in protobuf's JSON form, read into generated messages by reflection.</summary>
static class ProtoJson
{
    public static object Read(Type kind, Json value)
    {
        object message = Activator.CreateInstance(kind);
        foreach (KeyValuePair<string, Json> member in value.Members)
        {
            string name = char.ToUpperInvariant(member.Key[0]) + member.Key.Substring(1);
            PropertyInfo property = kind.GetProperty(name)
                ?? throw new ArgumentException($"{kind.Name} has no {name}");
            property.SetValue(message, Value(property.PropertyType, member.Value));
        }
        return message;
    }

    static object Value(Type kind, Json value)
    {
        kind = Nullable.GetUnderlyingType(kind) ?? kind;
        if (kind == typeof(string))
            return value.Text;
        if (kind == typeof(bool))
            return value.Flag;
        if (kind == typeof(Bytes))
            return new Bytes(Convert.FromBase64String(value.Text));
        if (kind.IsEnum)
            return Enumerated(kind, value);
        if (kind.IsPrimitive)
            return Convert.ChangeType(value.Number, kind);
        if (typeof(Message).IsAssignableFrom(kind))
            return Read(kind, value);
        Type[] of = kind.GetGenericArguments();
        if (typeof(IDictionary).IsAssignableFrom(kind))
        {
            var map = (IDictionary)Activator.CreateInstance(kind);
            foreach (KeyValuePair<string, Json> member in value.Members)
                map[Convert.ChangeType(member.Key, of[0])] = Value(of[1], member.Value);
            return map;
        }
        var list = (IList)Activator.CreateInstance(kind);
        foreach (Json item in value.Items)
            list.Add(Value(of[0], item));
        return list;
    }

    /// <summary>A value by its proto's name, of which C# leaves the enum's own name out; or by its number.</summary>
    static object Enumerated(Type kind, Json value)
    {
        string text;
        try
        {
            text = value.Text;
        }
        catch (Morphogen.BrokenStreamException)
        {
            return Enum.ToObject(kind, value.Whole);
        }
        string wanted = text.Replace("_", "");
        string found = Enum.GetNames(kind).FirstOrDefault(
            name => string.Equals(kind.Name + name, wanted, StringComparison.OrdinalIgnoreCase));
        return Enum.Parse(kind, found ?? throw new ArgumentException($"{kind.Name} has no {text}"));
    }
}
