using System.Globalization;
using System.Reflection;

namespace Nimbus.Cli.Doctor;

/// <summary>The schemas that the services of this version bring their databases to, taken from their migrations at build time.</summary>
internal static class BuiltSchemas
{
    /// <summary>Of eventsdb: the highest number of <c>Schema/NNNN_title.sql</c>.</summary>
    public static int Events { get; } = Highest("EventsMigrations", digitsAt: 0);

    /// <summary>Of identitydb: the highest number of <c>Migrations/MNNNNTitle.cs</c>.</summary>
    public static int Identity { get; } = Highest("IdentityMigrations", digitsAt: 1);

    private static int Highest(string list, int digitsAt) => typeof(BuiltSchemas).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .First(each => each.Key == list).Value!.Split(';')
        .Max(file => int.Parse(file.AsSpan(digitsAt, 4), CultureInfo.InvariantCulture));
}
