using System.CommandLine;
using Nimbus.Benchmarks.Dashboard;
using Nimbus.Benchmarks.Footprint;
using Nimbus.Benchmarks.Freshness;
using Nimbus.Benchmarks.Identity;
using Nimbus.Benchmarks.Ingest;
using Nimbus.Benchmarks.Keeping;
using Nimbus.Benchmarks.Kill;
using Nimbus.Benchmarks.Query;
using Nimbus.Benchmarks.Rolling;
using Nimbus.Benchmarks.Scans;

namespace Nimbus.Benchmarks;

/// <summary>Each benchmark is a folder and a command of the list: <c>dotnet run -c Release --project Nimbus.Benchmarks -- ingest</c>.</summary>
internal static class Program
{
    private static Task<int> Main(string[] args) =>
        new RootCommand("Measures Nimbus on this machine, and prints what it found as tables and as JSON.")
        {
            IdentityCommand.Create(),
            IngestCommand.Create(),
            QueryCommand.Create(),
            KillCommand.Create(),
            StepsCommand.Create(),
            FreshnessCommand.Create(),
            DashboardCommand.Create(),
            KeepingCommands.Backup(),
            KeepingCommands.Upgrade(),
            ScansCommand.Create(),
            RollingCommand.Create(),
            FootprintCommand.Create(),
        }.Parse(args).InvokeAsync();
}
