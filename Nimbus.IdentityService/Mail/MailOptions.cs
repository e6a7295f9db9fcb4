using System.ComponentModel.DataAnnotations;

namespace Nimbus.IdentityService.Mail;

/// <summary>Section <c>Nimbus:Mail</c>: the SMTP server that takes our mail. Without a host, none is sent.</summary>
public sealed record MailOptions
{
    /// <summary>The server's name or address; without it no mail is sent.</summary>
    public string? Host { get; init; }

    /// <summary>The port on which it takes mail.</summary>
    [Range(1, 65535)] public int Port { get; init; } = 587;

    /// <summary>The sender's address.</summary>
    public string From { get; init; } = "nimbus@localhost";

    /// <summary>Whether the connection must become TLS (STARTTLS) before anything is said.</summary>
    public bool Tls { get; init; } = true;

    /// <summary>Who to sign in as, where the server wants that.</summary>
    public string? Username { get; init; }

    /// <summary>The password to it.</summary>
    public string? Password { get; init; }
}
