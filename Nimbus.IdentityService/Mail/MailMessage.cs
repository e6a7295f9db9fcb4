namespace Nimbus.IdentityService.Mail;

/// <summary>A mail in plain text.</summary>
public sealed record MailMessage(string To, string Subject, string Text)
{
    // A record prints its fields by itself; a mail may hold a secret link.
    public override string ToString() => $"mail '{Subject}'";
}
