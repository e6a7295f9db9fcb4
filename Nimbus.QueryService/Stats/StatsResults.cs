using Nimbus.QueryService.Querying;

namespace Nimbus.QueryService.Stats;

/// <summary>Daily active users.</summary>
/// <param name="Days">Every day of the range, in order.</param>
public sealed record DailyUsersResult(IReadOnlyList<DailyUsers> Days) : InsightResult;

/// <summary>The people active on one day.</summary>
/// <param name="Date">A local date.</param>
public sealed record DailyUsers(DateOnly Date, long Users);

/// <summary>The most frequent events.</summary>
/// <param name="Events">By count, largest first, then by name.</param>
public sealed record TopEventsResult(IReadOnlyList<TopEvent> Events) : InsightResult;

/// <summary>One event name.</summary>
/// <param name="Users">Distinct people who did it.</param>
public sealed record TopEvent(string Name, long Count, long Users);
