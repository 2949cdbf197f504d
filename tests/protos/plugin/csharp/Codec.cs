using System;
using System.IO;
using System.Text;
using Morphogen.Wire;

/// <summary>
/// Decodes and encodes messages for the tests: for each one on the standard input (name of the class, bytes; both with
/// their lengths) an answer on the standard output, "=" and what it encodes to, "!" and the WireException's text, or
/// "?" and whatever else was thrown.
/// </summary>
static class Codec
{
    static void Main()
    {
        var input = new BinaryReader(Console.OpenStandardInput());
        var output = new BinaryWriter(Console.OpenStandardOutput());
        for (;;)
        {
            int length;
            try
            {
                length = input.ReadInt32();
            }
            catch (EndOfStreamException)
            {
                return;
            }
            string name = Encoding.UTF8.GetString(input.ReadBytes(length));
            byte[] data = input.ReadBytes(input.ReadInt32());
            byte[] answer = Answer(name, data, out char how);
            output.Write((byte)how);
            output.Write(answer.Length);
            output.Write(answer);
            output.Flush();
        }
    }

    static byte[] Answer(string name, byte[] data, out char how)
    {
        try
        {
            var message = (Message)Activator.CreateInstance(typeof(Codec).Assembly.GetType(name, true));
            message.MergeFrom(data);
            how = '=';
            return message.ToBytes();
        }
        catch (WireException error)
        {
            how = '!';
            return Encoding.UTF8.GetBytes(error.Message);
        }
        catch (Exception error)
        {
            how = '?';
            return Encoding.UTF8.GetBytes(error.ToString());
        }
    }
}
