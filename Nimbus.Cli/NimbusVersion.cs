using System.Reflection;

namespace Nimbus.Cli;

/// <summary>The version of this program, which is that of the services it was built with (Directory.Build.props).</summary>
internal static class NimbusVersion
{
    /// <summary>For example <c>0.1.0</c>; what names the commit is left out.</summary>
    public static string Short { get; } = typeof(NimbusVersion).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}
