using System.Diagnostics;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.Web;

/// <summary>What the dashboard tests of itself, beside its code: types, and logic without a browser.</summary>
public sealed class ComponentTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(8);

    [SkippableFact]
    public async Task The_dashboards_own_tests_pass()
    {
        Skip.IfNot(File.Exists(Path.Combine(Browser.WebFolder, "node_modules", ".nimbus-installed")),
            "the packages of the dashboard are not installed: it was built without Node.js");
        var (code, output) = await RunAsync("npm", "test", "--silent");
        Assert.True(code == 0, output);
    }

    /// <summary>schema.d.ts is made, never written.</summary>
    [SkippableFact]
    public async Task The_types_of_the_API_are_those_of_its_document()
    {
        Skip.IfNot(File.Exists(Path.Combine(Browser.WebFolder, "node_modules", ".nimbus-installed")),
            "the packages of the dashboard are not installed: it was built without Node.js");
        var types = Path.Combine(Browser.WebFolder, "src", "api", "schema.d.ts");
        var made = Path.Combine(Path.GetTempPath(), $"nimbus-{Guid.NewGuid():N}.d.ts");
        try
        {
            var (code, output) = await RunAsync("node", "generate-api.mjs", made);
            Assert.True(code == 0, output);
            Assert.True(await File.ReadAllTextAsync(types) == await File.ReadAllTextAsync(made), "run `npm run api` in Nimbus.Web");
        }
        finally
        {
            File.Delete(made);
        }
    }

    private static async Task<(int Code, string Output)> RunAsync(string command, params string[] arguments)
    {
        var start = new ProcessStartInfo(command)
        {
            WorkingDirectory = Browser.WebFolder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync().WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            return (-1, $"{command} took longer than {Patience.TotalMinutes} minutes");
        }
        return (process.ExitCode, await output + await errors);
    }
}
