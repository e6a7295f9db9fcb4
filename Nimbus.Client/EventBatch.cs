namespace Nimbus.Client;

/// <summary>The body of one request, written once, so that every attempt sends the same bytes.</summary>
public sealed class EventBatch
{
    internal EventBatch(byte[] body, int count)
    {
        Body = body;
        Count = count;
    }

    /// <summary>How many events it holds, 1 to 1,000.</summary>
    public int Count { get; }

    internal byte[] Body { get; }
}
