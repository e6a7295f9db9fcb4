using Nimbus.Client;

namespace Nimbus.Tests.Hosting;

/// <summary>Waiting for a condition of the running system: polled, with a deadline, never a fixed sleep.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Polls until <paramref name="condition"/> holds.</summary>
    /// <param name="condition">An attempt that throws on an HTTP failure counts as not yet.</param>
    /// <param name="state">What there was at the deadline, for the failure's message.</param>
    /// <param name="within">How long to poll.</param>
    public static async Task TrueAsync(Func<Task<bool>> condition, Func<string> state, TimeSpan within)
    {
        using var deadline = new CancellationTokenSource(within);
        using var timer = new PeriodicTimer(Pause);
        Exception? last = null;
        do
        {
            try
            {
                if (await condition())
                    return;
                last = null;
            }
            catch (Exception e) when (e is HttpRequestException or NimbusException)
            {
                last = e;
            }
        }
        while (await TickAsync(timer, deadline.Token));
        Assert.Fail($"Not within {within.TotalSeconds:0} s: {state()} {last?.Message}");
    }

    private static async Task<bool> TickAsync(PeriodicTimer timer, CancellationToken deadline)
    {
        try
        {
            return await timer.WaitForNextTickAsync(deadline);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
