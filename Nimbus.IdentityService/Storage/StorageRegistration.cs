using Nimbus.ServiceDefaults;

namespace Nimbus.IdentityService.Storage;

internal static class StorageRegistration
{
    /// <summary>identitydb with its migrations, and Redis.</summary>
    public static WebApplicationBuilder AddStorage(this WebApplicationBuilder builder)
    {
        builder.RequireConnectionString("identitydb").RequireConnectionString("redis", ConnectionKind.Redis);
        builder.AddNpgsqlDbContext<IdentityDb>("identitydb");
        builder.AddRedisClient("redis");
        builder.Services.AddSingleton<MigrationState>().AddHostedService<MigrationRunner>();
        builder.Services.AddHealthChecks().AddCheck<MigrationState>("identitydb_migrations");
        return builder;
    }
}
