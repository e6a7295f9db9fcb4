using System.Globalization;
using System.Text;

namespace Nimbus.Client;

/// <summary>A path and its query, each value escaped; what is null is left out.</summary>
internal sealed class QueryPath(string path)
{
    private readonly StringBuilder _text = new(path);
    private bool _hasQuery;

    public QueryPath With(string name, string? value)
    {
        if (value is null)
            return this;
        _text.Append(_hasQuery ? '&' : '?').Append(Uri.EscapeDataString(name)).Append('=').Append(Uri.EscapeDataString(value));
        _hasQuery = true;
        return this;
    }

    public QueryPath With(string name, Guid value) => With(name, value.ToString());

    public QueryPath With(string name, int? value) => With(name, value?.ToString(CultureInfo.InvariantCulture));

    public QueryPath With(string name, DateOnly? value) => With(name, value?.ToString("O", CultureInfo.InvariantCulture));

    public QueryPath With(string name, DateTimeOffset? value) =>
        With(name, value?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture));

    public QueryPath WithProperties(IReadOnlyDictionary<string, string>? properties)
    {
        foreach (var (key, value) in properties ?? new Dictionary<string, string>())
            With("props." + key, value);
        return this;
    }

    public override string ToString() => _text.ToString();
}
