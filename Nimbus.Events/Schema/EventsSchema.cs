namespace Nimbus.Events.Schema;

/// <summary>Whether eventsdb has the tables this build was written for.</summary>
public sealed class EventsSchema
{
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Done once the schema is there; await it before the first statement.</summary>
    public Task Ready => _ready.Task;

    /// <summary>What it waits for, in words for the health report.</summary>
    public string Waiting { get; internal set; } = "not tried yet";

    internal void SetReady() => _ready.TrySetResult();
}
