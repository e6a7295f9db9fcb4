using System.Security.Cryptography;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>The value of a parameter that nobody has set.</summary>
public abstract class ParameterDefault
{
    /// <summary>The value; a new one at each call where it is random.</summary>
    public abstract string GetDefaultValue();
}

/// <summary>A random value.</summary>
public sealed class GenerateParameterDefault : ParameterDefault
{
    // The characters that are hard to mistake for one another, and special ones that need no quoting anywhere.
    private const string LowerLetters = "abcdefghjkmnpqrstuvwxyz";
    private const string UpperLetters = "ABCDEFGHJKMNPQRSTUVWXYZ";
    private const string Digits = "0123456789";
    private const string SpecialCharacters = "-_.{}~()*+!";

    /// <summary>Its length in characters.</summary>
    public int MinLength { get; set; }

    /// <summary>May it hold special characters? Not where it becomes part of a command line or an address.</summary>
    public bool Special { get; set; } = true;

    /// <inheritdoc/>
    public override string GetDefaultValue() => RandomNumberGenerator.GetString(
        LowerLetters + UpperLetters + Digits + (Special ? SpecialCharacters : ""), Math.Max(1, MinLength));
}
