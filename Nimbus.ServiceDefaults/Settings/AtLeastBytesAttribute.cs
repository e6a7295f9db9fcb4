using System.ComponentModel.DataAnnotations;
using System.Text;

namespace Nimbus.ServiceDefaults;

/// <summary>A text that has to have so many bytes as UTF-8, as a key does; null is left to <see cref="RequiredAttribute"/>.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class AtLeastBytesAttribute(int bytes) : ValidationAttribute
{
    public int Bytes => bytes;

    public override bool IsValid(object? value) => value is null || (value is string text && Encoding.UTF8.GetByteCount(text) >= bytes);

    public override string FormatErrorMessage(string name) => $"{name} must have at least {bytes} bytes.";
}
