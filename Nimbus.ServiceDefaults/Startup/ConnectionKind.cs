namespace Nimbus.ServiceDefaults;

/// <summary>What a connection string leads to, and so how it is written.</summary>
public enum ConnectionKind
{
    /// <summary><c>Host=…;Port=…;Username=…;Password=…;Database=…</c></summary>
    PostgreSql,

    /// <summary><c>host:port,password=…</c></summary>
    Redis,
}
