using NodaTime;

namespace Nimbus.IdentityService.Projects;

/// <summary>
/// The zones a project may have: the IANA ids of NodaTime's own tables, which the engine computes with, whatever the
/// machine has installed.
/// </summary>
public static class TimeZones
{
    private static readonly HashSet<string> Ids = [.. DateTimeZoneProviders.Tzdb.Ids];

    public static bool Exists(string id) => Ids.Contains(id);
}
