namespace Aspire.Hosting.Local;

/// <summary>One address of a resource; its port is settled before anything starts.</summary>
internal sealed class Endpoint
{
    public required string Name { get; init; }

    public required string Scheme { get; init; }

    public string Host { get; init; } = "localhost";

    /// <summary>The port AppHost.cs or the launch profile asks for; null for any.</summary>
    public int? Port { get; init; }

    /// <summary>The port the process listens on by itself, whatever it is told.</summary>
    public int? TargetPort { get; init; }

    /// <summary>The variable that tells the process its port.</summary>
    public string? PortVariable { get; init; }

    public bool IsExternal { get; set; }

    /// <summary>Where callers connect.</summary>
    public int AllocatedPort { get; set; }

    public bool IsHttp => Scheme is "http" or "https";

    public string Url => $"{Scheme}://{Host}:{AllocatedPort}";
}
