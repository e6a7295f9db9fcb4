using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Configuration;

namespace Nimbus.ServiceDefaults;

/// <summary>
/// The settings that keys of the installation are derived from. What is new is under the current one, <c>Nimbus:MasterKey</c>, whose
/// name is <c>Nimbus:MasterKeyId</c>; those in <c>Nimbus:OtherMasterKeys:{id}</c> are for what was made under them. Whatever is made under
/// one names it, so that secrets can be sealed anew one by one (docs/security.md#changing-the-master-key).
/// </summary>
public sealed class MasterKey
{
    public const string Setting = "Nimbus:MasterKey";
    public const string IdSetting = "Nimbus:MasterKeyId";
    public const string OthersSetting = "Nimbus:OtherMasterKeys";
    public const int MinBytes = 32;
    public const string FirstId = "v1";

    private readonly Dictionary<string, byte[]> texts;

    /// <param name="text">The current key: at least <see cref="MinBytes"/> bytes of UTF-8.</param>
    /// <param name="currentId">Its name.</param>
    /// <param name="others">Further keys by name.</param>
    /// <exception cref="ArgumentException">One is shorter.</exception>
    public MasterKey(string text, string currentId = FirstId, IReadOnlyDictionary<string, string>? others = null)
    {
        CurrentId = currentId;
        texts = (others ?? new Dictionary<string, string>()).ToDictionary(key => key.Key, key => Bytes(key.Value), StringComparer.Ordinal);
        texts[currentId] = Bytes(text);
    }

    /// <summary>The name of the key for what is new.</summary>
    public string CurrentId { get; }

    public static MasterKey Of(MasterKeySettings settings) => new(settings.MasterKey!, settings.MasterKeyId, settings.OtherMasterKeys);

    /// <summary>What is wrong with the settings, as one line for the operator; null when they will do.</summary>
    public static string? Wrong(IConfiguration configuration)
    {
        var text = configuration[Setting];
        if (!IsLongEnough(text))
            return $"{Setting} is {(string.IsNullOrEmpty(text) ? "missing" : "too short")}: set Nimbus__MasterKey to at least "
                + $"{MinBytes} random characters (openssl rand -base64 48) and keep them: they open the stored secrets and know erased people.";
        foreach (var other in configuration.GetSection(OthersSetting).GetChildren())
        {
            if (!IsLongEnough(other.Value))
                return $"{OthersSetting}:{other.Key} is too short: it is not the key that sealed anything here.";
            if (other.Key == (configuration[IdSetting] ?? FirstId) && other.Value != text)
                return $"{OthersSetting}:{other.Key} has the name of the current master key: set {IdSetting} to a new name.";
        }
        return null;
    }

    /// <summary>A 256-bit key for one purpose; whoever has it learns nothing about those for others.</summary>
    /// <param name="masterKeyId">The name of the master key.</param>
    /// <param name="purpose">A constant, such as <c>nimbus/api-key-secrets/v1</c>.</param>
    /// <exception cref="CryptographicException">This installation has no such key.</exception>
    public byte[] Derive(string masterKeyId, ReadOnlySpan<byte> purpose)
    {
        if (!texts.TryGetValue(masterKeyId, out var text))
            throw new CryptographicException($"There is no master key {masterKeyId} here: set {OthersSetting}:{masterKeyId}.");
        var key = new byte[32];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, text, key, salt: [], info: purpose);
        return key;
    }

    private static bool IsLongEnough(string? text) => text is not null && Encoding.UTF8.GetByteCount(text) >= MinBytes;

    private static byte[] Bytes(string text) =>
        IsLongEnough(text) ? Encoding.UTF8.GetBytes(text) : throw new ArgumentException($"A master key has at least {MinBytes} bytes.", nameof(text));
}
