using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace Aspire.Hosting.Local;

/// <summary>
/// Runs the entry point of an AppHost for a test: up to <c>Build()</c>, where it waits for the test to go on,
/// and from there to <c>Run()</c>, which returns when the test has stopped the application.
/// </summary>
internal sealed class TestEntry
{
    private static readonly AsyncLocal<TestEntry?> Ambient = new();

    private readonly TaskCompletionSource<DistributedApplicationBuilder> composed = New<DistributedApplicationBuilder>();
    private readonly TaskCompletionSource goOn = New();
    private readonly TaskCompletionSource<DistributedApplication> built = New<DistributedApplication>();
    private readonly TaskCompletionSource ended = New();

    /// <summary>The test on whose behalf the calling code runs, if any.</summary>
    public static TestEntry? Current => Ambient.Value;

    public Assembly? AppHost { get; private init; }

    /// <summary>Runs the entry point of an assembly until it has composed its application.</summary>
    public static async Task<(TestEntry Entry, DistributedApplicationBuilder Builder)> ComposeAsync(
        Assembly appHost, string[] args, CancellationToken ct)
    {
        var entry = new TestEntry { AppHost = appHost };
        new Thread(() => entry.RunEntryPoint(args)) { IsBackground = true, Name = "AppHost's entry point" }.Start();
        return (entry, await entry.composed.Task.WaitAsync(ct));
    }

    /// <summary>A test that composes an application itself.</summary>
    public static TestEntry WithoutEntryPoint()
    {
        var entry = new TestEntry();
        entry.goOn.SetResult();
        return entry;
    }

    public async Task<DistributedApplication> BuildAsync(CancellationToken ct)
    {
        goOn.TrySetResult();
        return await built.Task.WaitAsync(ct);
    }

    public void Composed(DistributedApplicationBuilder builder)
    {
        composed.TrySetResult(builder);
        goOn.Task.GetAwaiter().GetResult();
    }

    public void Built(DistributedApplication application) => built.TrySetResult(application);

    public void Ended()
    {
        goOn.TrySetCanceled();
        ended.TrySetResult();
    }

    public Task WaitUntilEndedAsync(CancellationToken ct) => ended.Task.WaitAsync(ct);

    [SuppressMessage("Design", "CA1031", Justification = "It is handed to the test that waits for it.")]
    private void RunEntryPoint(string[] args)
    {
        Ambient.Value = this;
        try
        {
            var main = AppHost!.EntryPoint ?? throw new DistributedApplicationException($"{AppHost} has no entry point.");
            var result = main.Invoke(null, main.GetParameters().Length == 0 ? null : [args]);
            (result as Task)?.GetAwaiter().GetResult();
            Fail(new DistributedApplicationException($"{AppHost} ended without building an application."));
        }
        catch (Exception e)
        {
            Fail(e is TargetInvocationException { InnerException: { } inner } ? inner : e);
        }
    }

    private void Fail(Exception e)
    {
        composed.TrySetException(e);
        built.TrySetException(e);
        // Nobody may be waiting; then it is nobody's error.
        _ = composed.Task.Exception;
        _ = built.Task.Exception;
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static TaskCompletionSource<T> New<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
