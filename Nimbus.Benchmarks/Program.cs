using System.CommandLine;
using Nimbus.Benchmarks.Ingest;

// Each benchmark is a folder and a command of this list: dotnet run -c Release --project Nimbus.Benchmarks -- ingest
var root = new RootCommand("Measures Nimbus on this machine, and prints what it found as tables and as JSON.")
{
    IngestCommand.Create(),
};
return await root.Parse(args).InvokeAsync();
