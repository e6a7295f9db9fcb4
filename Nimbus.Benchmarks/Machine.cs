using System.Globalization;
using System.Runtime.InteropServices;
using Npgsql;

namespace Nimbus.Benchmarks;

/// <summary>Where figures were measured; without it they say nothing.</summary>
internal sealed record Machine(string Processor, int Cores, long MemoryBytes, string System, string Runtime, string PostgreSql)
{
    /// <summary>This machine and that server.</summary>
    public static async Task<Machine> ThisAsync(NpgsqlDataSource database, CancellationToken ct)
    {
        await using var command = database.CreateCommand("SHOW server_version");
        return new Machine(
            Fact("/proc/cpuinfo", "model name") ?? RuntimeInformation.ProcessArchitecture.ToString(),
            Environment.ProcessorCount,
            GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
            $"{RuntimeInformation.OSDescription}, kernel {Environment.OSVersion.Version}",
            RuntimeInformation.FrameworkDescription,
            (string)(await command.ExecuteScalarAsync(ct))!);
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Cores} cores ({Processor}), {MemoryBytes / (double)(1 << 30):0.0} GiB, {System}, {Runtime}, PostgreSQL {PostgreSql}");

    private static string? Fact(string file, string name) => File.Exists(file)
        ? File.ReadLines(file).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?.Split(':', 2)[1].Trim()
        : null;
}
