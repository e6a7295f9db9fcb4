using System.Text.Json;

namespace Nimbus.Tests.Hosting;

/// <summary>
/// The real data set with its ground truth, which is never committed: in <c>shared/data</c> beside the checkout, or
/// where <c>NIMBUS_TEST_DATA</c> points. A test that needs it is skipped where it is missing.
/// </summary>
internal static class TestData
{
    public static string RepositoryRoot { get; } = FindRepositoryRoot();

    /// <summary>The path of a file of the data set.</summary>
    public static string Path(string file)
    {
        var folder = Environment.GetEnvironmentVariable("NIMBUS_TEST_DATA")
            ?? System.IO.Path.Combine(RepositoryRoot, "..", "shared", "data");
        var path = System.IO.Path.Combine(folder, file);
        Skip.IfNot(File.Exists(path), $"{file} is not in {folder}; set NIMBUS_TEST_DATA to the folder that holds it");
        return path;
    }

    public static JsonElement Json(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        return document.RootElement.Clone();
    }

    private static string FindRepositoryRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(System.IO.Path.Combine(folder, "Nimbus.sln")))
            folder = System.IO.Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("Nimbus.sln is above no test folder");
        return folder;
    }
}
