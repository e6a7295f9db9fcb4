namespace Nimbus.Tests.Engine;

/// <summary>A folder for the files of one test.</summary>
public sealed class EngineFolder : IDisposable
{
    // Not the name that engines give their temporary folders: each new one deletes those of others that are older than a minute
    // and that no engine has open, as this one is between two engines of a test.
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("nimbus-tests-");

    public string Path => _folder.FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => _folder.Delete(recursive: true);
}
