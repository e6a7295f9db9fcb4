using System.Diagnostics;
using System.Text;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.EndToEnd;

/// <summary>What the README tells a newcomer to paste, pasted.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class QuickStartTests(NimbusSystem nimbus)
{
    private const string Heading = "## From nothing to an answer";

    [SkippableFact]
    public async Task The_commands_of_the_README_lead_to_the_answers_it_promises()
    {
        foreach (var tool in (string[])["bash", "curl", "openssl"])
            Skip.IfNot(IsOnPath(tool), $"{tool} is not on this machine");
        var nimbusDll = Path.Combine(AppContext.BaseDirectory, "nimbus.dll");
        var script = Commands(await File.ReadAllTextAsync(Path.Combine(TestData.RepositoryRoot, "README.md")))
            .Replace("http://localhost:8000", nimbus.Gateway.BaseAddress!.GetLeftPart(UriPartial.Authority), StringComparison.Ordinal)
            // The built command instead of building it under the feet of the running tests, and the address it runs on here.
            .Replace("dotnet run --project Nimbus.Cli --", $"dotnet exec {nimbusDll}", StringComparison.Ordinal);
        using var folder = new TemporaryFolder();
        var samples = Directory.CreateDirectory(Path.Combine(folder.Path, "samples")).FullName;
        File.Copy(Path.Combine(TestData.RepositoryRoot, "samples", "shop.csv"), Path.Combine(samples, "shop.csv"));

        var output = await RunAsync(script, folder.Path);

        Assert.Contains("\"accepted\":1", output, StringComparison.Ordinal);
        Assert.Contains("\"metric\":\"events.count\"", output, StringComparison.Ordinal);
        Assert.Contains("\"value\":1", output, StringComparison.Ordinal);
        Assert.Contains("\"user_id\":\"ada\"", output, StringComparison.Ordinal);
        Assert.Contains("\"amount\":42.5", output.Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("\"events\":[{\"name\":", output, StringComparison.Ordinal);
        Assert.DoesNotContain("trace_id", output, StringComparison.Ordinal);
    }

    /// <summary>The bash blocks below the heading, in order.</summary>
    private static string Commands(string readme)
    {
        var start = readme.IndexOf(Heading, StringComparison.Ordinal);
        Assert.True(start >= 0, $"README.md has no '{Heading}'");
        var section = readme[start..readme.IndexOf("\n## ", start + Heading.Length, StringComparison.Ordinal)];
        var commands = new StringBuilder("set -euo pipefail\n");
        foreach (var block in section.Split("```bash\n").Skip(1))
            commands.Append(block, 0, block.IndexOf("```", StringComparison.Ordinal));
        return commands.ToString();
    }

    private async Task<string> RunAsync(string script, string folder)
    {
        var start = new ProcessStartInfo("bash")
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["NIMBUS_URL"] = nimbus.Gateway.BaseAddress!.ToString() },
        };
        using var bash = Process.Start(start)!;
        await bash.StandardInput.WriteAsync(script);
        bash.StandardInput.Close();
        var output = bash.StandardOutput.ReadToEndAsync();
        var errors = bash.StandardError.ReadToEndAsync();
        try
        {
            await bash.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        }
        finally
        {
            if (!bash.HasExited)
                bash.Kill(entireProcessTree: true);
        }
        Assert.True(bash.ExitCode == 0, $"{await output}\n{await errors}");
        return await output;
    }

    private static bool IsOnPath(string tool) => Environment.GetEnvironmentVariable("PATH")!
        .Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, tool)));
}
