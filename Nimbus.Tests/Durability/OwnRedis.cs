using System.Diagnostics;
using System.Globalization;
using System.Net;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.Durability;

/// <summary>A Redis of the test's own, which nobody starts again.</summary>
internal sealed class OwnRedis(string folder, string fsync = "always", string eviction = "noeviction") : IAsyncDisposable
{
    private readonly int _port = Ports.Free();
    private Process? _process;

    public string Connection => $"127.0.0.1:{_port.ToString(CultureInfo.InvariantCulture)}";

    public async Task StartAsync()
    {
        try
        {
            _process = Process.Start(new ProcessStartInfo("redis-server",
            [
                "--port", _port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--dir", folder, "--save", "",
                "--appendonly", "yes", "--appendfsync", fsync, "--maxmemory-policy", eviction, "--loglevel", "warning",
            ])
            { RedirectStandardOutput = true })!;
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            Skip.If(true, $"redis-server does not start here: {missing.Message}");
        }
        _process!.BeginOutputReadLine();
        await Eventually.TrueAsync(IsListeningAsync, () => "Redis does not listen", TimeSpan.FromSeconds(20));
    }

    public async Task EndedAsync() => await _process!.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(20));

    public async ValueTask DisposeAsync()
    {
        if (_process is null)
            return;
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }
        _process.Dispose();
    }

    private async Task<bool> IsListeningAsync()
    {
        try
        {
            using var client = new System.Net.Sockets.TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, _port);
            return true;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }
}
