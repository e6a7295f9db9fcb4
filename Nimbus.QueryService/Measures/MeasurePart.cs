namespace Nimbus.QueryService.Measures;

/// <summary>What one stretch of blocks comes to. Never changes once it is made.</summary>
/// <param name="FirstBucketMs">Where the first bucket starts that the stretch has events in.</param>
/// <param name="Buckets">Cells of a place are those of so many consecutive buckets.</param>
/// <param name="Codes">The codes of the places; null where they are those of the groups shown.</param>
/// <param name="Places">How many places.</param>
/// <param name="Occurs">By place: some event is in it; null where all are.</param>
/// <param name="Total">Where people are counted: all of them, unless the worker keeps them.</param>
/// <param name="First">The people of the first bucket, where other stretches may have some of it too.</param>
/// <param name="Last">Those of the last one.</param>
internal sealed record MeasurePart(
    long FirstBucketMs, int Buckets, MeasureCells Cells, int Places, int[]? Codes, bool[]? Occurs,
    PlacedPeople? Total, PlacedPeople? First, PlacedPeople? Last)
{
    public long Bytes =>
        Cells.Bytes + ((Codes?.Length ?? 0) * 4L) + (Total?.Bytes ?? 0) + (First?.Bytes ?? 0) + (Last?.Bytes ?? 0) + 200;
}
