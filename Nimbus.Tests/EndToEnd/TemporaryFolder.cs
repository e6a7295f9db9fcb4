namespace Nimbus.Tests.EndToEnd;

/// <summary>A folder of one test, gone with it.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("nimbus-test-").FullName;

    /// <summary>A copy of <paramref name="file"/> in here, so that what a command writes beside it stays here too.</summary>
    public string Copy(string file)
    {
        var copy = System.IO.Path.Combine(Path, System.IO.Path.GetFileName(file));
        File.Copy(file, copy);
        return copy;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
