namespace Nimbus.QueryService.Querying;

/// <summary>What every answer to a query document says besides its own.</summary>
public abstract record InsightResult
{
    /// <summary>The project's sequence number up to which every change is in the answer, and none after it.</summary>
    public long Watermark { get; internal set; }

    /// <summary>How long computing it took, in milliseconds.</summary>
    public double ComputedMs { get; internal set; }
}
