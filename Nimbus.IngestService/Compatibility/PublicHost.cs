using Nimbus.ServiceDefaults;

namespace Nimbus.IngestService.Compatibility;

/// <summary>Where browsers reach this system.</summary>
/// <param name="Authority">Host, with a path where there is one, without a slash at its end.</param>
/// <param name="IsConfigured">Otherwise it is what this request was sent to, which only holds for this request.</param>
internal sealed record PublicHost(string Scheme, string Authority, bool IsConfigured)
{
    public static PublicHost Of(HttpRequest request, PublicUrlSettings settings)
    {
        if (Uri.TryCreate(settings.PublicUrl, UriKind.Absolute, out var url))
            return new PublicHost(url.Scheme, (url.Authority + url.AbsolutePath).TrimEnd('/'), true);
        // The gateway writes these itself, whatever it was sent.
        var host = request.Headers["X-Forwarded-Host"].ToString() is { Length: > 0 } forwarded ? forwarded : request.Host.Value;
        var scheme = request.Headers["X-Forwarded-Proto"].ToString() is { Length: > 0 } proto ? proto : request.Scheme;
        return new PublicHost(scheme, host ?? "localhost", false);
    }
}
