using System.Buffers;
using Nimbus.IdentityService.Requests;

namespace Nimbus.IdentityService.Users;

/// <summary>Addresses as accounts are told apart by them: without outer space, in lower case.</summary>
public static class EmailAddress
{
    /// <summary>RFC 5321: a path of 256 octets, less its brackets.</summary>
    public const int MaxLength = 254;

    private const int MaxLocalLength = 64;
    private static readonly SearchValues<char> NotInAnAddress = SearchValues.Create(" \t\"(),:;<>[\\]");

    /// <summary>The form that is compared and unique.</summary>
    public static string Normalize(string email) => email.Trim().ToLowerInvariant();

    /// <summary>
    /// Plausible: one <c>@</c>, something on either side, nothing that needs quoting. Whether it is reached, only mail can tell.
    /// </summary>
    public static bool IsPlausible(string email)
    {
        email = email.Trim();
        var at = email.IndexOf('@', StringComparison.Ordinal);
        var domain = email.AsSpan(at + 1);
        return email.Length <= MaxLength
            && at is > 0 and <= MaxLocalLength
            && domain.Length > 0
            && !domain.Contains('@')
            && domain[0] is not ('.' or '-')
            && domain[^1] is not ('.' or '-')
            && !domain.Contains("..", StringComparison.Ordinal)
            && !email.AsSpan().ContainsAny(NotInAnAddress)
            && Text.IsOneLine(email);
    }
}
