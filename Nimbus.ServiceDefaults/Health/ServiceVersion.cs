using System.Reflection;

namespace Nimbus.ServiceDefaults;

/// <summary>The version of this build, from Directory.Build.props, with the commit where that is known: <c>0.1.0+5145f33…</c>.</summary>
public static class ServiceVersion
{
    public static string Current { get; } = typeof(ServiceVersion).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
}
