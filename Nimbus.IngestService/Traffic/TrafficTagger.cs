using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.Options;

namespace Nimbus.IngestService.Traffic;

/// <summary>
/// Tells of a request from a browser which browser, device and country it came from, and whether it is a robot. It stands in
/// the events' context as <c>traffic</c>, where a query may filter by it; nothing is ever dropped for it.
/// </summary>
internal sealed class TrafficTagger(IOptions<TrafficOptions> options)
{
    /// <summary>A JSON object; empty where the project does not want it, or it is no browser.</summary>
    public ReadOnlyMemory<byte> Of(HttpRequest request, TrafficDetail detail)
    {
        if (detail == TrafficDetail.None || Browser.Of(request.Headers.UserAgent.ToString()) is not { } browser)
            return default;
        var output = new ArrayBufferWriter<byte>(128);
        using var json = new Utf8JsonWriter(output);
        json.WriteStartObject();
        if (browser.Name is not null) json.WriteString("browser", browser.Name);
        if (browser.Version is not null) json.WriteString("browser_version", browser.Version);
        if (browser.Os is not null) json.WriteString("os", browser.Os);
        json.WriteString("device", browser.Device);
        json.WriteBoolean("bot", browser.IsBot);
        if (Country(request) is { } country) json.WriteString("country", country);
        if (detail == TrafficDetail.Network && Address(request) is { } address) json.WriteString("ip", address);
        json.WriteEndObject();
        json.Flush();
        return output.WrittenMemory;
    }

    private string? Country(HttpRequest request) =>
        options.Value.CountryHeader is { Length: > 0 } header && request.Headers[header].ToString() is { Length: 2 } code
        && code.All(char.IsAsciiLetter) ? code.ToUpperInvariant() : null;

    /// <summary>The client's network. The gateway writes the header itself, whatever it was sent.</summary>
    private static string? Address(HttpRequest request)
    {
        var forwarded = request.Headers["X-Forwarded-For"].ToString().Split(',')[0].Trim();
        var address = IPAddress.TryParse(forwarded, out var parsed) ? parsed : request.HttpContext.Connection.RemoteIpAddress;
        return address is null ? null : Truncate(address).ToString();
    }

    internal static IPAddress Truncate(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(address.AddressFamily == AddressFamily.InterNetwork ? 3 : 6).Clear();
        return new IPAddress(bytes);
    }
}
