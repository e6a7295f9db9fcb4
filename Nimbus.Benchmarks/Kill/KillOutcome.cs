namespace Nimbus.Benchmarks.Kill;

/// <summary>What became of the events of a run, by the ids that clients gave them.</summary>
/// <param name="Kills">How often each resource was killed.</param>
/// <param name="Sent">Events that were sent, answered or not.</param>
/// <param name="Acknowledged">Those of them whose request was answered with success.</param>
/// <param name="Lost">Acknowledged and not stored.</param>
/// <param name="Doubled">Stored more than once.</param>
/// <param name="NeverSent">Stored and never sent.</param>
/// <param name="LongestSilence">The longest time in which no client was told of success.</param>
/// <param name="Caught">How long after the last request everything was stored.</param>
internal sealed record KillOutcome(
    int Seed,
    TimeSpan Lasted,
    IReadOnlyDictionary<string, int> Kills,
    int Sent,
    int Acknowledged,
    int Stored,
    IReadOnlyList<string> Lost,
    IReadOnlyList<string> Doubled,
    IReadOnlyList<string> NeverSent,
    TimeSpan LongestSilence,
    TimeSpan Caught)
{
    /// <summary>By way of sending: requests, and how many of them had to be repeated.</summary>
    public required IReadOnlyDictionary<string, (int Requests, int Repeats)> Ways { get; init; }

    public bool IsKept => Lost.Count == 0 && Doubled.Count == 0 && NeverSent.Count == 0;
}
