using Nimbus.QueryService.Querying;
using NodaTime;

namespace Nimbus.QueryService.Events;

/// <summary>Which page of which events.</summary>
/// <param name="From">Inclusive; null for all that came before.</param>
/// <param name="To">Exclusive; null for all that comes after.</param>
/// <param name="After">Where the page before ended.</param>
public sealed record EventsQuery(
    Guid ProjectId, EventFilter Filter, Instant? From, Instant? To, bool Ascending, int Limit, EventCursor? After)
{
    public const int MaxLimit = 1000;
}
