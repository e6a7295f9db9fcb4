namespace Nimbus.Gateway.Cors;

/// <summary>Which other web sites may use this installation, section <c>Nimbus:Cors</c>.</summary>
public sealed record CrossOriginOptions
{
    public const string Section = "Nimbus:Cors";

    /// <summary>
    /// The origins whose pages may call all of the API, such as <c>https://app.example.com</c>; <c>*</c> is every one. Events may be
    /// sent from every site, whatever this is.
    /// </summary>
    public string[] AllowedOrigins { get; init; } = [];

    internal static bool IsOrigin(string? text) =>
        text == "*" || (Uri.TryCreate(text, UriKind.Absolute, out var origin) && origin.Scheme is "http" or "https"
            && string.Equals(origin.GetLeftPart(UriPartial.Authority), text, StringComparison.OrdinalIgnoreCase));
}
