using System.Security.Cryptography;
using System.Text;

namespace Nimbus.IdentityService.ApiKeys;

/// <summary>
/// The keys that seal secrets in the database, each derived from a setting. New secrets are sealed under the current one,
/// <c>Nimbus:MasterKey</c>, whose name is <c>Nimbus:MasterKeyId</c>; those in <c>Nimbus:OtherMasterKeys:{id}</c> only open what they have
/// sealed. A sealed secret names its key, so secrets can be sealed anew one by one (docs/security.md#changing-the-master-key).
/// </summary>
public sealed class MasterKey
{
    public const string Setting = "Nimbus:MasterKey";
    public const string IdSetting = "Nimbus:MasterKeyId";
    public const string OthersSetting = "Nimbus:OtherMasterKeys";
    public const int MinBytes = 32;
    public const string FirstId = "v1";

    private readonly Dictionary<string, byte[]> sealing;

    /// <param name="text">The current key: at least <see cref="MinBytes"/> bytes of UTF-8.</param>
    /// <param name="currentId">Its name.</param>
    /// <param name="others">Further keys by name.</param>
    /// <exception cref="ArgumentException">One is shorter.</exception>
    public MasterKey(string text, string currentId = FirstId, IReadOnlyDictionary<string, string>? others = null)
    {
        CurrentId = currentId;
        sealing = (others ?? new Dictionary<string, string>()).ToDictionary(key => key.Key, key => Derive(key.Value), StringComparer.Ordinal);
        sealing[currentId] = Derive(text);
    }

    /// <summary>The name of the key that new secrets are sealed under.</summary>
    public string CurrentId { get; }

    public static MasterKey Of(IConfiguration configuration) => new(
        configuration[Setting]!, configuration[IdSetting] ?? FirstId,
        configuration.GetSection(OthersSetting).GetChildren().Where(key => key.Value is not null).ToDictionary(key => key.Key, key => key.Value!));

    /// <summary>What is wrong with the settings, as one line for the operator; null when they will do.</summary>
    public static string? Wrong(IConfiguration configuration)
    {
        var text = configuration[Setting];
        if (!IsLongEnough(text))
            return $"{Setting} is {(string.IsNullOrEmpty(text) ? "missing" : "too short")}: set Nimbus__MasterKey to at least "
                + $"{MinBytes} random characters (openssl rand -base64 48) and keep them: they open the stored secrets.";
        foreach (var other in configuration.GetSection(OthersSetting).GetChildren())
        {
            if (!IsLongEnough(other.Value))
                return $"{OthersSetting}:{other.Key} is too short: it is not the key that sealed anything here.";
            if (other.Key == (configuration[IdSetting] ?? FirstId) && other.Value != text)
                return $"{OthersSetting}:{other.Key} has the name of the current master key: set {IdSetting} to a new name.";
        }
        return null;
    }

    /// <summary>The AES-256 key of this name.</summary>
    /// <exception cref="CryptographicException">This installation has no such key.</exception>
    internal ReadOnlySpan<byte> SealingKey(string masterKeyId) =>
        sealing.TryGetValue(masterKeyId, out var key)
            ? key
            : throw new CryptographicException($"There is no master key {masterKeyId} here: set {OthersSetting}:{masterKeyId}.");

    private static bool IsLongEnough(string? text) => text is not null && Encoding.UTF8.GetByteCount(text) >= MinBytes;

    private static byte[] Derive(string text)
    {
        if (!IsLongEnough(text))
            throw new ArgumentException($"A master key has at least {MinBytes} bytes.", nameof(text));
        // One purpose, one derived key: the info string keeps later uses of the master key apart from this one.
        return HKDF.DeriveKey(
            HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(text), outputLength: 32, info: "nimbus/api-key-secrets/v1"u8.ToArray());
    }
}
