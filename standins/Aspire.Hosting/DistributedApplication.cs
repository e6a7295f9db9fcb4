using System.Reflection;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Local;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting;

/// <summary>A composed application, here run as local processes.</summary>
public class DistributedApplication : IDisposable, IAsyncDisposable
{
    private readonly IHost host;
    private readonly TestEntry? test;
    private bool running;

    internal DistributedApplication(IHost host, TestEntry? test)
    {
        this.host = host;
        this.test = test;
    }

    /// <summary>How the resources are.</summary>
    public ResourceNotificationService ResourceNotifications => Services.GetRequiredService<ResourceNotificationService>();

    /// <summary>Does to resources what people do on the dashboard.</summary>
    public ResourceCommandService ResourceCommands => new(Services.GetRequiredService<Run>());

    /// <summary>Services of the AppHost itself.</summary>
    public IServiceProvider Services => host.Services;

    /// <summary>Starts to compose an application.</summary>
    public static IDistributedApplicationBuilder CreateBuilder(string[] args)
    {
        var test = TestEntry.Current;
        if (test is null) AppDomain.CurrentDomain.UnhandledException += ShowInOneLine;
        return new DistributedApplicationBuilder(args, test is null ? Assembly.GetEntryAssembly() : test.AppHost, test);
    }

    /// <summary>Runs until Ctrl-C or SIGTERM. When it cannot, says why in one line and leaves 1 as exit code.</summary>
    public void Run() => RunAsync().GetAwaiter().GetResult();

    /// <inheritdoc cref="Run"/>
    public virtual async Task RunAsync(CancellationToken cancellationToken = default)
    {
        if (test is not null)
        {
            // The test starts and stops the application; its entry point only waits.
            await test.WaitUntilEndedAsync(cancellationToken);
            return;
        }

        try
        {
            var run = Services.GetRequiredService<Run>();
            await host.RunAsync(cancellationToken);
            Fail(run.Failure);
        }
        catch (DistributedApplicationException e)
        {
            Fail(e.Message);
        }
    }

    /// <summary>Starts the resources and returns; they become ready in their own time.</summary>
    public virtual async Task StartAsync(CancellationToken cancellationToken = default)
    {
        running = true;
        await host.StartAsync(cancellationToken);
    }

    /// <summary>Stops the resources, each after those that need it, and returns when none runs any more.</summary>
    public virtual async Task StopAsync(CancellationToken cancellationToken = default)
    {
        if (!running) return;
        running = false;
        await host.StopAsync(cancellationToken);
        test?.Ended();
    }

    /// <inheritdoc/>
    public virtual void Dispose()
    {
        DisposeAsync().AsTask().GetAwaiter().GetResult();
        GC.SuppressFinalize(this);
    }

    /// <summary>Stops what runs.</summary>
    public virtual async ValueTask DisposeAsync()
    {
        await StopAsync();
        test?.Ended();
        host.Dispose();
        GC.SuppressFinalize(this);
    }

    internal DistributedApplicationBuilder Builder => Services.GetRequiredService<DistributedApplicationBuilder>();

    // What is wrong in the composition itself is thrown in AppHost.cs, where nobody catches it.
    private static void ShowInOneLine(object sender, UnhandledExceptionEventArgs e)
    {
        if (e.ExceptionObject is not DistributedApplicationException wrong) return;
        Console.Error.WriteLine(wrong.Message);
        Environment.Exit(1);
    }

    private static void Fail(string? why)
    {
        if (why is null) return;
        Console.Error.WriteLine(why);
        Environment.ExitCode = 1;
    }
}
