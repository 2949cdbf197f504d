using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading;

/// <summary>What a client leaves behind: sockets of this process, as Linux lists them.</summary>
public static class Leaks
{
    const string Established = "01";
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Sockets that are connected and stay so.</summary>
    public static List<string> Found()
    {
        var clock = Stopwatch.StartNew();
        for (;;)
        {
            List<string> open = Connections();
            if (open.Count == 0 || clock.Elapsed > Patience)
                return open;
            Thread.Sleep(20);
        }
    }

    static List<string> Connections()
    {
        if (!Directory.Exists("/proc/self/fd"))
            return new List<string>();
        string own = Output("ls", $"-l /proc/{Process.GetCurrentProcess().Id}/fd");
        return File.ReadAllLines("/proc/self/net/tcp").Skip(1)
            .Select(line => line.Split(new[] { ' ' }, StringSplitOptions.RemoveEmptyEntries))
            .Where(words => words[3] == Established && own.Contains($"socket:[{words[9]}]"))
            .Select(words => $"a connection to {words[2]}")
            .ToList();
    }

    static string Output(string program, string arguments)
    {
        var how = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, UseShellExecute = false };
        using (Process started = Process.Start(how))
            return started.StandardOutput.ReadToEnd();
    }
}
