using System.ComponentModel.DataAnnotations;

namespace Nimbus.IdentityService.Mail;

/// <summary>Section <c>Nimbus:Mail</c>: the SMTP server that takes our mail. Without a host, none is sent.</summary>
public sealed record MailOptions
{
    public string? Host { get; init; }

    [Range(1, 65535)] public int Port { get; init; } = 587;

    /// <summary>The sender's address.</summary>
    public string From { get; init; } = "nimbus@localhost";

    /// <summary>Whether the connection must become TLS (STARTTLS) before anything is said.</summary>
    public bool Tls { get; init; } = true;

    public string? Username { get; init; }

    public string? Password { get; init; }
}
