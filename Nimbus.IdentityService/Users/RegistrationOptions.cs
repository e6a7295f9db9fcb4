namespace Nimbus.IdentityService.Users;

/// <summary>Section <c>Nimbus:Registration</c>: who may make an account.</summary>
public sealed record RegistrationOptions
{
    /// <summary>Anyone; false: nobody by this way.</summary>
    public bool Open { get; init; } = true;
}
