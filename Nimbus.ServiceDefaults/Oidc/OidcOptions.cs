using Microsoft.Extensions.Configuration;

namespace Nimbus.ServiceDefaults;

/// <summary>Section <c>Nimbus:Oidc</c>: the one external issuer that people may sign in by. Without an issuer there is none.</summary>
public sealed record OidcOptions
{
    /// <summary>As its tokens and its discovery document name it, compared exactly; https, except on this machine.</summary>
    public string? Issuer { get; init; }

    /// <summary>What the issuer calls this installation; tokens must be for it.</summary>
    public string? ClientId { get; init; }

    /// <summary>The password of this installation with the issuer, where it wants one.</summary>
    public string? ClientSecret { get; init; }

    /// <summary>Asked of the issuer; <c>openid</c> and <c>email</c> are needed.</summary>
    public string Scopes { get; init; } = "openid email profile";

    /// <summary>Whether there is an issuer.</summary>
    public bool IsOn => !string.IsNullOrEmpty(Issuer);

    /// <summary>What is wrong with the settings, or null.</summary>
    public static string? Check(IConfiguration configuration)
    {
        var issuer = configuration["Nimbus:Oidc:Issuer"];
        if (string.IsNullOrEmpty(issuer))
            return null;
        if (!Uri.TryCreate(issuer, UriKind.Absolute, out var address) || !ExternalIssuer.IsAllowed(address))
            return "Nimbus:Oidc:Issuer is no https address.";
        return string.IsNullOrEmpty(configuration["Nimbus:Oidc:ClientId"])
            ? "Nimbus:Oidc:ClientId is missing: set Nimbus__Oidc__ClientId to what the issuer calls this installation."
            : null;
    }
}
