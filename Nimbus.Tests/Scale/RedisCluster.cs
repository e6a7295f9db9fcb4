using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.Scale;

/// <summary>Three nodes of a Redis cluster on this machine, each a process with a third of the slots, as durable as intake wants them.</summary>
internal sealed class RedisCluster : IAsyncDisposable
{
    private const int Nodes = 3;
    private const int Slots = 16_384;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("nimbus-redis-cluster-");
    private readonly Process[] _processes = new Process[Nodes];
    private readonly (int Port, int BusPort)[] _ports = new (int, int)[Nodes];

    public string Connection => string.Join(',', _ports.Select(node => $"127.0.0.1:{node.Port}"));

    /// <summary>Skips the test where the machine has no server to start.</summary>
    public static async Task<RedisCluster> StartAsync()
    {
        var program = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, "redis-server")).FirstOrDefault(File.Exists);
        Skip.If(program is null, "no redis-server on this machine's PATH");
        var cluster = new RedisCluster();
        for (var node = 0; node < Nodes; node++)
        {
            cluster._ports[node] = (Ports.Free(), Ports.Free());
            cluster.Start(program!, node);
        }
        for (var node = 0; node < Nodes; node++)
        {
            await cluster.AskAsync(node, "PING", answer => answer.StartsWith("+PONG", StringComparison.Ordinal));
            await cluster.AskAsync(node, $"CLUSTER ADDSLOTSRANGE {Slots * node / Nodes} {Slots * (node + 1) / Nodes - 1}", answer => answer.StartsWith("+OK", StringComparison.Ordinal));
            if (node > 0)
                await cluster.AskAsync(0, $"CLUSTER MEET 127.0.0.1 {cluster._ports[node].Port} {cluster._ports[node].BusPort}", answer => answer.StartsWith("+OK", StringComparison.Ordinal));
        }
        await cluster.IsWholeAsync();
        return cluster;
    }

    /// <summary>kill -9 of a node.</summary>
    public async Task KillAsync(int node)
    {
        _processes[node].Kill();
        await _processes[node].WaitForExitAsync();
    }

    /// <summary>Starts a killed node again, with what it had on disk.</summary>
    public void Restart(int node) => Start(_processes[node].StartInfo.FileName, node);

    /// <summary>Waits until every node takes every slot for served.</summary>
    public async Task IsWholeAsync()
    {
        for (var node = 0; node < Nodes; node++)
        {
            await AskAsync(node, "CLUSTER INFO", answer =>
                answer.Contains("cluster_state:ok", StringComparison.Ordinal) && answer.Contains($"cluster_known_nodes:{Nodes}", StringComparison.Ordinal));
        }
    }

    /// <summary>How many keys of a pattern each node has.</summary>
    public async Task<List<int>> KeysAsync(string pattern)
    {
        var counts = new List<int>();
        for (var node = 0; node < Nodes; node++)
            counts.Add((await AskAsync(node, $"KEYS {pattern}", _ => true)).Count(letter => letter == '$'));
        return counts;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes.OfType<Process>())
        {
            if (!process.HasExited)
                process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }
        _folder.Delete(recursive: true);
    }

    private void Start(string program, int node)
    {
        var data = _folder.CreateSubdirectory($"{node}").FullName;
        _processes[node] = Process.Start(new ProcessStartInfo(program)
        {
            RedirectStandardOutput = true,
            ArgumentList =
            {
                "--bind", "127.0.0.1", "--port", $"{_ports[node].Port}", "--cluster-port", $"{_ports[node].BusPort}", "--dir", data,
                "--cluster-enabled", "yes", "--cluster-node-timeout", "2000", "--save", "", "--logfile", Path.Combine(data, "log"),
                "--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction",
            },
        })!;
    }

    /// <summary>Sends a command until its answer is as wanted.</summary>
    private async Task<string> AskAsync(int node, string command, Func<string, bool> isAnswer)
    {
        var answer = "";
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    return isAnswer(answer = await AskOnceAsync(_ports[node].Port, command));
                }
                catch (SocketException notYet)
                {
                    answer = notYet.Message;
                    return false;
                }
            },
            () => $"node {node} answers {command} with {answer}", Patience);
        return answer;
    }

    private static async Task<string> AskOnceAsync(int port, string command)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"{command}\r\nQUIT\r\n"));
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }
}
