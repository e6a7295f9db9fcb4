using Nimbus.Client;

namespace Nimbus.Cli.Import;

/// <summary>Consecutive rows of the file: one request, and what of them needs none.</summary>
/// <param name="Sequence">Counted from 0 in the order of the file.</param>
/// <param name="Events">Null where every row was bad.</param>
/// <param name="Sent">The rows behind the events, by their index in the request.</param>
/// <param name="Rejects">Bad rows.</param>
/// <param name="Fraction">Share of the file read when this was complete.</param>
internal sealed record ImportBatch(
    int Sequence, EventBatch? Events, IReadOnlyList<SourceRow> Sent, IReadOnlyList<Reject> Rejects, double Fraction)
{
    public int Rows => Sent.Count + Rejects.Count;

    /// <summary>What became of the rows, by the server's answer.</summary>
    public SettledBatch Settle(BatchAnswer answer)
    {
        var refused = answer.Errors
            .Where(error => error.Index >= 0 && error.Index < Sent.Count)
            .Select(error => new Reject(Sent[error.Index].Line, $"{error.Code}: {error.Message}", Sent[error.Index].Raw));
        var rejects = Rejects.Concat(refused).OrderBy(reject => reject.Line).ToList();
        return new SettledBatch(Rows, Rows - rejects.Count - answer.Duplicates, answer.Duplicates, rejects, Fraction);
    }
}

/// <summary>Rows that are done with.</summary>
internal sealed record SettledBatch(int Rows, int Accepted, int Duplicates, IReadOnlyList<Reject> Rejects, double Fraction);
