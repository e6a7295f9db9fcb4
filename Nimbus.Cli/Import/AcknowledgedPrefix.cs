namespace Nimbus.Cli.Import;

/// <summary>Puts what finishes in any order back into the order it began in. Not thread-safe.</summary>
internal sealed class AcknowledgedPrefix<T>
{
    private readonly Dictionary<int, T> _waiting = [];
    private int _next;

    /// <summary>Takes the outcome of number <paramref name="sequence"/>, counted from 0 without gaps.</summary>
    /// <returns>The outcomes that are now settled, in order: empty while an earlier one is missing.</returns>
    public IReadOnlyList<T> Complete(int sequence, T outcome)
    {
        if (sequence < _next || !_waiting.TryAdd(sequence, outcome))
            throw new ArgumentException($"Number {sequence} was completed before.", nameof(sequence));

        var settled = new List<T>();
        while (_waiting.Remove(_next, out var following))
        {
            settled.Add(following);
            _next++;
        }
        return settled;
    }
}
