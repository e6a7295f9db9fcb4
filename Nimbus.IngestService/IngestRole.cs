using Nimbus.ServiceDefaults;

namespace Nimbus.IngestService;

/// <summary>Which of the two this process is: intake unless told otherwise by <c>--role writer</c>.</summary>
internal static class IngestRole
{
    /// <exception cref="StartupException">The role is neither intake nor writer.</exception>
    public static bool IsWriter(this WebApplicationBuilder builder) => builder.Configuration["role"] switch
    {
        null or "" or "intake" => false,
        "writer" => true,
        var other => throw new StartupException($"--role {other} is no role: write --role intake or --role writer."),
    };
}
