namespace Nimbus.ServiceDefaults;

/// <summary>What an access token says.</summary>
/// <param name="UserId">Whose it is; <see cref="Guid.Empty"/> for a service.</param>
/// <param name="SessionId">The session it ends with; <see cref="Guid.Empty"/> for a service.</param>
/// <param name="Audience">One of <see cref="Audiences"/>.</param>
/// <param name="Lifetime">From now; whole seconds count.</param>
public sealed record AccessToken(Guid UserId, Guid SessionId, string Audience, TimeSpan Lifetime);
