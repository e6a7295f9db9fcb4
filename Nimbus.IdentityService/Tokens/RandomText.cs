using System.Buffers;
using System.Security.Cryptography;

namespace Nimbus.IdentityService.Tokens;

/// <summary>Random text for tokens, keys and ids, from the operating system's generator.</summary>
public static class RandomText
{
    /// <summary>62^43 is a little over 2^256.</summary>
    public const int CharactersFor256Bits = 43;

    private const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private static readonly SearchValues<char> Characters = SearchValues.Create(Alphabet);

    public static string Base62(int length) => RandomNumberGenerator.GetString(Alphabet, length);

    public static bool IsBase62(ReadOnlySpan<char> text) => !text.ContainsAnyExcept(Characters);
}
