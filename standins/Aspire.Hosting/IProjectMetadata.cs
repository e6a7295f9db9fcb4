namespace Aspire.Hosting;

/// <summary>A project reference of the AppHost; one class each is generated in the namespace Projects.</summary>
public interface IProjectMetadata
{
    /// <summary>The full path of the project file.</summary>
    string ProjectPath { get; }
}
