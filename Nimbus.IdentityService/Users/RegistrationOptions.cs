namespace Nimbus.IdentityService.Users;

/// <summary>Section <c>Nimbus:Registration</c>: who may make an account.</summary>
public sealed record RegistrationOptions
{
    /// <summary>Whether anyone may; false: who is invited, and whoever makes the installation's first account.</summary>
    public bool Open { get; init; } = true;
}
