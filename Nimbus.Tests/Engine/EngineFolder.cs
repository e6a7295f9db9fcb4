namespace Nimbus.Tests.Engine;

/// <summary>A folder for the files of one test.</summary>
public sealed class EngineFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("nimbus-engine-");

    public string Path => _folder.FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => _folder.Delete(recursive: true);
}
