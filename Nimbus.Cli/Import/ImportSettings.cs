namespace Nimbus.Cli.Import;

/// <summary>What to import, where to, and how hard to try.</summary>
/// <param name="BatchSize">Events in a request, 1 to 1,000.</param>
/// <param name="InFlight">Requests under way at a time.</param>
/// <param name="GiveUpAfter">How long a batch is tried for without an answer that settles it.</param>
/// <param name="Restart">Ignores the checkpoint of an earlier run.</param>
internal sealed record ImportSettings(
    string File, Uri Url, string KeyId, string Secret, int BatchSize, int InFlight, TimeSpan GiveUpAfter, bool Restart)
{
    /// <summary>Beside the source: <c>shop.nimbus-import.json</c> for <c>shop.csv.gz</c>.</summary>
    public string CheckpointPath => Stem + ".nimbus-import.json";

    /// <summary>Beside the source: <c>shop.rejects.csv</c>.</summary>
    public string RejectsPath => Stem + ".rejects.csv";

    public ImportTarget Target => new(Url.AbsoluteUri, KeyId);

    private string Stem
    {
        get
        {
            var unzipped = Without(File, ".gz");
            return Without(Without(unzipped, ".csv"), ".jsonl");
        }
    }

    private static string Without(string path, string extension) =>
        path.EndsWith(extension, StringComparison.OrdinalIgnoreCase) ? path[..^extension.Length] : path;
}
