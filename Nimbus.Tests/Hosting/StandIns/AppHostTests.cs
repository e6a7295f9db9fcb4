using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;

namespace Nimbus.Tests.Hosting.StandIns;

/// <summary>The AppHost as a process: how it ends, and what it refuses.</summary>
public sealed class AppHostTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("nimbus-apphost-").FullName;

    [Fact]
    public async Task Ctrl_C_stops_everything_and_the_next_run_finds_its_data()
    {
        var account = new { email = "ada@example.com", password = "correct horse battery" };
        using var http = new HttpClient();
        using (var first = AppHostProcess.Start(folder))
        {
            var gateway = await first.WaitReadyAsync();
            using var registered = await http.PostAsJsonAsync(new Uri(gateway, "/v1/auth/register"), account);
            Assert.True(registered.IsSuccessStatusCode, await registered.Content.ReadAsStringAsync());
            var children = first.Children();
            Assert.True(children.Count >= 7);

            // While it runs, another says so and leaves it alone.
            using var second = AppHostProcess.Start(folder);
            Assert.Equal(1, await second.WaitForEndAsync());
            Assert.Contains(second.Lines, l => l.Contains($"already runs here as process {first.Id}"));
            Assert.Equal(children, first.Children());

            first.Signal(Signals.Interrupt);
            Assert.Equal(0, await first.WaitForEndAsync());
            Assert.DoesNotContain(children, AppHostProcess.IsAlive);
        }

        using var next = AppHostProcess.Start(folder);
        using var loggedIn = await http.PostAsJsonAsync(new Uri(await next.WaitReadyAsync(), "/v1/auth/login"), account);
        Assert.Equal(HttpStatusCode.OK, loggedIn.StatusCode);

        var last = next.Children();
        next.Signal(Signals.Terminate);
        Assert.Equal(0, await next.WaitForEndAsync());
        Assert.DoesNotContain(last, AppHostProcess.IsAlive);
    }

    [Fact]
    public async Task Killing_the_AppHost_leaves_no_process_behind()
    {
        using var killed = AppHostProcess.Start(folder);
        await killed.WaitReadyAsync();
        var children = killed.Children();

        killed.Signal(Signals.Kill);
        await killed.WaitForEndAsync();
        await AppHostProcess.UntilAsync(() => !children.Any(AppHostProcess.IsAlive));

        Assert.True(children.Count >= 7);
        Assert.DoesNotContain(children, AppHostProcess.IsAlive);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named_and_nothing_is_started()
    {
        TcpListener? taken = null;
        try
        {
            taken = new TcpListener(IPAddress.Loopback, 8000);
            taken.Start();
        }
        catch (SocketException)
        {
            // Taken already: as well.
        }

        using (taken)
        using (var run = AppHostProcess.StartOnItsPorts(folder))
        {
            Assert.Equal(1, await run.WaitForEndAsync());
            // Whatever else listens on this machine, one line says which port.
            Assert.Single(run.Lines, l => l.StartsWith("Port ", StringComparison.Ordinal) && l.Contains(" is taken: "));
            Assert.Empty(run.Children());
            Assert.False(Directory.Exists(Path.Combine(folder, "data")));
        }
    }

    [Fact]
    public async Task A_connection_string_that_does_not_parse_is_named_and_nothing_is_started()
    {
        using var run = AppHostProcess.Start(folder, "--ConnectionStrings:postgres=Host=localhost;Bogus=1");

        Assert.Equal(1, await run.WaitForEndAsync());
        Assert.Single(run.Lines, l => l.Contains("ConnectionStrings__postgres"));
        Assert.Empty(run.Children());
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
