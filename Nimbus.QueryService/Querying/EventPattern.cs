using Nimbus.QueryService.Engine;
using Nimbus.QueryService.Engine.Scans;

namespace Nimbus.QueryService.Querying;

/// <summary>Which events a part of a question means.</summary>
/// <param name="Name">Null for any name.</param>
public sealed record EventPattern(string? Name = null, Where? Where = null)
{
    internal EventRole Compile(ProjectSnapshot snapshot) => new(Name, Where?.Compile(snapshot));
}

/// <summary>What a question is broken down by.</summary>
/// <param name="Key">Of a cohort its id.</param>
public sealed record GroupKey(PropertySource Source, string Key);
