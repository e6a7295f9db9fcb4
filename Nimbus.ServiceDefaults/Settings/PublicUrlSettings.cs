namespace Nimbus.ServiceDefaults;

/// <summary>Settings of the installation as a whole.</summary>
public sealed record PublicUrlSettings
{
    public const string Setting = "Nimbus:PublicUrl";

    /// <summary>
    /// Where people and browsers reach this installation, such as <c>https://analytics.example.com</c>. Links in mail are to there
    /// (without it, to <c>http://localhost:8000</c>), Segment's browser SDK is told to send there (without it, to the host that it
    /// asked), and an https address makes the dashboard's cookie one for https alone.
    /// </summary>
    public string? PublicUrl { get; init; }
}
