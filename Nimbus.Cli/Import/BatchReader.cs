using System.Globalization;
using Nimbus.Client;

namespace Nimbus.Cli.Import;

/// <summary>Makes batches of the rows of a file, in its order, each within the limits of a request.</summary>
internal sealed class BatchReader(SourceFile source, IRowReader rows, int batchSize)
{
    private readonly EventBatchBuilder _builder = new(batchSize);
    private List<SourceRow> _sent = [];
    private List<Reject> _rejects = [];
    private SourceRow? _held;
    private int _sequence;

    /// <summary>The next batch; null at the end of the file.</summary>
    public ImportBatch? Read()
    {
        // Bad rows count towards the size too: a file of nothing else must come in batches all the same.
        while (_sent.Count + _rejects.Count < batchSize && (_held ?? rows.Read()) is { } row)
        {
            _held = null;
            if (!Add(row))
            {
                _held = row;
                break;
            }
        }
        return _sent.Count + _rejects.Count > 0 ? Complete() : null;
    }

    private bool Add(SourceRow row)
    {
        if (row.Event is null)
        {
            _rejects.Add(new Reject(row.Line, row.Fault!, row.Raw));
            return true;
        }
        switch (_builder.Add(row.Event))
        {
            case BatchAddition.Added:
                _sent.Add(row);
                return true;
            case BatchAddition.TooLarge:
                var limit = EventBatchBuilder.MaxBytes.ToString("N0", CultureInfo.InvariantCulture);
                _rejects.Add(new Reject(row.Line, $"is larger than a request may be ({limit} bytes)", row.Raw));
                return true;
            default:
                return false;
        }
    }

    private ImportBatch Complete()
    {
        var batch = new ImportBatch(
            _sequence++, _builder.Count > 0 ? _builder.Build() : null, _sent, _rejects, source.Fraction);
        (_sent, _rejects) = ([], []);
        return batch;
    }
}
