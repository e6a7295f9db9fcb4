namespace Nimbus.Benchmarks.Freshness;

/// <summary>Milliseconds from the 202 of an event to the answer that has it, while nothing else is sent and beside a load.</summary>
/// <param name="Load">Events a second.</param>
/// <param name="LoadSent">How many of them there were.</param>
/// <param name="QuietQuestionMs">What the question takes while nothing changes, by its median.</param>
internal sealed record FreshnessFigures(
    int Samples, int Load, long LoadSent, double QuietP50Ms, double QuietP90Ms, double QuietP99Ms, double QuietWorstMs, double QuietQuestionMs,
    double LoadedP50Ms, double LoadedP90Ms, double LoadedP99Ms, double LoadedWorstMs, double LoadedQuestionMs)
{
    public Table Table() =>
        new Table("from the 202 to the answer", "p50 ms", "p90 ms", "p99 ms (goal 2,000)", "worst ms", "question alone, p50 ms")
            .Add("nothing else sent", Ms(QuietP50Ms), Ms(QuietP90Ms), Ms(QuietP99Ms), Ms(QuietWorstMs), Ms(QuietQuestionMs))
            .Add($"{Load:N0} events/s beside it", Ms(LoadedP50Ms), Ms(LoadedP90Ms), Ms(LoadedP99Ms), Ms(LoadedWorstMs), Ms(LoadedQuestionMs));

    private static string Ms(double ms) => $"{ms:N0}";
}
