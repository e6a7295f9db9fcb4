using System.Reflection;

namespace Aspire.Hosting.Local;

/// <summary>A project and the assembly it was built to, as the AppHost's build has noted it.</summary>
internal sealed record BuiltProject(string ProjectPath, string AssemblyPath)
{
    /// <summary>The note in the AppHost's assembly: this and the class's name as key, the assembly's path as value.</summary>
    private const string TargetPathKey = "TargetPath:";

    public static BuiltProject Of(IProjectMetadata metadata)
    {
        var type = metadata.GetType();
        var path = type.Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .FirstOrDefault(a => a.Key == TargetPathKey + type.Name)?.Value;
        return new BuiltProject(metadata.ProjectPath, path ?? throw new DistributedApplicationException(
            $"{type} is not a project reference of the AppHost: add it to the AppHost's project file."));
    }
}

/// <summary>The <c>dotnet</c> that runs this process.</summary>
internal static class DotnetHost
{
    public static string Path { get; } = Find();

    private static string Find()
    {
        // …/dotnet/shared/Microsoft.NETCore.App/10.0.0/System.Private.CoreLib.dll
        var runtime = System.IO.Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        var host = System.IO.Path.GetFullPath("../../../dotnet", runtime);
        return File.Exists(host) ? host : "dotnet";
    }
}
