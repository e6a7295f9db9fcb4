using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Nimbus.IdentityService.Storage;

/// <summary>An enum stored as its name in lower case, so that a row reads in psql as it does in an answer.</summary>
internal sealed class LowerCaseName<TEnum>() : ValueConverter<TEnum, string>(
    value => Write(value), text => Enum.Parse<TEnum>(text, ignoreCase: true)) where TEnum : struct, Enum
{
    private static string Write(TEnum value) => value.ToString().ToLowerInvariant();
}
