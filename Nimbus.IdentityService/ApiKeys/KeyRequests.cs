namespace Nimbus.IdentityService.ApiKeys;

/// <summary>A further key.</summary>
/// <param name="Kind"><c>secret</c> or <c>write</c>.</param>
/// <param name="Name">At most 200 characters.</param>
/// <param name="AllowedOrigins">Write keys only: origins a browser may send from; any where missing.</param>
public sealed record CreateKeyRequest(string? Kind, string? Name, IReadOnlyList<string?>? AllowedOrigins);

/// <param name="GraceSeconds">How long the old key goes on working: 0 (where missing) to 86,400.</param>
public sealed record RotateKeysRequest(int? GraceSeconds);
