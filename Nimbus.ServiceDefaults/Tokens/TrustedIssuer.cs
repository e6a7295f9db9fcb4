namespace Nimbus.ServiceDefaults;

/// <summary>An issuer whose tokens count, with everything about them that is ours to decide.</summary>
/// <param name="Name">The <c>iss</c> claim, compared exactly.</param>
/// <param name="Audiences">A token must name at least one of them.</param>
/// <param name="Keys">Each is good for one algorithm, so the algorithms are pinned with them.</param>
internal sealed record TrustedIssuer(string Name, IReadOnlyList<string> Audiences, IReadOnlyList<JwtKey> Keys);
