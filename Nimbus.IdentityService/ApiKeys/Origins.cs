using Nimbus.IdentityService.Requests;

namespace Nimbus.IdentityService.ApiKeys;

/// <summary>Origins as a browser writes them in its Origin header (RFC 6454): scheme, host, and the port unless it is the usual one.</summary>
public static class Origins
{
    public const int MaxCount = 50;

    /// <summary>The origins in a browser's form, each once; null where none are given.</summary>
    public static string[]? Read(string field, IReadOnlyList<string?>? origins, FieldErrors errors)
    {
        if (origins is null)
            return null;
        if (origins.Count is 0 or > MaxCount)
            errors.Add(field, $"must have 1 to {MaxCount} origins; leave it out to allow any");
        var read = origins.Take(MaxCount).Select(Canonical).ToList();
        if (read.Contains(null))
            errors.Add(field, "must hold origins such as https://shop.example or http://localhost:3000");
        return [.. read.OfType<string>().Distinct()];
    }

    internal static string? Canonical(string? origin)
    {
        if (string.IsNullOrWhiteSpace(origin) || origin.Length > 300
            || !Uri.TryCreate(origin.Trim(), UriKind.Absolute, out var uri)
            || uri.Host.Length == 0 || uri.UserInfo.Length > 0 || uri.Query.Length > 0 || uri.Fragment.Length > 0
            || uri.AbsolutePath is not ("/" or ""))
            return null;
        var host = uri.HostNameType == UriHostNameType.IPv6 ? uri.Host : uri.IdnHost;
        return $"{uri.Scheme}://{host}{(uri.IsDefaultPort ? "" : $":{uri.Port}")}".ToLowerInvariant();
    }
}
