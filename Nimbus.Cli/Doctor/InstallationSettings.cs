namespace Nimbus.Cli.Doctor;

/// <summary>The settings that the services have, in their own names: from the environment, and over it a file of the form KEY=VALUE.</summary>
internal sealed class InstallationSettings
{
    private readonly Dictionary<string, string> _values = new(StringComparer.OrdinalIgnoreCase);

    public InstallationSettings(IEnumerable<KeyValuePair<string, string?>> environment, string? file)
    {
        foreach (var (name, value) in environment.Concat(file is null ? [] : Read(file)))
        {
            if (!string.IsNullOrEmpty(value))
                _values[KeyOf(name)] = value;
        }
    }

    /// <param name="key">As in <c>Nimbus:Jwt:Secret</c>.</param>
    public string? this[string key] => _values.GetValueOrDefault(key);

    /// <param name="name">As in <c>Nimbus__Jwt__Secret</c>.</param>
    public string? Variable(string name) => this[KeyOf(name)];

    /// <summary>The settings below a section, without its name.</summary>
    public IEnumerable<(string Name, string Value)> Below(string section) => _values
        .Where(setting => setting.Key.StartsWith(section + ":", StringComparison.OrdinalIgnoreCase))
        .Select(setting => (setting.Key[(section.Length + 1)..], setting.Value)).OrderBy(setting => setting.Item1, StringComparer.Ordinal);

    public static InstallationSettings FromHere(string? file)
    {
        var environment = Environment.GetEnvironmentVariables();
        return new(environment.Keys.Cast<string>().Select(name => KeyValuePair.Create(name, (string?)environment[name])), file);
    }

    private static string KeyOf(string name) => name.Replace("__", ":", StringComparison.Ordinal);

    private static List<KeyValuePair<string, string?>> Read(string file)
    {
        var settings = new List<KeyValuePair<string, string?>>();
        foreach (var line in File.ReadLines(file).Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#'))
        {
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
                throw new CliException($"{file}: '{line.Split(' ')[0]}' is no setting; write NAME=value.");
            var value = line[(equals + 1)..].Trim();
            if (value.Length >= 2 && value[0] == value[^1] && value[0] is '"' or '\'')
                value = value[1..^1];
            settings.Add(new(line[..equals].Trim(), value));
        }
        return settings;
    }
}
