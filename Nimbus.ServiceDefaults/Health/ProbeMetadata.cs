namespace Nimbus.ServiceDefaults;

/// <summary>Marks endpoints that machines call every few seconds: they would drown everything else in traces.</summary>
internal sealed class ProbeMetadata
{
    public static readonly ProbeMetadata Instance = new();
}
