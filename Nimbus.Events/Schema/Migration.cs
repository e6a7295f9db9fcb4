using System.Globalization;
using System.Reflection;

namespace Nimbus.Events.Schema;

/// <summary>One step of the schema: a file <c>Schema/NNNN_title.sql</c>, applied once, in one transaction.</summary>
internal sealed record Migration(int Version, string Title, string Sql)
{
    /// <summary>All of them, in order. A file that was released never changes; a new one follows it.</summary>
    public static IReadOnlyList<Migration> All { get; } = ReadAll();

    private static List<Migration> ReadAll()
    {
        var assembly = Assembly.GetExecutingAssembly();
        return assembly.GetManifestResourceNames()
            .Where(name => name.Length > 5 && name[4] == '_' && name[..4].All(char.IsAsciiDigit))
            .Select(name => new Migration(int.Parse(name[..4], CultureInfo.InvariantCulture), name[5..], Read(assembly, name)))
            .OrderBy(migration => migration.Version)
            .ToList();
    }

    private static string Read(Assembly assembly, string name)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
