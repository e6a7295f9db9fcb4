namespace Nimbus.Cli.Import;

/// <summary>Where an import stands, written by its senders and read by the display.</summary>
internal sealed class ImportProgress(TimeProvider clock)
{
    // Long enough to smooth batches, short enough that a stall is seen.
    private static readonly TimeSpan RateOver = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly Queue<(TimeSpan At, long Rows, double Fraction)> _recent = new();
    private readonly long _started = clock.GetTimestamp();
    private ImportSnapshot _now = new(0, 0, 0, null, null);
    private string? _notice;

    /// <summary>Begins after the rows of an earlier run, which do not count into the rate.</summary>
    public void Begin(long rows, double fraction)
    {
        lock (_lock)
        {
            _recent.Clear();
            _recent.Enqueue((clock.GetElapsedTime(_started), rows, fraction));
            _now = _now with { Rows = rows, Fraction = fraction };
        }
    }

    public void Advance(long rows, double fraction)
    {
        lock (_lock)
        {
            _now = _now with { Rows = _now.Rows + rows, Fraction = Math.Max(_now.Fraction, fraction) };
            _notice = null;
        }
    }

    /// <summary>Something that keeps rows from arriving; shown until it is overcome.</summary>
    public void Waiting(string text)
    {
        lock (_lock)
            _notice = text;
    }

    public ImportSnapshot Read()
    {
        lock (_lock)
        {
            var at = clock.GetElapsedTime(_started);
            if (_recent.Count == 0 || at > _recent.Last().At)
                _recent.Enqueue((at, _now.Rows, _now.Fraction));
            while (_recent.Count > 2 && at - _recent.Peek().At > RateOver)
                _recent.Dequeue();

            var since = _recent.Peek();
            var seconds = (at - since.At).TotalSeconds;
            var moved = _now.Fraction - since.Fraction;
            return _now with
            {
                RowsPerSecond = seconds > 0 ? (_now.Rows - since.Rows) / seconds : 0,
                Left = moved > 0 ? TimeSpan.FromSeconds(Math.Round(seconds * (1 - _now.Fraction) / moved)) : null,
                Notice = _notice,
            };
        }
    }
}

/// <summary>An import at one moment.</summary>
/// <param name="Fraction">Share of the file settled, 0 to 1.</param>
/// <param name="Left">Time left at the present rate; null while nothing moves.</param>
/// <param name="Notice">What it waits for; null while nothing holds it up.</param>
internal sealed record ImportSnapshot(long Rows, double Fraction, double RowsPerSecond, TimeSpan? Left, string? Notice);
